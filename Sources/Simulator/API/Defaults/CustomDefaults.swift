import Manifest

/// Defaults of custom resources: the `default` members of their schema.
enum CustomDefaults {
  private static let maximumDepth = 100

  /// A null where the schema has a default and is not nullable counts as absent.
  static func fill(_ node: inout Node, _ schema: Node, depth: Int = 0) {
    guard depth < maximumDepth else { return }
    switch node.value {
    case .mapping(var members):
      fill(&members, schema, depth: depth)
      node.value = .mapping(members)
    case .sequence(var items):
      guard let itemSchema = schema["items"] else { return }
      for index in items.indices { fill(&items[index], itemSchema, depth: depth + 1) }
      node.value = .sequence(items)
    default: break
    }
  }

  private static func fill(_ members: inout Mapping, _ schema: Node, depth: Int) {
    for property in schema["properties"]?.mapping ?? Mapping() {
      if let value = property.value["default"] {
        let isNull = members[property.key]?.isNull == true && property.value["nullable"]?.bool != true
        if members[property.key] == nil || isNull { members[property.key] = value }
      }
      if var value = members[property.key] {
        fill(&value, property.value, depth: depth + 1)
        members[property.key] = value
      }
    }
    guard let additional = schema["additionalProperties"], additional.mapping != nil else { return }
    let declared = schema["properties"]?.mapping ?? Mapping()
    members.updateValues { key, value in
      if declared.position(of: key) == nil { fill(&value, additional, depth: depth + 1) }
    }
  }
}
