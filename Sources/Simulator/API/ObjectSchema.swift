package import Manifest

/// What one kind of object looks like, and with that what a write of it means.
///
/// The steps of a write, in the API server's order: ``decode(_:)``, ``fillDefaults(_:)``, ``track(_:replacing:by:)``, the
/// registry's own changes (addresses, first status), ``validate(_:replacing:)``. A server-side apply
/// (``apply(_:to:by:force:)``) does the first three at once.
package struct ObjectSchema: Sendable {
  package let kind: GroupVersionKind
  package let isCustom: Bool
  let table: TypeTable
  let root: TypeID
  /// `status` is written through its own subresource only.
  let hasStatusSubresource: Bool
  /// The `openAPIV3Schema` of a custom resource, for defaults and validation.
  let customSchema: Node?
  /// `additionalPrinterColumns` of a custom resource.
  let printerColumns: Node?
  /// What the kind is when nothing is said.
  let zero: Node

  private init(
    kind: GroupVersionKind, isCustom: Bool, table: TypeTable, root: TypeID, hasStatusSubresource: Bool,
    customSchema: Node?, printerColumns: Node? = nil
  ) {
    self.kind = kind
    self.isCustom = isCustom
    self.table = table
    self.root = root
    self.hasStatusSubresource = hasStatusSubresource
    self.customSchema = customSchema
    self.printerColumns = printerColumns
    zero = isCustom ? .mapping([:]) : TypedDecoder(table).zero(of: root)
  }
}

extension ObjectSchema {
  /// The schema of a kind that every server has; nil for others.
  package static func builtIn(_ kind: GroupVersionKind) -> ObjectSchema? { builtIns[kind] }

  private static let builtIns: [GroupVersionKind: ObjectSchema] = {
    var schemas: [GroupVersionKind: ObjectSchema] = [:]
    for (kind, root) in BuiltInTypes.kinds {
      schemas[kind] = ObjectSchema(
        kind: kind, isCustom: false, table: BuiltInTypes.table, root: root,
        hasStatusSubresource: BuiltInTypes.table.memberType("status", of: root) != nil, customSchema: nil)
    }
    return schemas
  }()

  /// The schema of a custom resource in one version of its definition (an element of `spec.versions`).
  package static func custom(_ kind: GroupVersionKind, version: Node) -> ObjectSchema {
    let schema = version["schema"]?["openAPIV3Schema"]
    let types = CustomTypes.read(schema)
    return ObjectSchema(
      kind: kind, isCustom: true, table: types.table, root: types.root,
      hasStatusSubresource: version["subresources"]?["status"] != nil, customSchema: schema,
      printerColumns: version["additionalPrinterColumns"])
  }

  /// The schema of a kind of which nothing is known: everything is kept, mappings merge, lists are replaced.
  package static func unknown(_ kind: GroupVersionKind) -> ObjectSchema { custom(kind, version: .mapping([:])) }
}

/// An object as the server's own types hold it.
package struct DecodedObject: Sendable, Equatable {
  package var object: Mapping
  /// Paths that the kind does not declare, as strict decoding names them: `spec.containers[0].imag`.
  package var unknownFields: [String]
}

extension ObjectSchema {
  /// Reads a body into the kind: drops nulls and what is empty, writes quantities canonically, prunes unknown fields.
  /// - Throws: 400 when a value has the wrong type.
  package func decode(_ object: Mapping) throws(StatusError) -> DecodedObject {
    do {
      return try read(object)
    } catch {
      throw .badRequest(
        "\(kind.kind) in version \"\(kind.version)\" cannot be handled as a \(kind.kind): \(error.message)")
    }
  }

  func read(_ object: Mapping) throws(DecodeProblem) -> DecodedObject {
    if isCustom {
      var decoder = CustomDecoder(table)
      let decoded = try decoder.decode(object, root)
      return DecodedObject(object: decoded, unknownFields: decoder.unknownFields)
    }
    var decoder = TypedDecoder(table)
    var decoded = try decoder.decode(.mapping(object), root)?.mapping ?? Mapping()
    if kind == Self.secret { decoded.foldStringData() }
    return DecodedObject(object: decoded, unknownFields: decoder.unknownFields)
  }

  private static let secret = GroupVersionKind(group: "", version: "v1", kind: "Secret")

  /// Paths that a write through the main resource (`""`) or a subresource resets.
  ///
  /// Source: the registry strategies of Kubernetes 1.36.
  func resetFields(_ subresource: String) -> [[String]] {
    switch subresource {
    case "": hasStatusSubresource ? [["f:status"]] : []
    case "status" where isCustom: [["f:metadata"], ["f:spec"]]
    case "status" where kind.group == "apps" && kind.kind == "Deployment": [["f:spec"], ["f:metadata", "f:labels"]]
    case "status": [["f:spec"]]
    default: []
    }
  }
}

extension Mapping {
  /// A Secret's `stringData` is write-only: it goes into `data`.
  fileprivate mutating func foldStringData() {
    guard let texts = self["stringData"]?.mapping else { return }
    var data = self["data"]?.mapping ?? Mapping()
    for member in texts {
      data[member.key] = .string(Base64.encode(Array((member.value.string ?? "").utf8)))
    }
    self["stringData"] = nil
    if !data.isEmpty { self["data"] = .mapping(data) }
  }
}
