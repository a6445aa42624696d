import Manifest

/// The seam to the pure semantics of the API: what a write means, apart from where it is stored.
enum Semantics {
  /// Who writes, how, and when.
  struct Writer {
    var manager: String
    var subresource = ""
    var now: Moment
  }

  /// Fills in what the server defaults, and checks the result.
  /// - Throws: 422 with every field that is wrong.
  static func complete(_ object: inout Mapping, replacing live: Mapping?, type: ResourceType) throws(StatusError) {}

  /// Records in `managedFields` what an update changed.
  static func track(_ object: inout Mapping, replacing live: Mapping?, type: ResourceType, by writer: Writer) {
    object.setMetadata("managedFields", live?["metadata"]?["managedFields"])
  }

  /// Server-side apply of `configuration` onto `live`.
  static func apply(
    _ configuration: Mapping, to live: Mapping?, type: ResourceType, by writer: Writer, force: Bool
  ) throws(StatusError) -> Mapping {
    guard let live else { return configuration }
    return MergePatchFallback.merge(.mapping(configuration), into: .mapping(live)).mapping ?? configuration
  }

  /// The object that a patch of `mediaType` makes of `live`.
  static func patch(
    _ live: Mapping, with body: Node, mediaType: PatchMediaType, type: ResourceType
  ) throws(StatusError) -> Mapping {
    MergePatchFallback.merge(body, into: .mapping(live)).mapping ?? live
  }

  /// Fields of `object` that the kind does not declare, as dotted paths.
  static func unknownFields(of object: Mapping, type: ResourceType) -> [String] { [] }

  static func table(of objects: [Mapping], type: ResourceType, resourceVersion: String) -> Mapping {
    let rows: [Node] = objects.map { object in
      .mapping([
        "cells": .sequence([
          .string(object.objectName), .string(object.metadataText("creationTimestamp")),
        ]),
        "object": .mapping(Presentation.partial(object)),
      ])
    }
    func column(_ name: String, _ type: String, _ format: String) -> Node {
      .mapping([
        "name": .string(name), "type": .string(type), "format": .string(format), "description": .string(""),
        "priority": Node(.int(0)),
      ])
    }
    return [
      "kind": .string("Table"), "apiVersion": .string("meta.k8s.io/v1"),
      "metadata": .mapping(["resourceVersion": .string(resourceVersion)]),
      "columnDefinitions": .sequence([
        column("Name", "string", "name"), column("Created At", "date", ""),
      ]), "rows": .sequence(rows),
    ]
  }
}

/// The media types that PATCH takes.
enum PatchMediaType: String {
  case json = "application/json-patch+json"
  case merge = "application/merge-patch+json"
  case strategic = "application/strategic-merge-patch+json"
  case apply = "application/apply-patch+yaml"
}

enum MergePatchFallback {
  static func merge(_ patch: Node, into target: Node) -> Node {
    guard let members = patch.mapping else { return patch }
    var result = target.mapping ?? Mapping()
    for member in members {
      result[member.key] = member.value.isNull ? nil : merge(member.value, into: result[member.key] ?? .null)
    }
    return .mapping(result)
  }
}
