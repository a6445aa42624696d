import Manifest

/// How parameter sets and templates are laid over one another.
enum ParameterMerge {
  /// Everything of both; where both have a value, the first wins, whatever it is. Mappings merge.
  static func keepingFirst(_ first: Mapping, _ second: Mapping) -> Mapping {
    var result = first
    for member in second {
      guard let existing = result[member.key] else {
        result.append(member)
        continue
      }
      if let a = existing.mapping, let b = member.value.mapping {
        result[member.key] = Node(.mapping(keepingFirst(a, b)), mark: existing.mark)
      }
    }
    return result
  }

  /// mergo.Merge: what `first` leaves empty (absent, null, `""`, 0, false, no members) comes from `second`.
  ///
  /// Free-form values (`valuesObject`) count as one.
  static func fillingEmpty(_ first: Node, _ second: Node) -> Node {
    guard !isEmpty(first) else { return second }
    guard case .mapping(var result) = first.value, let other = second.mapping else { return first }
    for member in other {
      guard let existing = result[member.key] else {
        result.append(member)
        continue
      }
      let isWhole = member.key == "valuesObject" && !isEmpty(existing)
      result[member.key] = isWhole ? existing : fillingEmpty(existing, member.value)
    }
    return Node(.mapping(result), mark: first.mark)
  }

  private static func isEmpty(_ node: Node) -> Bool {
    switch node.value {
    case .null, .bool(false), .int(0), .string(""): true
    case .double(let number): number == 0
    case .sequence(let nodes): nodes.isEmpty
    case .mapping(let mapping): mapping.isEmpty
    case .bool, .int, .uint, .string: false
    }
  }
}
