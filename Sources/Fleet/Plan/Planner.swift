package import Manifest

/// (desired, live metadata, records, settings) → plan. Pure; the same in the hub and in an agent.
package struct Planner: Sendable {
  package struct Settings: Sendable, Equatable {
    /// Whether objects that left Git are deleted.
    package var prune: Bool
    /// Every object is applied again, whatever the records say.
    package var force: Bool
    /// What looks unchanged is checked all the same.
    package var audit: Bool
    /// What the Application says for all of its objects.
    package var options: SyncOptions
    /// Whether a person has agreed to prunes that need it.
    package var confirmed: Bool
    /// Fields that others add are drift, too (`drift: Strict`).
    package var strict: Bool

    package init(
      prune: Bool, force: Bool = false, audit: Bool = false, options: SyncOptions = [], confirmed: Bool = false,
      strict: Bool = false
    ) {
      self.prune = prune
      self.force = force
      self.audit = audit
      self.options = options
      self.confirmed = confirmed
      self.strict = strict
    }
  }

  /// The Application's ApplySet.
  package var applySet: String
  package var settings: Settings
  package var live: @Sendable (ObjectID) -> LiveObject?
  package var record: @Sendable (ObjectID) -> AppliedRecord?
  /// The name of another Application of this hub that has claimed the object, if any.
  package var claimant: @Sendable (ObjectID) -> String?
  /// What dry runs told since the plan that asked for them.
  package var verdicts: [ObjectID: Verdict]

  package init(
    applySet: String, settings: Settings, live: @escaping @Sendable (ObjectID) -> LiveObject?,
    record: @escaping @Sendable (ObjectID) -> AppliedRecord?,
    claimant: @escaping @Sendable (ObjectID) -> String? = { _ in nil },
    verdicts: [ObjectID: Verdict] = [:]
  ) {
    self.applySet = applySet
    self.settings = settings
    self.live = live
    self.record = record
    self.claimant = claimant
    self.verdicts = verdicts
  }

  /// - Parameters:
  ///   - desired: each id once.
  ///   - members: the live objects whose label names this ApplySet.
  package func plan(desired: [DesiredObject], members: [LiveObject]) -> Plan {
    let keys = desired.map(sortKey)
    let order = desired.indices.sorted {
      let (a, b) = (keys[$0], keys[$1])
      return a.order == b.order ? a.id < b.id : a.order < b.order
    }
    var plan = Plan(objects: [], steps: [], prunes: [])
    plan.objects.reserveCapacity(desired.count)
    var lastOrder: ApplyOrder?
    for index in order {
      let object = desired[index]
      let decision = decide(object)
      plan.objects.append(PlannedObject(id: object.id, gvk: object.gvk, decision: decision, position: index))
      if decision == .check { plan.checks.append(index) }
      guard case .apply = decision else { continue }
      let step = keys[index].order
      if lastOrder == step {
        plan.steps[plan.steps.count - 1].append(index)
      } else {
        plan.steps.append([index])
        lastOrder = step
      }
    }
    planPrunes(desired, members, into: &plan)
    return plan
  }

  private func sortKey(_ object: DesiredObject) -> (order: ApplyOrder, id: ObjectID) {
    (ApplyOrder(wave: object.wave, kind: object.gvk.kind), object.id)
  }

  private func decide(_ desired: DesiredObject) -> Decision {
    if let other = claimant(desired.id) { return .claimed(by: other) }
    guard let live = live(desired.id) else { return .apply(.missing) }
    if let other = live.partOf, other != applySet, live.ownsPartOf { return .claimed(by: other) }
    if live.isDeleting { return .awaitDeletion }
    guard let record = record(desired.id) else { return .apply(.unrecorded) }
    if record.uid != live.uid { return .apply(.recreated) }
    if record.desired != desired.digest { return .apply(.changed) }
    guard let ours = live.ownership.ours else {
      // Some aggregated APIs keep no managedFields: there, only the generation tells.
      if record.entry != .none { return .apply(.ownershipGone) }
      if settings.force { return .apply(.forced) }
      return record.generation == live.generation && !settings.audit ? .unchanged : checked(desired.id)
    }
    if live.entryDigest != record.entry {
      let lost = Drift.lostPaths(desired: desired.object, applySet: applySet, entry: ours.fields)
      // Somebody took what is left to others.
      if desired.leavesAll(lost, to: live.ownership) {
        return settings.force ? .apply(.forced) : .unchanged
      }
      return .apply(.drifted(lost: lost))
    }
    if ours.time != record.entryTime { return .apply(.secondHub) }
    if settings.force { return .apply(.forced) }
    if settings.strict, case let added = Retained.added(live, but: desired), !added.isEmpty {
      return .apply(.drifted(lost: added))
    }
    if settings.audit || record.generation != live.generation
      || live.ownership.others.contains(where: { !$0.isStatus && !record.managers.contains($0.manager) })
    {
      return checked(desired.id)
    }
    return .unchanged
  }

  private func checked(_ id: ObjectID) -> Decision {
    switch verdicts[id] {
    case .same: .unchanged
    case .differs(let paths): .apply(.drifted(lost: paths))
    case .failed, nil: .check
    }
  }

  private func decide(leaving member: LiveObject) -> Decision {
    if !member.ownsPartOf || member.partOf != applySet { return .keep(.notOurs) }
    let options = member.options.within(settings.options)
    if options.contains(.keptOnPrune) { return .keep(.forbidden) }
    if !settings.prune { return .keep(.pruneDisabled) }
    if !settings.confirmed, options.contains(.confirmsPrune) || isPrecious(member), !options.contains(.pruneSaid) {
      return .keep(.unconfirmed)
    }
    return .prune
  }

  /// What takes much more with it than itself.
  private func isPrecious(_ member: LiveObject) -> Bool {
    switch (member.gvk.group, member.gvk.kind) {
    case ("", "Namespace"), ("", "PersistentVolumeClaim"), ("apiextensions.k8s.io", "CustomResourceDefinition"): true
    default: false
    }
  }

  private func planPrunes(_ desired: [DesiredObject], _ members: [LiveObject], into plan: inout Plan) {
    let wanted = Set(desired.map(\.id))
    // Hooks come and go with syncs.
    let unwanted = members.filter { $0.hook == nil && !wanted.contains($0.id) }
    plan.leaving = unwanted.filter { $0.isDeleting && $0.ownsPartOf }
    for member in unwanted.filter({ !$0.isDeleting }).sorted(by: { $0.id < $1.id }) {
      let decision = decide(leaving: member)
      if decision == .prune { plan.prunes.append(member) }
      plan.objects.append(PlannedObject(id: member.id, gvk: member.gvk, decision: decision))
    }
    plan.prunes.sort { a, b in
      let (left, right) = (ApplyOrder(wave: 0, kind: a.gvk.kind), ApplyOrder(wave: 0, kind: b.gvk.kind))
      return left == right ? a.id < b.id : left > right
    }
  }
}
