package import Fleet

/// What `$ARGOCD_APP_NAME` and its like stand for in an Application's source.
///
/// The variables of Argo CD's build environment. `$$` is a dollar; what is unknown is empty, as there.
package struct BuildEnvironment: Sendable {
  private var values: [String: String] = [:]

  package init() {}

  /// - Parameter revision: the commit that is rendered.
  package init(_ application: Application, _ source: ApplicationSource, revision: String) {
    values = [
      "ARGOCD_APP_NAME": application.name, "ARGOCD_APP_NAMESPACE": application.destination.namespace,
      "ARGOCD_APP_PROJECT_NAME": application.project, "ARGOCD_APP_REVISION": revision,
      "ARGOCD_APP_REVISION_SHORT": String(revision.prefix(7)),
      "ARGOCD_APP_REVISION_SHORT_8": String(revision.prefix(8)), "ARGOCD_APP_SOURCE_PATH": source.path,
      "ARGOCD_APP_SOURCE_REPO_URL": source.repoURL, "ARGOCD_APP_SOURCE_TARGET_REVISION": source.targetRevision,
    ]
  }

  /// Differs where any value does.
  var identity: String { values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n") }

  /// `$NAME` and `${NAME}` by their values.
  package func substitute(_ text: String) -> String {
    var result = ""
    var rest = Substring(text)
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      if rest.first == "$" {
        result += "$"
        rest = rest.dropFirst()
      } else if rest.first == "{", let close = rest.firstIndex(of: "}") {
        result += values[String(rest[rest.index(after: rest.startIndex)..<close])] ?? ""
        rest = rest[rest.index(after: close)...]
      } else {
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        result += name.isEmpty ? "$" : values[String(name)] ?? ""
        rest = rest.dropFirst(name.count)
      }
    }
    return result + rest
  }
}
