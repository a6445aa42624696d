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
  func schema(of type: ResourceType) -> ObjectSchema? {
    type.isCustom ? customSchemas[type.groupVersionKind] : ObjectSchema.builtIn(type.groupVersionKind)
  }

  func writer(_ manager: String, subresource: String = "") -> FieldWriter {
    FieldWriter(manager: manager, subresource: subresource, time: now.rfc3339)
  }

  /// Records in `managedFields` what a write changed that is no apply.
  func track(_ object: inout Mapping, replacing live: Mapping?, type: ResourceType, by writer: FieldWriter) {
    schema(of: type)?.track(&object, replacing: live, by: writer)
  }
}

/// The table that a kind without columns of its own is shown as.
enum PlainTable {
  static func table(of objects: [Mapping], resourceVersion: String) -> Mapping {
    let rows: [Node] = objects.map { object in
      .mapping([
        "cells": .sequence([
          .string(object.objectName), .string(object.metadataText("creationTimestamp")),
        ]),
        "object": .mapping(Presentation.partial(object)),
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

  private static func column(_ name: String, _ type: String, _ format: String) -> Node {
    .mapping([
      "name": .string(name), "type": .string(type), "format": .string(format), "description": .string(""),
      "priority": Node(.int(0)),
    ])
  }
}
