import Manifest

/// What stays although we do not want it, and who keeps it there.
package enum Retained {
  private static let most = 5

  /// Paths that our entry no longer has and another one still does: ` .data.old (kubectl-edit)`.
  package static func paths(before: LiveObject?, after: LiveObject) -> [String] {
    guard let old = before?.ownership.ours?.fields, let new = after.ownership.ours?.fields else { return [] }
    let dropped = old.subtracting(new)
    if dropped.isEmpty { return [] }
    return after.ownership.others.filter { $0.subresource != "status" }.flatMap { other in
      dropped.intersection(other.fields).leaves.map { "\(FieldPath.text($0)) (\(other.manager))" }
    }.prefix(most).map(\.self)
  }

  /// Paths that others added beside ours, but for those of controllers: tolerated, and told.
  package static func extra(_ live: LiveObject) -> [String] {
    live.ownership.others.filter { $0.subresource != "status" && !isController($0.manager) }.flatMap { other in
      other.fields.leaves.filter { live.ownership.ours?.fields.contains($0) != true }
        .map { "\(FieldPath.text($0)) (\(other.manager))" }
    }.prefix(most).map(\.self)
  }

  /// The paths behind ``extra(_:)``, all of them, but for those of writers that `desired` leaves fields to.
  package static func added(_ live: LiveObject, but desired: DesiredObject) -> [[String]] {
    live.ownership.others.filter {
      $0.subresource.isEmpty && !isController($0.manager) && !desired.ignores($0.manager)
    }.flatMap { other in other.fields.leaves.filter { live.ownership.ours?.fields.contains($0) != true } }
  }

  package static func isController(_ manager: String) -> Bool {
    manager.hasPrefix("kube-") || manager == RolloutWriting.manager || manager.hasSuffix("-controller")
      || manager.hasSuffix("-controller-manager")
  }
}
