import Fleet
import Manifest

/// The variables that an Application may name in some fields of its sources (Argo CD, user-guide/build-environment.md).
struct BuildEnvironment: Sendable {
  let variables: [String: String]

  /// - Parameter revision: the commit, or the version of the chart, that is rendered.
  init(
    _ application: Application, _ source: ApplicationSource, revision: String,
    cluster: ClusterCapabilities = ClusterCapabilities()
  ) {
    variables = [
      "ARGOCD_APP_NAME": application.name,
      "ARGOCD_APP_NAMESPACE": application.destination.namespace,
      "ARGOCD_APP_PROJECT_NAME": application.project,
      "ARGOCD_APP_REVISION": revision,
      "ARGOCD_APP_REVISION_SHORT": String(revision.prefix(7)),
      "ARGOCD_APP_REVISION_SHORT_8": String(revision.prefix(8)),
      "ARGOCD_APP_SOURCE_PATH": source.path,
      "ARGOCD_APP_SOURCE_REPO_URL": ShownAddress.of(source.repoURL),
      "ARGOCD_APP_SOURCE_TARGET_REVISION": source.targetRevision,
      "KUBE_VERSION": cluster.kubeVersion,
      "KUBE_API_VERSIONS": cluster.apiVersions.joined(separator: ","),
    ]
  }

  /// Replaces `$NAME` and `${NAME}`; a variable that is not there is empty, `$$` is a dollar sign, and a `$` before
  /// anything else stays.
  func substitute(_ text: String) -> String {
    guard text.contains("$") else { return text }
    var result = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      result += Self.takeReference(&rest).map { variables[$0] ?? "" } ?? Self.takeLiteral(&rest)
    }
    return result + rest
  }

  /// The name that follows a dollar sign; nil where none does.
  private static func takeReference(_ rest: inout Substring) -> String? {
    if rest.first == "{", let end = rest.firstIndex(of: "}") {
      let name = String(rest[rest.index(after: rest.startIndex)..<end])
      rest = rest[rest.index(after: end)...]
      return name
    }
    let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    guard !name.isEmpty else { return nil }
    rest = rest[name.endIndex...]
    return String(name)
  }

  private static func takeLiteral(_ rest: inout Substring) -> String {
    if rest.first == "$" { rest.removeFirst() }
    return "$"
  }
}

extension BuildEnvironment {
  /// The settings of a source with the variables filled in, in the fields in which Argo CD does it.
  ///
  /// - Parameter references: names of other sources (`ref`), which `$NAME/…` means before any variable.
  func substitute(_ tool: ApplicationSource.Tool?, references: Set<String>) -> ApplicationSource.Tool? {
    switch tool {
    case .helm(let node): .helm(helm(node, references))
    case .kustomize(let node): .kustomize(kustomize(node))
    case .directory, .plugin, nil: tool
    }
  }

  private func helm(_ node: Node, _ references: Set<String>) -> Node {
    var mapping = node.mapping ?? Mapping()
    mapping["valueFiles"] = mapping["valueFiles"].map { list in items(of: list) { path($0, references) } }
    mapping["parameters"] = mapping["parameters"].map { list in items(of: list) { field("value", of: $0, substitute) } }
    mapping["fileParameters"] = mapping["fileParameters"].map { list in
      items(of: list) { field("path", of: $0) { path(text: $0, references) } }
    }
    return .mapping(mapping)
  }

  private func kustomize(_ node: Node) -> Node {
    var mapping = node.mapping ?? Mapping()
    mapping["images"] = mapping["images"].map { list in items(of: list) { text($0, substitute) } }
    mapping["commonLabels"] = mapping["commonLabels"].map(values)
    if mapping["commonAnnotationsEnvsubst"]?.bool == true {
      mapping["commonAnnotations"] = mapping["commonAnnotations"].map(values)
    }
    mapping["commonAnnotationsEnvsubst"] = nil
    return .mapping(mapping)
  }

  private func path(_ node: Node, _ references: Set<String>) -> Node { text(node) { path(text: $0, references) } }

  private func path(text: String, _ references: Set<String>) -> String {
    guard let name = HelmValueFile.referenceName(text), references.contains(name) else { return substitute(text) }
    return "$" + name + substitute(String(text.dropFirst(name.count + 1)))
  }

  private func values(_ node: Node) -> Node {
    var mapping = node.mapping ?? Mapping()
    for key in mapping.keys { mapping[key] = mapping[key].map { text($0, substitute) } }
    return .mapping(mapping)
  }

  private func items(of node: Node, _ body: (Node) -> Node) -> Node {
    guard let items = node.sequence else { return node }
    return Node(.sequence(items.map(body)), mark: node.mark)
  }

  private func field(_ name: String, of node: Node, _ body: (String) -> String) -> Node {
    guard var mapping = node.mapping else { return node }
    mapping[name] = mapping[name].map { text($0, body) }
    return Node(.mapping(mapping), mark: node.mark)
  }

  private func text(_ node: Node, _ body: (String) -> String) -> Node {
    guard let text = node.string, text.contains("$") else { return node }
    return Node(.string(body(text)), mark: node.mark)
  }
}
