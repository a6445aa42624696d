package import Manifest

/// An object as people want to see it in a difference: without what only the server writes.
package enum ShownObject {
  private static let serverSetMetadata = [
    "managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink",
  ]

  package static func of(_ node: Node) -> Node {
    guard case .mapping(var root) = node.value else { return node }
    root["status"] = nil
    if case .mapping(var metadata)? = root["metadata"]?.value {
      for key in serverSetMetadata { metadata[key] = nil }
      root["metadata"] = .mapping(metadata)
    }
    return .mapping(root)
  }
}
