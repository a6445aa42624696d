import Manifest

/// Where an Application comes from, as it is printed.
enum SourceText {
  /// The sources of an Application as the API gives it out, or of a template's spec.
  static func sources(_ node: Node?) -> [Node] {
    node?["sources"]?.sequence ?? [node?["source"]].compactMap(\.self).filter { !$0.isNull }
  }

  /// `https://git.example.org/a.git overlays/edge at main`
  static func of(_ source: Node) -> String {
    let revision = source["targetRevision"]?.string ?? ""
    let words = [
      source["repoURL"]?.string, source["path"]?.string, source["chart"]?.string.map { "chart " + $0 },
      revision.isEmpty ? nil : "at " + revision, source["ref"]?.string.map { "as $" + $0 },
    ]
    return words.compactMap(\.self).filter { !$0.isEmpty }.joined(separator: " ")
  }
}
