import Fleet
import Manifest

/// Which Applications there are, where each goes, and whose it is: a value without I/O.
struct Roster: Sendable {
  struct Removal: Sendable, Equatable {
    var name: String
    var cascade: Bool
  }

  struct Refusal: Sendable, Equatable {
    var set: String
    var count: Int
    var reason: String
  }

  struct Update: Sendable {
    var upserts: [(Application, owner: String?)] = []
    var removals: [Removal] = []
    var refusals: [Refusal] = []
  }

  private struct Entry {
    var application: Application
    var owner: String?
    var cluster: ClusterName?
    var problem: String?
    /// Found in a cluster, with no manifest in the fleet repository.
    var isDeparted = false
    var isBeingRemoved = false
  }

  /// Stands for a set where Applications belong to none; no set can have this name.
  static let plain = "-"

  private var entries: [String: Entry] = [:]
  private var setProblems: [String: [String]] = [:]
  /// What removals are refused of each set.
  private(set) var refusals: [String: Refusal] = [:]
  /// Applications that a set asks for and another one has, in words.
  private(set) var refusedClaims: [String: [String]] = [:]

  func cluster(of name: String) -> ClusterName? { entries[name]?.cluster }
  func problem(of name: String) -> String? { entries[name]?.problem }
  func applications(in cluster: ClusterName) -> [String] {
    entries.filter { $0.value.cluster == cluster }.keys.sorted()
  }
  func contains(_ name: String) -> Bool { entries[name] != nil }
  /// Why it is let alone, when it was found in a cluster without a manifest in the fleet repository.
  func departure(of name: String) -> String? {
    guard let entry = entries[name], entry.isDeparted else { return nil }
    return entry.problem ?? "it is not in the fleet repository; what it applied is kept"
  }
  /// - Parameter set: a set's name, or ``plain``.
  func applications(of set: String) -> [String] {
    entries.filter { ($0.value.owner ?? Self.plain) == set }.keys.sorted()
  }
  func problems(of set: String) -> [String] { setProblems[set] ?? [] }
  var setsWithProblems: Set<String> { Set(setProblems.filter { !$0.value.isEmpty }.keys) }
  /// Strikes off what is gone from its cluster.
  /// - Returns: false for one that came back meanwhile; it stays.
  mutating func finishRemoval(of name: String) -> Bool {
    guard entries[name]?.isBeingRemoved == true else { return false }
    entries[name] = nil
    return true
  }

  /// Takes in what was found in a cluster and left the fleet repository while the hub did not look.
  ///
  /// It then is absent like any other: the next whole answer removes it, within the set's policy and the breaker.
  mutating func adopt(_ application: Application, owner: String?, cluster: ClusterName) {
    guard entries[application.name] == nil else { return }
    entries[application.name] = Entry(application: application, owner: owner, cluster: cluster, isDeparted: true)
  }

  /// Takes in what the fleet asks for now.
  ///
  /// What is absent from an incomplete answer stays; what is absent from a complete one goes, within the breaker.
  /// - Parameter breakers: what one pass may remove of a set's Applications.
  mutating func update(
    _ fleet: ExpandedFleet, registry: Registry, approvals: [String: Int],
    breakers: (ApplicationSet?) -> Breaker = { _ in .applications }
  ) -> Update {
    var update = Update()
    var wanted: [String: (Application, owner: String?)] = [:]
    setProblems = [:]
    refusals = [:]
    refusedClaims = [:]
    var claims = Claims(fleet: fleet, owners: entries.filter { !$0.value.isDeparted }.mapValues(\.owner))
    for application in fleet.plain where claims.grant(application.name, to: nil) {
      wanted[application.name] = (application, nil)
    }
    for result in fleet.sets {
      let problems = result.problems
      for application in result.applications {
        if claims.grant(application.name, to: result.set.name) {
          wanted[application.name] = (application, result.set.name)
        } else {
          let other = claims.holder(of: application.name).map { "set " + $0 } ?? "a manifest"
          refusedClaims[result.set.name, default: []].append(
            "application '\(application.name)' belongs to \(other) already")
        }
      }
      setProblems[result.set.name] = problems + (refusedClaims[result.set.name] ?? [])
    }
    for (name, (application, owner)) in wanted.sorted(by: { $0.key < $1.key }) {
      upsert(name, application, owner, registry, fleet, &update)
    }
    if fleet.isComplete { removeAbsent(wanted: Set(wanted.keys), fleet, approvals, breakers, &update) }
    return update
  }

  private mutating func upsert(
    _ name: String, _ application: Application, _ owner: String?, _ registry: Registry, _ fleet: ExpandedFleet,
    _ update: inout Update
  ) {
    let policy = fleet.sets.first { $0.set.name == owner }?.set.policy
    if let known = entries[name], !known.isDeparted, !known.isBeingRemoved, known.owner == owner, let policy,
      !policy.updates,
      known.application != application
    {
      return
    }
    let cluster = registry.cluster(for: application.destination)
    entries[name] = Entry(
      application: application, owner: owner, cluster: cluster?.name,
      problem: cluster == nil
        ? "no registered cluster is '\(application.destination.name.isEmpty ? application.destination.server : application.destination.name)'"
        : nil)
    update.upserts.append((application, owner))
  }

  private mutating func removeAbsent(
    wanted: Set<String>, _ fleet: ExpandedFleet, _ approvals: [String: Int],
    _ breakers: (ApplicationSet?) -> Breaker, _ update: inout Update
  ) {
    var absent: [String?: [String]] = [:]
    for (name, entry) in entries where !wanted.contains(name) { absent[entry.owner, default: []].append(name) }
    for (owner, names) in absent.sorted(by: { ($0.key ?? "") < ($1.key ?? "") }) {
      let result = fleet.sets.first { $0.set.name == owner }
      if let result, !result.isComplete {
        setProblems[result.set.name, default: []].append("incomplete: \(names.count) applications are kept")
        continue
      }
      if let result, !result.set.policy.deletes { continue }
      let total = entries.values.count { $0.owner == owner }
      let set = owner ?? Self.plain
      let approved = approvals[set] ?? 0
      let breaker = breakers(result?.set)
      guard breaker.allows(removing: names.count, outOf: total, approved: approved) else {
        let reason =
          "\(names.count) of \(total) applications would be removed; to agree: muster appset approve \(set) --delete \(names.count)"
        let refusal = Refusal(set: set, count: names.count, reason: reason)
        refusals[set] = refusal
        update.refusals.append(refusal)
        for name in names where entries[name]?.isDeparted == true { entries[name]?.problem = reason }
        setProblems[set, default: []].append(reason)
        continue
      }
      for name in names.sorted() {
        entries[name]?.isBeingRemoved = true
        let keeps = result?.set.preserveResourcesOnDeletion ?? false
        update.removals.append(
          Removal(name: name, cascade: !keeps && (entries[name]?.application.deletesResources ?? false)))
      }
    }
  }
}

/// The clusters with what was said of them by command.
enum ClusterRegistry {
  static func merged(
    _ registry: Registry, registered: [Registration], overrides: [String: ClusterOverride]
  ) -> Registry {
    if overrides.isEmpty && registered.isEmpty { return registry }
    let named = Set(registry.clusters.map(\.name))
    // A manifest in the fleet repository says more than a registration of the same name.
    let added = registered.compactMap(\.cluster).filter { !named.contains($0.name) }
    return Registry(
      (registry.clusters + added).map { cluster in
        guard let override = overrides[cluster.name.text] else { return cluster }
        var cluster = cluster
        cluster.labels = override.applied(to: cluster.labels)
        cluster.cordoned = override.cordoned ?? cluster.cordoned
        return cluster
      })
  }
}

extension Cluster {
  /// Whether the same session serves both: only what is said about reaching the cluster counts.
  func isReached(as other: Cluster) -> Bool {
    connection == other.connection && credentials == other.credentials && namespaces == other.namespaces
  }
}
