package import Manifest

extension ObjectSchema {
  /// Fills in what the kind defaults.
  package func fillDefaults(_ object: inout Mapping) {
    var node = Node.mapping(object)
    if let customSchema {
      CustomDefaults.fill(&node, customSchema)
    } else if !isCustom {
      DefaultFiller.builtIn.fill(&node, root)
    }
    object = node.mapping ?? object
    if kind.groupKind == Self.namespace { object.labelNamespaceWithItsName() }
  }

  private static let namespace = GroupKind(group: "", kind: "Namespace")
}

extension Mapping {
  fileprivate mutating func labelNamespaceWithItsName() {
    guard let name = self["metadata"]?["name"] else { return }
    if self["metadata"]?["labels"]?.mapping == nil { self["metadata"]?["labels"] = .mapping([:]) }
    self["metadata"]?["labels"]?["kubernetes.io/metadata.name"] = name
  }
}
