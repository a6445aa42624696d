import Manifest

/// Field specs out of a `crds` file: OpenAPI definitions whose properties carry `x-kubernetes-…` marks.
struct CustomResourceFields {
  private static let maximumDepth = 32

  private let definitions: Mapping

  /// - Throws: ``Diagnostic`` for what is no definitions.
  init(_ node: Node, file: String) throws(Diagnostic) {
    definitions = try Self.mapping(node, "a file of 'crds'", file)
    for member in definitions {
      let definition = try Self.mapping(member.value, "definition '\(member.key)'", file)
      guard let schema = definition["Schema"] ?? definition["schema"] else { continue }
      let properties = try Self.mapping(schema, "the schema of '\(member.key)'", file)["properties"] ?? .null
      for property in try Self.mapping(properties, "'properties' of '\(member.key)'", file) {
        _ = try Self.mapping(property.value, "property '\(property.key)' of '\(member.key)'", file)
      }
    }
  }

  /// A null is empty.
  private static func mapping(_ node: Node, _ what: String, _ file: String) throws(Diagnostic) -> Mapping {
    if node.isNull { return Mapping() }
    guard let mapping = node.mapping else {
      throw Diagnostic(
        "kustomize.invalid-definitions", "\(what) must be a mapping, not a \(node.value.kindName)",
        at: SourceLocation(file: file, mark: node.mark),
        help: "a file of 'crds' maps names to OpenAPI definitions; a CustomResourceDefinition belongs into 'resources'")
    }
    return mapping
  }

  func configuration() throws -> TransformerConfiguration {
    var result = TransformerConfiguration()
    for member in definitions {
      guard let properties = properties(of: member.key),
        ["kind", "apiVersion", "metadata"].allSatisfy({ properties[$0] != nil })
      else { continue }
      let kind = KindSelector(kind: member.key.split(separator: ".").last.map(String.init) ?? member.key)
      try add(properties, of: kind, at: [], to: &result)
    }
    return result
  }

  private func properties(of name: String) -> Mapping? {
    let definition = definitions[name]
    return (definition?["Schema"] ?? definition?["schema"])?["properties"]?.mapping
  }

  private func add(
    _ properties: Mapping, of kind: KindSelector, at path: [String], to result: inout TransformerConfiguration
  ) throws {
    guard path.count < Self.maximumDepth else { return }
    for member in properties {
      let place = path + [member.key]
      let spec = [FieldSpec(place.joined(separator: "/"), kind: kind)]
      func text(_ key: String) -> String? { member.value["x-kubernetes-" + key]?.string }
      if text("annotation") != nil { result.commonAnnotations = try result.commonAnnotations.merging(spec) }
      if text("label-selector") != nil { result.commonLabels = try result.commonLabels.merging(spec) }
      if text("identity") != nil { result.namePrefix = try result.namePrefix.merging(spec) }
      if let version = text("object-ref-api-version"), let target = text("object-ref-kind") {
        let field = (place + [text("object-ref-name-key") ?? "name"]).joined(separator: "/")
        try result.add(
          TransformerConfiguration.NameReference(
            target: KindSelector(version: version, kind: target), referrers: [FieldSpec(field, kind: kind)]))
      }
      if let reference = member.value["$ref"]?.string, let inner = self.properties(of: reference) {
        try add(inner, of: kind, at: place, to: &result)
      }
    }
  }
}
