import Manifest

extension MergeSchema {
  /// Compiles the definitions of an OpenAPI document.
  init(openAPI document: Node) {
    var compiler = OpenAPICompiler(document["definitions"]?.mapping ?? Mapping())
    compiler.compile()
    self = compiler.schema
  }
}

/// Numbers the types of OpenAPI definitions, each once, so that references may be circular.
private struct OpenAPICompiler {
  private static let maximumDepth = 64

  private let definitions: Mapping
  private var numbers: [String: Int] = [:]
  var schema = MergeSchema()

  init(_ definitions: Mapping) {
    self.definitions = definitions
    for (number, member) in definitions.enumerated() {
      numbers[member.key] = number
      schema.types.append(MergeSchema.TypeShape())
    }
  }

  mutating func compile() {
    for (number, member) in definitions.enumerated() {
      schema.types[number] = shape(of: member.value, depth: 0)
      for gvk in member.value["x-kubernetes-group-version-kind"]?.sequence ?? [] {
        guard let version = gvk["version"]?.string, let kind = gvk["kind"]?.string else { continue }
        let group = gvk["group"]?.string ?? ""
        schema.roots[group.isEmpty ? version : group + "/" + version, default: [:]][kind] = number
      }
    }
  }

  private mutating func shape(of node: Node, depth: Int) -> MergeSchema.TypeShape {
    var shape = MergeSchema.TypeShape()
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

  /// The number of a type: a definition's, or a new one for what is written in place.
  private mutating func type(of node: Node?, depth: Int) -> Int? {
    guard let node else { return nil }
    if let reference = node["$ref"]?.string {
      return numbers[reference.split(separator: "/").last.map(String.init) ?? reference]
    }
    guard node["properties"] != nil || node["additionalProperties"] != nil else { return nil }
    let shape = shape(of: node, depth: depth + 1)
    schema.types.append(shape)
    return schema.types.count - 1
  }
}
