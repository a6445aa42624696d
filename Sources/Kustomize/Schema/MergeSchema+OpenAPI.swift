import Manifest

extension MergeSchema {
  /// Compiles the definitions of an OpenAPI document.
  init(openAPI document: Node) {
    var compiler = OpenAPICompiler(document["definitions"]?.mapping ?? Mapping())
    compiler.compile()
    compiler.readScopes(document["paths"]?.mapping ?? Mapping())
    self = compiler.schema
  }
}

/// Numbers the types of OpenAPI definitions, each once, so that references may be circular.
private struct OpenAPICompiler {
  private static let maximumDepth = 64

  private let definitions: Mapping
  var schema = MergeSchema()

  init(_ definitions: Mapping) {
    self.definitions = definitions
    for (number, member) in definitions.enumerated() {
      schema.names[member.key] = number
      schema.types.append(MergeSchema.TypeShape(name: member.key))
    }
  }

  mutating func compile() {
    for (number, member) in definitions.enumerated() {
      var shape = shape(of: member.value, depth: 0)
      shape.name = member.key
      schema.types[number] = shape
      for node in member.value["x-kubernetes-group-version-kind"]?.sequence ?? [] {
        guard let gvk = Self.kind(node) else { continue }
        schema.roots[gvk.apiVersion, default: [:]][gvk.kind] = number
      }
    }
  }

  private static func kind(_ node: Node?) -> GroupVersionKind? {
    guard let version = node?["version"]?.string, let kind = node?["kind"]?.string else { return nil }
    return GroupVersionKind(group: node?["group"]?.string ?? "", version: version, kind: kind)
  }

  /// A kind that can be read at a path, but at none with a namespace in it, has no namespace.
  mutating func readScopes(_ paths: Mapping) {
    var namespaced: Set<GroupVersionKind> = []
    for path in paths {
      guard let gvk = Self.kind(path.value["get"]?["x-kubernetes-group-version-kind"]) else { continue }
      if path.key.contains("namespaces/{namespace}") {
        namespaced.insert(gvk)
      } else {
        schema.clusterScopedKinds.insert(gvk)
      }
    }
    schema.clusterScopedKinds.subtract(namespaced)
  }

  private mutating func shape(of node: Node, depth: Int) -> MergeSchema.TypeShape {
    var shape = MergeSchema.TypeShape(isDefined: true)
    guard depth < Self.maximumDepth else { return shape }
    for member in node["properties"]?.mapping ?? Mapping() {
      shape.fields[member.key] = field(member.value, depth: depth)
    }
    if let others = node["additionalProperties"], others.mapping != nil {
      shape.others = field(others, depth: depth)
    }
    return shape
  }

  private mutating func field(_ node: Node, depth: Int) -> MergeSchema.Field {
    var field = MergeSchema.Field()
    field.isList = node["type"]?.string == "array"
    let strategies = node["x-kubernetes-patch-strategy"]?.string?.split(separator: ",") ?? []
    if field.isList && strategies.contains("merge") {
      if let keys = node["x-kubernetes-list-map-keys"]?.sequence {
        field.mergeKeys = keys.compactMap(\.string)
      } else {
        field.mergeKeys = node["x-kubernetes-patch-merge-key"]?.string.map { [$0] } ?? []
      }
    }
    field.type = type(of: field.isList ? node["items"] : node, depth: depth)
    return field
  }

  /// The definition's number; a place for it where it is not in this document.
  private mutating func named(_ name: String) -> Int {
    if let number = schema.names[name] { return number }
    schema.types.append(MergeSchema.TypeShape(name: name))
    schema.names[name] = schema.types.count - 1
    return schema.types.count - 1
  }

  /// The number of a type: a definition's, or a new one for what is written in place.
  private mutating func type(of node: Node?, depth: Int) -> Int? {
    guard let node else { return nil }
    if let reference = node["$ref"]?.string {
      return named(reference.split(separator: "/").last.map(String.init) ?? reference)
    }
    guard node["properties"] != nil || node["additionalProperties"] != nil else { return nil }
    let shape = shape(of: node, depth: depth + 1)
    schema.types.append(shape)
    return schema.types.count - 1
  }
}
