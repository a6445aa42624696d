import Manifest

/// Writes the events of a watch, one line of JSON each.
enum EventWriter {
  static func event(_ type: String, _ object: Mapping, for watcher: inout Watcher, now: Moment) -> [UInt8] {
    var presented = Presentation.object(
      object, as: watcher.type, form: watcher.form, schema: watcher.schema, now: now)
    if watcher.form == .table {
      if watcher.hasSentColumns { presented["columnDefinitions"] = .null }
      watcher.hasSentColumns = true
    }
    return line(type, presented)
  }

  static func bookmark(revision: UInt64, for watcher: Watcher, endsInitialEvents: Bool) -> [UInt8] {
    var metadata: Mapping = ["resourceVersion": .string(String(revision))]
    if endsInitialEvents {
      metadata["annotations"] = .mapping(["k8s.io/initial-events-end": .string("true")])
    }
    let isMetadata = watcher.form == .metadata
    let root: Mapping = [
      "kind": .string(isMetadata ? "PartialObjectMetadata" : watcher.type.kind),
      "apiVersion": .string(isMetadata ? "meta.k8s.io/v1" : watcher.type.apiVersion),
      "metadata": .mapping(metadata),
    ]
    return line("BOOKMARK", root)
  }

  static func error(_ error: StatusError) -> [UInt8] {
    line("ERROR", error.root.mapping ?? Mapping())
  }

  private static func line(_ type: String, _ object: Mapping) -> [UInt8] {
    var bytes = WireJSON.bytes(.mapping(["type": .string(type), "object": .mapping(object)]))
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}
