import Manifest

/// Fields that an apply would take from others.
struct OwnershipConflict {
  var manager: ManagedFields.Manager
  var path: [String]
}

extension StatusError {
  /// 409 with one cause for each field, as an apply without force is answered.
  static func conflicts(_ conflicts: [OwnershipConflict]) -> StatusError {
    let causes = conflicts.map {
      Cause(
        reason: "FieldManagerConflict", message: "conflict with \($0.manager.shown)", field: FieldPath.text($0.path))
    }
    var text = "Apply failed with \(conflicts.count) conflicts: "
    if conflicts.count == 1, let only = causes.first {
      text = "Apply failed with 1 conflict: \(only.message): \(only.field)"
    } else {
      text += lines(conflicts).joined(separator: "\n")
    }
    return StatusError(code: 409, reason: "Conflict", message: text, details: Details(causes: causes))
  }

  private static func lines(_ conflicts: [OwnershipConflict]) -> [String] {
    var lines: [String] = []
    var last: ManagedFields.Manager?
    for conflict in conflicts {
      if conflict.manager != last { lines.append("conflicts with \(conflict.manager.shown):") }
      last = conflict.manager
      lines.append("- " + FieldPath.text(conflict.path))
    }
    return lines
  }
}

extension ManagedFields.Manager {
  /// As conflicts name a manager: `"hpa" with subresource "scale" using apps/v1`.
  var shown: String {
    var text = "\"\(name)\""
    if !subresource.isEmpty { text += " with subresource \"\(subresource)\"" }
    return isApply ? text : text + " using \(apiVersion)"
  }
}

extension FieldSet {
  /// The paths in the order of conflict messages: the members right below first, then what is deeper.
  var pathsMembersFirst: [[String]] {
    elements.filter(\.set.isMember).map { [$0.element] }
      + elements.flatMap { child in child.set.pathsMembersFirst.map { [child.element] + $0 } }
  }
}
