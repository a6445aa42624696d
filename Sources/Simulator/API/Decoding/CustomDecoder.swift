import Manifest

/// Reads a custom resource: prunes what its schema does not declare, and reads its metadata as the server's own type.
struct CustomDecoder {
  private let table: TypeTable
  private(set) var unknownFields: [String] = []

  private static let maximumUnknownFields = 100

  init(_ table: TypeTable) { self.table = table }

  mutating func decode(_ object: Mapping, _ root: TypeID) throws(DecodeProblem) -> Mapping {
    var pruned = prune(.mapping(object), root, path: "").mapping ?? object
    var metadata = TypedDecoder(table)
    pruned["metadata"] =
      try metadata.decode(object["metadata"] ?? .mapping([:]), BuiltInTypes.metaTableObjectMetadata, path: "metadata")
      ?? .mapping([:])
    unknownFields += metadata.unknownFields
    return pruned
  }

  private mutating func prune(_ node: Node, _ type: TypeID, path: String) -> Node {
    switch (table[type], node.value) {
    case (.list(let list), .sequence(let items)):
      var kept: [Node] = []
      for (index, item) in items.enumerated() { kept.append(prune(item, list.element, path: "\(path)[\(index)]")) }
      return .sequence(kept)
    case (.structure, .mapping(let members)), (.map, .mapping(let members)):
      return .mapping(prune(members, type, path: path))
    default: return node
    }
  }

  private mutating func prune(_ members: Mapping, _ type: TypeID, path: String) -> Mapping {
    var kept = Mapping(minimumCapacity: members.count)
    for member in members {
      let memberPath = path.isEmpty ? member.key : "\(path).\(member.key)"
      if memberPath == "metadata" {
        kept.append(member)
      } else if let memberType = table.memberType(member.key, of: type) {
        kept.append(.init(key: member.key, value: prune(member.value, memberType, path: memberPath)))
      } else if unknownFields.count < Self.maximumUnknownFields {
        unknownFields.append(memberPath)
      }
    }
    return kept
  }
}
