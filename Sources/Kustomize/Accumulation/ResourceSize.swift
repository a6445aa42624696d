import Manifest

/// How much a resource would print, so that patches and replacements that double it again and again come to an end.
enum ResourceSize {
  /// What a node takes beside its text.
  private static let nodeBytes = 8

  /// - Throws: ``Diagnostic`` `kustomize.resource-too-large` at `location`.
  static func check(
    _ root: Node, of id: ResourceID, limit: Int, at location: @autoclosure () -> SourceLocation
  ) throws(Diagnostic) {
    var rest = limit
    guard !fits(root, &rest) else { return }
    throw Diagnostic(
      "kustomize.resource-too-large", "\(id) grows beyond \(limit >> 20) MiB", at: location())
  }

  /// Whether the tree fits into `rest` bytes, which it takes. Stops where it does not: a tree that shares its parts may
  /// have more nodes than can ever be visited.
  static func fits(_ node: Node, _ rest: inout Int) -> Bool {
    rest -= nodeBytes
    switch node.value {
    case .mapping(let mapping):
      for member in mapping.members {
        rest -= member.key.utf8.count
        guard rest >= 0, fits(member.value, &rest) else { return false }
      }
    case .sequence(let nodes):
      for node in nodes {
        guard rest >= 0, fits(node, &rest) else { return false }
      }
    case .string(let text): rest -= text.utf8.count
    default: break
    }
    return rest >= 0
  }
}
