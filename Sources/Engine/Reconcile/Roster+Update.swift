import Fleet
import Manifest

extension Roster {
  /// Takes in what the fleet asks for now.
  ///
  /// What is absent from an incomplete answer stays; what is absent from a complete one goes, within the breaker.
  /// - Parameter breakers: what one pass may remove of a set's Applications.
  mutating func update(
    _ fleet: ExpandedFleet, registry: Registry, approvals: [String: Int],
    breakers: (ApplicationSet?) -> Breaker = { _ in .applications }
  ) -> Update {
    var update = Update()
    let quiet = Set(
      fleet.sets.filter { settled[$0.set.name]?.isTheSame(as: $0) ?? false }.map(\.set.name))
    settled = settled.filter { quiet.contains($0.key) }
    setProblems = setProblems.filter { quiet.contains($0.key) }
    refusals = [:]
    refusedClaims = [:]
    let wanted = grant(fleet, quiet: quiet)
    let results = Dictionary(fleet.sets.map { ($0.set.name, $0) }) { first, _ in first }
    remember(fleet.sets.map(\.set), &update)
    for (name, (application, owner)) in wanted.sorted(by: { $0.key < $1.key }) {
      upsert(name, application, owner, owner.flatMap { results[$0] }, registry, &update)
    }
    if fleet.isComplete { removeAbsent(wanted: wanted.keys, results, quiet: quiet, approvals, breakers, &update) }
    for result in fleet.sets where !quiet.contains(result.set.name) { settle(result, wanted) }
    return update
  }

  private typealias Wanted = [String: (Application, owner: String?)]

  /// Who gets what, of the sets that are not `quiet`.
  private mutating func grant(_ fleet: ExpandedFleet, quiet: Set<String>) -> Wanted {
    var wanted: Wanted = [:]
    var claims = Claims(fleet: fleet, quiet: quiet) { name in
      entries[name].flatMap { $0.isDeparted ? nil : .some($0.owner) }
    }
    for application in fleet.plain where claims.grant(application.name, to: nil) {
      wanted[application.name] = (application, nil)
    }
    for result in fleet.sets where !quiet.contains(result.set.name) {
      let set = result.set.name
      for application in result.applications {
        if claims.grant(application.name, to: set) {
          wanted[application.name] = (application, set)
        } else {
          let other = claims.holder(of: application.name).map { "set " + $0 } ?? "a manifest"
          refusedClaims[set, default: []].append("application '\(application.name)' belongs to \(other) already")
        }
      }
      setProblems[set] = result.problems + (refusedClaims[set] ?? [])
    }
    return wanted
  }

  private mutating func upsert(
    _ name: String, _ application: Application, _ owner: String?, _ result: ExpandedFleet.SetResult?,
    _ registry: Registry, _ update: inout Update
  ) {
    var application = application
    if let owner, let result, !result.set.policy.updates {
      let known = entries[name]
      let stands = known.map { !$0.isDeparted && !$0.isBeingRemoved && $0.owner == owner } ?? false
      if stands, let known {
        application = known.application
      } else if let memory {
        // One that is on its way out is made anew when it comes back.
        if known?.isBeingRemoved != true, let kept = memory.kept[name], kept.owner == owner {
          application = kept.application
        }
      } else {
        let problem = "what the set made before could not be read: its applications are let alone until it is"
        if setProblems[owner]?.contains(problem) != true { setProblems[owner, default: []].append(problem) }
        return
      }
      keep(KeptApplication(owner: owner, application: application), name, &update)
    } else {
      release(name, &update)
    }
    let cluster = registry.cluster(for: application.destination)
    let destination = application.destination
    put(
      Entry(
        application: application, owner: owner, cluster: cluster?.name,
        problem: cluster == nil
          ? "no registered cluster is '\(destination.name.isEmpty ? destination.server : destination.name)'" : nil),
      name)
    update.upserts.append((application, owner))
  }

  private mutating func removeAbsent(
    wanted: Wanted.Keys, _ results: [String: ExpandedFleet.SetResult], quiet: Set<String>,
    _ approvals: [String: Int], _ breakers: (ApplicationSet?) -> Breaker, _ update: inout Update
  ) {
    for set in members.keys.sorted() where !quiet.contains(set) {
      let names = (members[set] ?? []).filter { !wanted.contains($0) }.sorted()
      if names.isEmpty { continue }
      let result = results[set]
      if let result, !result.isComplete {
        setProblems[set, default: []].append("incomplete: \(names.count) applications are kept")
        continue
      }
      if let result, !result.set.policy.deletes { continue }
      let approved = approvals[set] ?? 0
      if result == nil, set != Self.plain, let reason = reasonToKeep(names.count, of: set), approved < names.count {
        refuse(names, of: set, reason, asks: memory?.policies[set] == nil, &update)
        continue
      }
      let total = members[set]?.count ?? 0
      guard breakers(result?.set).allows(removing: names.count, outOf: total, approved: approved) else {
        let reason =
          "\(names.count) of \(total) applications would be removed; to agree: muster appset approve \(set) --delete \(names.count)"
        refuse(names, of: set, reason, asks: true, &update)
        continue
      }
      let keeps =
        result?.set.preserveResourcesOnDeletion ?? memory?.policies[set]?.preservesResources ?? false
      for name in names {
        beginRemoval(of: name)
        update.removals.append(
          Removal(name: name, cascade: !keeps && (entries[name]?.application.deletesResources ?? false)))
      }
    }
  }

  /// Why the Applications of a set that is gone stay; nil where its policy lets them go.
  private func reasonToKeep(_ count: Int, of set: String) -> String? {
    let how = "\(count) applications are kept; to remove them: muster appset approve \(set) --delete \(count)"
    guard let known = memory?.policies[set] else {
      return "the set is gone from the fleet repository, and what its policy was is not known: its " + how
    }
    if known.policy.deletes { return nil }
    return "the set is gone from the fleet repository; its policy was \(known.policy.rawValue): its " + how
  }

  /// - Parameter asks: whether somebody is waited for, rather than a policy followed.
  private mutating func refuse(
    _ names: [String], of set: String, _ reason: String, asks: Bool, _ update: inout Update
  ) {
    if asks {
      let refusal = Refusal(set: set, count: names.count, reason: reason)
      refusals[set] = refusal
      update.refusals.append(refusal)
    }
    for name in names { tell(reason, ofDeparted: name) }
    setProblems[set, default: []].append(reason)
  }

  /// Notes a set that has all it asks for and nothing else.
  private mutating func settle(_ result: ExpandedFleet.SetResult, _ wanted: Wanted) {
    let set = result.set.name
    guard result.serial != 0, refusedClaims[set] == nil, members[set]?.count ?? 0 == result.applications.count,
      result.applications.allSatisfy({ wanted[$0.name]?.owner == set && entries[$0.name] != nil })
    else { return }
    settled[set] = result
  }
}
