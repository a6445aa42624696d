package import Manifest
package import Templating

/// The parameters of one Application to be, and where they come from.
package struct ParameterSet: Sendable, Equatable {
  /// What to tell a user who asks where a parameter should come from.
  package struct Origin: Sendable, Equatable {
    /// `cluster 'edge-0417'`, `element 3 of the list`, `file 'envs/prod/config.yaml'`.
    package var name: String
    /// Where a label would be added; nil for origins without labels.
    package var labels: SourceLocation?

    package init(_ name: String, labels: SourceLocation? = nil) {
      self.name = name
      self.labels = labels
    }
  }

  package var parameters: Parameters
  package var origins: [Origin]

  package init(_ parameters: Parameters, origins: [Origin]) {
    self.parameters = parameters
    self.origins = origins
  }

  /// `cluster 'edge-0417'`
  package var name: String { origins.map(\.name).joined(separator: " with ") }
}

extension ParameterSet {
  /// The flat form that selectors look at: nested keys joined with dots, every value as text.
  func flattened(_ numbers: Numbers) -> [String: String] { Self.flattened(parameters.root, numbers) }

  static func flattened(_ root: Mapping, _ numbers: Numbers) -> [String: String] {
    var flat: [String: String] = [:]
    for member in root { flatten(member.value, member.key, numbers, into: &flat) }
    return flat
  }

  private static func flatten(
    _ node: Node, _ path: String, _ numbers: Numbers, into flat: inout [String: String]
  ) {
    switch node.value {
    case .mapping(let mapping) where !mapping.isEmpty:
      for member in mapping { flatten(member.value, path + "." + member.key, numbers, into: &flat) }
    case .sequence(let nodes) where !nodes.isEmpty:
      for (index, node) in nodes.enumerated() { flatten(node, path + ".\(index)", numbers, into: &flat) }
    default: flat[path] = GoText.of(node, numbers)
    }
  }
}
