import Manifest

/// Moves ownership of fields between the entries of `managedFields`, for objects of one type.
///
/// Source: KEP-555 and structured-merge-diff. All versions of a kind are taken to have one schema.
struct OwnershipTracker {
  let table: TypeTable
  let type: TypeID
  let apiVersion: String
  /// Paths that a write through this endpoint resets, so that nobody comes to own them here.
  let resetFields: [[String]]

  /// An object merged by an apply; nil when the apply changes nothing.
  struct Applied {
    var object: Node?
    var managed: ManagedFields
  }

  /// Members that nobody owns.
  private static let unowned: FieldSet = {
    var set = FieldSet()
    for path in [["f:apiVersion"], ["f:kind"], ["f:metadata"]] { set.insert(path) }
    for name in [
      "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
      "resourceVersion",
    ] { set.insert(["f:metadata", "f:" + name]) }
    return set
  }()

  /// A write that is no apply: what it changed becomes `manager`'s, and nobody else's.
  func update(
    _ managed: inout ManagedFields, from old: Node, to new: Node, by manager: ManagedFields.Manager, time: String?
  ) {
    let changes = table.compare(old, new, type).excluding(resetFields)
    let taken = changes.modified.union(changes.added).union(changes.removed)
    if taken.isEmpty { return }
    for other in managed.managers { managed.remove(taken, from: other) }
    let gained = changes.modified.union(changes.added).subtracting(Self.unowned)
    if !gained.isEmpty {
      let previous = managed[manager]?.fields ?? FieldSet()
      managed[manager] = .init(fields: previous.union(gained), apiVersion: apiVersion, time: time)
    }
    managed.capUpdates()
  }

  /// An apply of a checked configuration.
  /// - Throws: the conflicts, when not forced.
  func apply(
    _ configuration: Node, to live: Node, _ managed: ManagedFields, by manager: ManagedFields.Manager, time: String,
    force: Bool
  ) throws(StatusError) -> Applied {
    var managed = managed
    let last = managed[manager]
    let fields = excludingReset(table.fields(of: configuration, type))
    managed[manager] = .init(fields: fields, apiVersion: apiVersion, time: last?.time)
    let merged = table.merge(live, configuration, type) ?? live
    let pruned = prune(merged, last: last?.fields ?? FieldSet(), managed: managed, now: fields)
    try take(from: &managed, table.compare(live, pruned, type).excluding(resetFields), by: manager, force: force)
    let isChanged = pruned != live
    if isChanged { managed[manager]?.time = time }
    managed.remove(Self.unowned, from: manager)
    if managed[manager]?.fields.isEmpty == true { managed[manager] = nil }
    return Applied(object: isChanged ? pruned : nil, managed: managed)
  }

  private func excludingReset(_ fields: FieldSet) -> FieldSet {
    var fields = fields
    for path in resetFields { fields.remove(path) }
    return fields
  }

  /// What changes under an apply is lost to all others.
  private func take(
    from managed: inout ManagedFields, _ changes: Comparison, by manager: ManagedFields.Manager, force: Bool
  ) throws(StatusError) {
    let written = changes.modified.union(changes.added)
    let others = managed.managers.filter { $0 != manager }
    let lost = others.map { ($0, (managed[$0]?.fields ?? FieldSet()).intersection(written)) }
      .filter { !$0.1.isEmpty }.sorted { ($0.0.name, $0.0.subresource) < ($1.0.name, $1.0.subresource) }
    if !force, !lost.isEmpty {
      throw .conflicts(
        lost.flatMap { manager, set in
          set.pathsMembersFirst.map { OwnershipConflict(manager: manager, path: $0) }
        })
    }
    for (other, set) in lost { managed.remove(set, from: other) }
    for other in others { managed.remove(changes.removed, from: other) }
  }

  /// Takes away what the manager applied last time and not now, unless someone else owns it.
  private func prune(_ merged: Node, last: FieldSet, managed: ManagedFields, now: FieldSet) -> Node {
    if last.subtracting(now).isEmpty { return merged }
    let named = { (set: FieldSet) in table.withNamedFields(set, type) }
    let lastNamed = named(last)
    var pruned = table.removing(lastNamed, from: merged, type) ?? .mapping(Mapping())
    let present = named(table.fields(of: merged, type))
    let kept = named(table.fields(of: pruned, type)).union(named(managed.union))
    pruned = table.removing(present.subtracting(kept), from: merged, type) ?? .mapping(Mapping())
    let left = named(table.fields(of: pruned, type))
    return table.removing(present.subtracting(left).intersection(lastNamed), from: merged, type)
      ?? .mapping(Mapping())
  }
}
