import Manifest

/// Writes stored objects the way a client asked for them.
enum Presentation {
  /// One object: whole, its metadata, or a table of one row.
  static func object(
    _ object: Mapping, as type: ResourceType, form: AnswerForm, schema: ObjectSchema, now: Moment
  ) -> Mapping {
    switch form {
    case .full, .aggregatedDiscovery, .metadataList: whole(object, as: type)
    case .metadata: partial(object)
    case .table: schema.table(of: [object], resourceVersion: object.resourceVersion, now: now)
    }
  }

  /// A list: typed items do not repeat their kind, custom resources and metadata do.
  static func list(
    _ objects: [Mapping], as type: ResourceType, form: AnswerForm, resourceVersion: String, continuation: String?,
    remaining: Int?, schema: ObjectSchema, now: Moment
  ) -> Mapping {
    var metadata: Mapping = ["resourceVersion": .string(resourceVersion)]
    if let continuation { metadata["continue"] = .string(continuation) }
    if let remaining { metadata["remainingItemCount"] = Node(.int(Int64(remaining))) }
    if form == .table {
      var table = schema.table(of: objects, resourceVersion: resourceVersion, now: now)
      table["metadata"] = .mapping(metadata)
      return table
    }
    let isMetadata = form == .metadataList
    let items: [Node] = objects.map { object in
      if isMetadata { return .mapping(partial(object)) }
      var item = whole(object, as: type)
      if !type.isCustom {
        item["kind"] = nil
        item["apiVersion"] = nil
      }
      return .mapping(item)
    }
    return [
      "kind": .string(isMetadata ? "PartialObjectMetadataList" : type.listKind),
      "apiVersion": .string(isMetadata ? "meta.k8s.io/v1" : type.apiVersion),
      "metadata": .mapping(metadata),
      "items": isMetadata && items.isEmpty ? .null : .sequence(items),
    ]
  }

  /// - Throws: 406 when a list form is asked of an object, or the reverse.
  static func check(_ form: AnswerForm, isList: Bool, type: ResourceType) throws(StatusError) {
    let package = type.group.split(separator: ".").first.map(String.init) ?? "core"
    let go = type.isCustom ? "unstructured.Unstructured" : "\(package).\(type.kind)"
    switch (form, isList) {
    case (.metadata, true):
      throw notAcceptable(
        "you requested PartialObjectMetadata, but the requested object is a list (*\(go)List)")
    case (.metadataList, false):
      throw notAcceptable(
        "you requested PartialObjectMetadataList, but the requested object is not a list (*\(go))")
    default: return
    }
  }

  private static func notAcceptable(_ message: String) -> StatusError {
    StatusError(code: 406, reason: "NotAcceptable", message: message)
  }

  private static func whole(_ object: Mapping, as type: ResourceType) -> Mapping {
    guard object.apiVersion != type.apiVersion else { return object }
    var converted = object
    converted["apiVersion"] = .string(type.apiVersion)
    return converted
  }

  static func partial(_ object: Mapping) -> Mapping {
    [
      "kind": .string("PartialObjectMetadata"), "apiVersion": .string("meta.k8s.io/v1"),
      "metadata": object["metadata"] ?? .mapping([:]),
    ]
  }
}
