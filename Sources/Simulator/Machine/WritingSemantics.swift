import Manifest

/// The media types that PATCH takes.
enum PatchMediaType: String {
  case json = "application/json-patch+json"
  case merge = "application/merge-patch+json"
  case strategic = "application/strategic-merge-patch+json"
  case apply = "application/apply-patch+yaml"

  /// The patch in `body`; an apply is none.
  func patch(_ body: Node) -> ObjectPatch? {
    switch self {
    case .json: .json(body)
    case .merge: .merge(body)
    case .strategic: .strategic(body)
    case .apply: nil
    }
  }
}

extension APIServer {
  /// What a write of this kind means.
  func schema(of type: ResourceType) -> ObjectSchema {
    let kind = type.groupVersionKind
    return (type.isCustom ? customSchemas[kind] : ObjectSchema.builtIn(kind)) ?? .unknown(kind)
  }

  func writer(_ manager: String, subresource: String = "") -> FieldWriter {
    FieldWriter(manager: manager, subresource: subresource, time: now.rfc3339)
  }

  /// Records in `managedFields` what a write changed that is no apply.
  func track(_ object: inout Mapping, replacing live: Mapping?, type: ResourceType, by writer: FieldWriter) {
    schema(of: type).track(&object, replacing: live, by: writer)
  }
}
