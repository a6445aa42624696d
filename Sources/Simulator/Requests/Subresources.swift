import Manifest

/// Which part of an object a write through the main resource or a subresource may change.
enum Subresources {
  /// `object` where it may speak, `live` everywhere else.
  static func merged(_ object: Mapping, onto live: Mapping, subresource: String, type: ResourceType) -> Mapping {
    switch subresource {
    case "status":
      var new = live
      new["status"] = object["status"]
      new["metadata"] = statusMetadata(object, live, type)
      return new
    case "finalize":
      var new = live
      new["spec"] = object["spec"]
      return new
    default:
      var new = object
      if type.hasStatusSubresource { new["status"] = live["status"] }
      return new
    }
  }

  /// Built-in kinds let a status write change annotations, not labels; custom resources neither.
  private static func statusMetadata(_ object: Mapping, _ live: Mapping, _ type: ResourceType) -> Node {
    var metadata = live.metadata
    metadata["managedFields"] = object["metadata"]?["managedFields"] ?? metadata["managedFields"]
    if !type.isCustom, let new = object["metadata"]?.mapping { metadata["annotations"] = new["annotations"] }
    return .mapping(metadata)
  }

  /// Whether nothing differs that `metadata.generation` counts: all but metadata and status.
  static func isSameSpecification(_ a: Mapping, _ b: Mapping) -> Bool {
    specification(of: a) == specification(of: b)
  }

  private static func specification(of object: Mapping) -> Mapping {
    var object = object
    for key in ["metadata", "status", "kind", "apiVersion"] { object[key] = nil }
    return object
  }
}
