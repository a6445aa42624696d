package import Manifest

/// One source of parameter sets in an ApplicationSet, with the filter and template that may stand beside it.
///
/// The specifications are kept as nodes: inside a matrix they are templates themselves, and are rendered anew for each
/// parameter set of the first child before they are read.
package struct Generator: Sendable, Equatable {
  package indirect enum Kind: Sendable, Equatable {
    case list(Node)
    case clusters(Node)
    case git(Node)
    case matrix(Node, [Entry])
    case merge(Node, mergeKeys: [String], [Entry])
    case scmProvider(Node)
    case pullRequest(Node)
    case plugin(Node)
    case clusterDecisionResource(Node)

    /// The field of the entry that it stands in.
    package var field: String {
      switch self {
      case .list: "list"
      case .clusters: "clusters"
      case .git: "git"
      case .matrix: "matrix"
      case .merge: "merge"
      case .scmProvider: "scmProvider"
      case .pullRequest: "pullRequest"
      case .plugin: "plugin"
      case .clusterDecisionResource: "clusterDecisionResource"
      }
    }
  }

  /// A member of a `generators` list: at the top level it may hold several generators, which all run.
  package struct Entry: Sendable, Equatable {
    package var generators: [Generator]
    /// The entry as written.
    package var node: Node
  }

  /// What stands below its field.
  package var specification: Node {
    switch kind {
    case .list(let node), .clusters(let node), .git(let node), .matrix(let node, _), .merge(let node, _, _),
      .scmProvider(let node), .pullRequest(let node), .plugin(let node), .clusterDecisionResource(let node):
      node
    }
  }

  package var kind: Kind
  /// The filter over the parameter sets (`selector`), nil for none.
  package var selector: Node?
  /// What it puts over the ApplicationSet's template, nil for none.
  package var template: Node?
  package var mark: SourceMark

  /// In the order in which one entry's generators run.
  package static let fields = [
    "list", "clusters", "git", "scmProvider", "clusterDecisionResource", "pullRequest", "plugin", "matrix", "merge",
  ]

  /// Reads an entry whose types have been checked.
  static func entry(_ node: Node) -> Entry {
    let selector = node["selector"].flatMap { $0.isNull ? nil : $0 }
    let generators = fields.compactMap { field -> Generator? in
      guard let spec = node[field], !spec.isNull, let kind = kind(field, spec) else { return nil }
      let template = spec["template"].flatMap { $0.isNull ? nil : $0 }
      return Generator(
        kind: kind, selector: selector, template: template, mark: node.mapping?.keyMark(of: field) ?? node.mark)
    }
    return Entry(generators: generators, node: node)
  }

  private static func kind(_ field: String, _ spec: Node) -> Kind? {
    switch field {
    case "list": .list(spec)
    case "clusters": .clusters(spec)
    case "git": .git(spec)
    case "scmProvider": .scmProvider(spec)
    case "clusterDecisionResource": .clusterDecisionResource(spec)
    case "pullRequest": .pullRequest(spec)
    case "plugin": .plugin(spec)
    case "matrix": .matrix(spec, children(spec))
    case "merge": .merge(spec, mergeKeys: spec["mergeKeys"].texts, children(spec))
    default: nil
    }
  }

  private static func children(_ spec: Node) -> [Entry] { (spec["generators"]?.sequence ?? []).map(entry) }
}
