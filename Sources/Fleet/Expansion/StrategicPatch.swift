import Manifest

/// A strategic merge patch on an Application (Kubernetes' rules; the type gives merge keys to two lists alone).
enum StrategicPatch {
  /// Maps merge, lists replace, null deletes, `$patch: replace` and `$patch: delete` do what they say. Finalizers merge
  /// as a set, ownerReferences by uid.
  static func apply(_ patch: Node, to node: Node) -> Node {
    .mapping(apply(patch.mapping ?? Mapping(), to: node.mapping ?? Mapping()))
  }

  private static func apply(_ patch: Mapping, to target: Mapping) -> Mapping {
    switch patch["$patch"]?.string {
    case "replace": return withoutDirectives(patch)
    case "delete": return Mapping()
    default: break
    }
    var result = target
    if let kept = patch["$retainKeys"]?.sequence?.compactMap(\.string) { result.filter { kept.contains($0.key) } }
    for member in patch where !isDirective(member.key) {
      result[member.key] = merged(member, result[member.key])
    }
    for member in patch where member.key.hasPrefix("$deleteFromPrimitiveList/") {
      let key = String(member.key.dropFirst("$deleteFromPrimitiveList/".count))
      guard let list = result[key]?.sequence, let removed = member.value.sequence else { continue }
      result[key] = .sequence(list.filter { !removed.contains($0) })
    }
    return result
  }

  private static func merged(_ member: Mapping.Member, _ existing: Node?) -> Node? {
    switch member.value.value {
    case .null: return nil
    case .mapping(let patch):
      if patch["$patch"]?.string == "delete" { return nil }
      return Node(.mapping(apply(patch, to: existing?.mapping ?? Mapping())), mark: member.value.mark)
    case .sequence(let added) where member.key == "finalizers":
      let kept = existing?.sequence ?? []
      return .sequence(kept + added.filter { !kept.contains($0) })
    case .sequence(let added) where member.key == "ownerReferences":
      let kept = (existing?.sequence ?? []).filter { owner in !added.contains { $0["uid"] == owner["uid"] } }
      return .sequence(kept + added)
    case .bool, .int, .uint, .double, .string, .sequence: return member.value
    }
  }

  /// The patch without the fields that the shape does not know, as decoding it into a type leaves them out. Directives
  /// stay.
  /// - Parameter report: is given the path of each field that is left out.
  static func dropping(_ patch: Node, outside shape: Shape, path: String = "", _ report: (String) -> Void) -> Node {
    switch (patch.value, shape) {
    case (.mapping(var mapping), .object), (.mapping(var mapping), .mapping):
      for member in mapping where shape[member.key] == nil && !isDirective(member.key) {
        report(ShapeCheck.join(path, member.key))
      }
      mapping.filter { shape[$0.key] != nil || isDirective($0.key) }
      mapping.updateValues { key, value in
        guard let inner = shape[key] else { return }
        value = dropping(value, outside: inner, path: ShapeCheck.join(path, key), report)
      }
      return Node(.mapping(mapping), mark: patch.mark)
    case (.sequence(let nodes), .list(let element)):
      let kept = nodes.enumerated().map { index, node in
        dropping(node, outside: element, path: "\(path)[\(index)]", report)
      }
      return Node(.sequence(kept), mark: patch.mark)
    default: return patch
    }
  }

  private static func withoutDirectives(_ patch: Mapping) -> Mapping {
    var result = patch
    result.filter { !isDirective($0.key) }
    return result
  }

  private static func isDirective(_ key: String) -> Bool {
    key == "$patch" || key == "$retainKeys" || key.hasPrefix("$setElementOrder/")
      || key.hasPrefix("$deleteFromPrimitiveList/")
  }
}
