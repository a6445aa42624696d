/// JSON merge patch by RFC 7386: members replace, mappings merge, null removes.
package enum MergePatch {
  package static func apply(_ patch: Node, to target: Node) -> Node {
    var target = target
    apply(patch, into: &target)
    return target
  }

  /// The same in place.
  package static func apply(_ patch: Node, into target: inout Node) {
    guard case .mapping(let changes) = patch.value else {
      target = patch
      return
    }
    var merged: Mapping
    if case .mapping(let mapping) = target.value { merged = mapping } else { merged = Mapping() }
    target.value = .null
    for change in changes {
      if change.value.isNull {
        merged[change.key] = nil
      } else {
        var value = merged[change.key] ?? .null
        merged[change.key] = .null
        apply(change.value, into: &value)
        merged[change.key] = value
      }
    }
    target.value = .mapping(merged)
  }
}
