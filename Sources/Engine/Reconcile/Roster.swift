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
    /// What is to be remembered for the next start, before anything else is done.
    var record = SetRecord()
  }

  struct Entry {
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

  private(set) var entries: [String: Entry] = [:]
  /// Names of Applications by set, or ``plain``, and by cluster.
  private(set) var members: [String: Set<String>] = [:]
  private var byCluster: [ClusterName: Set<String>] = [:]
  var setProblems: [String: [String]] = [:]
  /// What removals are refused of each set.
  var refusals: [String: Refusal] = [:]
  /// Applications that a set asks for and another one has, in words.
  var refusedClaims: [String: [String]] = [:]
  /// Sets that have all they asked for and nothing else, with that answer: until there is another one, there is nothing to
  /// do for them.
  var settled: [String: ExpandedFleet.SetResult] = [:]
  /// What an earlier run remembered; nil while it could not be read.
  var memory: SetMemory?

  func cluster(of name: String) -> ClusterName? { entries[name]?.cluster }
  func problem(of name: String) -> String? { entries[name]?.problem }
  func applications(in cluster: ClusterName) -> [String] { (byCluster[cluster] ?? []).sorted() }
  func contains(_ name: String) -> Bool { entries[name] != nil }
  /// Why it is let alone, when it was found in a cluster without a manifest in the fleet repository.
  func departure(of name: String) -> String? {
    guard let entry = entries[name], entry.isDeparted else { return nil }
    return entry.problem ?? "it is not in the fleet repository; what it applied is kept"
  }
  /// - Parameter set: a set's name, or ``plain``.
  func applications(of set: String) -> [String] { (members[set] ?? []).sorted() }
  func problems(of set: String) -> [String] { setProblems[set] ?? [] }
  var setsWithProblems: Set<String> { Set(setProblems.filter { !$0.value.isEmpty }.keys) }

  /// Strikes off what is gone from its cluster.
  /// - Returns: false for one that came back meanwhile; it stays.
  mutating func finishRemoval(of name: String) -> Bool {
    guard entries[name]?.isBeingRemoved == true else { return false }
    put(nil, name)
    memory?.kept[name] = nil
    return true
  }

  /// Takes in what was found in a cluster and left the fleet repository while the hub did not look.
  ///
  /// It then is absent like any other: the next whole answer removes it, within the set's policy and the breaker.
  mutating func adopt(_ application: Application, owner: String?, cluster: ClusterName) {
    guard entries[application.name] == nil else { return }
    settled[owner ?? Self.plain] = nil
    put(Entry(application: application, owner: owner, cluster: cluster, isDeparted: true), application.name)
  }

  mutating func put(_ entry: Entry?, _ name: String) {
    let before = entries[name]
    entries[name] = entry
    let (owner, newOwner) = (before.map { $0.owner ?? Self.plain }, entry.map { $0.owner ?? Self.plain })
    if owner != newOwner {
      if let owner {
        members[owner]?.remove(name)
        if members[owner]?.isEmpty == true { members[owner] = nil }
        settled[owner] = nil
      }
      if let newOwner { members[newOwner, default: []].insert(name) }
    }
    guard before?.cluster != entry?.cluster else { return }
    if let cluster = before?.cluster {
      byCluster[cluster]?.remove(name)
      if byCluster[cluster]?.isEmpty == true { byCluster[cluster] = nil }
    }
    if let cluster = entry?.cluster { byCluster[cluster, default: []].insert(name) }
  }

  mutating func beginRemoval(of name: String) { entries[name]?.isBeingRemoved = true }

  mutating func tell(_ problem: String, ofDeparted name: String) {
    if entries[name]?.isDeparted == true { entries[name]?.problem = problem }
  }
}
