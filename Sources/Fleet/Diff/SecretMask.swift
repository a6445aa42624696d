package import Manifest

/// Hides the values of Secrets: whether one is equal or changed may be told, never what it is.
package enum SecretMask {
  private static let fields = ["data", "stringData"]

  /// Both sides of a change with masked values: `***` where they are equal, `*** (before)` and `*** (after)` where not.
  /// Objects of other kinds stay as they are, but for what `kubectl` wrote down of the last apply.
  package static func mask(_ before: Node?, _ after: Node?) -> (before: Node?, after: Node?) {
    let isSecret = [before, after].compactMap(\.self).contains(where: isSecret)
    guard isSecret else { return (before, after) }
    var (hiddenBefore, hiddenAfter) = (before, after)
    for field in fields {
      hide(field, &hiddenBefore, other: after, changed: "*** (before)")
      hide(field, &hiddenAfter, other: before, changed: "*** (after)")
    }
    hiddenBefore?.hideLastApplied()
    hiddenAfter?.hideLastApplied()
    return (hiddenBefore, hiddenAfter)
  }

  private static func isSecret(_ node: Node) -> Bool {
    node["kind"]?.string == "Secret" && node["apiVersion"]?.string == "v1"
  }

  private static func hide(_ field: String, _ node: inout Node?, other: Node?, changed: String) {
    guard let shown = node?[field] else { return }
    guard var values = shown.mapping else {
      node?[field] = .string("***")
      return
    }
    let others = other?[field]?.mapping
    values.updateValues { key, value in
      let isChanged = other != nil && others?[key] != nil && others?[key] != value
      value = .string(isChanged ? changed : "***")
    }
    node?[field] = .mapping(values)
  }
}

extension Node {
  fileprivate mutating func hideLastApplied() {
    if self["metadata"]?["annotations"]?[LastApplied.annotation] != nil {
      self["metadata"]?["annotations"]?[LastApplied.annotation] = .string("***")
    }
  }
}
