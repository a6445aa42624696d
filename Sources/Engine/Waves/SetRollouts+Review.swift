import Fleet
import Foundation
import Manifest

// MARK: - What is wanted, and what follows from it

extension SetRollouts {
  private static let readersAtOnce = 8
  private static let keptRenders = 20_000
  /// Seconds that an Application that was never looked at is waited for.
  private static let longestWait = 60.0

  /// Finds out what is wanted now, and begins what follows from it.
  func lookAgain() async throws {
    let began = Seconds.now
    if needsReading {
      needsReading = false
      try await readWanted()
    }
    tellOfProblems()
    var change = RolloutChange(set: name)
    adoptWhatIsThere(&change)
    refresh(&change)
    liftHolds(&change)
    try await welcome(&change)
    try await write(change)
    if !change.versions.isEmpty {
      try await forgetVersions()
      wantKeep()
    }
    for settled in change.stages { await stage(settled.application, staging(of: settled.application)) }
    let changed = news()
    if let open = rollout, !open.phase.isOver {
      if isOvertaken(open), !open.isSuperseded { try await supersede(open) }
      return
    }
    guard !changed.isEmpty else { return }
    let before = rollout?.number
    try await plan(changed)
    guard rollout?.number != before else { return }
    services.measurements.planned(seconds: Seconds.now - began)
    wantKeep()
  }

  // MARK: Reading

  /// Renders what each member is to be; each distinct source once, however many share it.
  private func readWanted() async throws {
    let due = members.filter { !gone.contains($0.key) }.map { ($0.key, $0.value.wanted) }
    var failures: [String: String] = [:]
    var waiting = due[...]
    await withTaskGroup(of: (String, Application, Result<SourceReader.Answer, any Error>).self) { group in
      let read = read
      func add() {
        guard let (name, application) = waiting.popFirst() else { return }
        group.addTask {
          do { return (name, application, .success(try await read(application))) } catch {
            return (name, application, .failure(error))
          }
        }
      }
      for _ in 0..<Self.readersAtOnce { add() }
      for await (name, application, result) in group {
        add()
        switch result {
        case .success(let answer): note(answer, application, of: name)
        case .failure(let error as Diagnostics):
          members[name]?.problem = Self.words(error)
          members[name]?.reading = nil
        case .failure(let error as Failure) where error.retry == .never:
          members[name]?.problem = error.message
          members[name]?.reading = nil
        case .failure(let error):
          // It does not answer just now: what was last known counts, and where there is nothing, nothing is decided.
          failures[name] = (error as? Failure)?.message ?? "\(error)"
        }
      }
    }
    try Task.checkCancellation()
    guard let (name, message) = failures.min(by: { $0.key < $1.key }) else { return }
    problem = "\(failures.count) sources cannot be read, such as that of \(name): \(message)"
    reviewAt = Seconds.now + Self.pace.retry
  }

  private static func words(_ error: Diagnostics) -> String {
    guard let first = error.all.first else { return "it cannot be rendered" }
    return (first.location.map { $0.text + ": " } ?? "") + first.message
  }

  private func note(_ answer: SourceReader.Answer, _ application: Application, of name: String) {
    members[name]?.problem = ""
    if let known = members[name]?.reading, known.identity == answer.identity, known.application == application,
      known.version.commits == answer.commits
    {
      return
    }
    members[name]?.reading = Reading(
      application: application, identity: answer.identity,
      version: version(of: application, answer))
  }

  func version(of application: Application, _ answer: SourceReader.Answer) -> ApplicationVersion {
    if renders.count > Self.keptRenders { renders = [:] }
    let digest = renders[answer.identity] ?? Self.digest(of: answer.objects)
    renders[answer.identity] = digest
    return ApplicationVersion(
      application, commits: answer.commits, state: ApplicationVersion.state(of: application, objects: digest))
  }

  private static func digest(of objects: [Object]) -> ContentDigest {
    var hasher = ContentHasher()
    for object in objects { hasher.add(Node(.mapping(object.root))) }
    return hasher.digest
  }

  /// What does not render is rolled out nowhere: somebody has to know.
  private func tellOfProblems() {
    let broken = members.filter { !gone.contains($0.key) && !$0.value.problem.isEmpty }
    guard problem.isEmpty, let (name, member) = broken.min(by: { $0.key < $1.key }) else { return }
    problem = "\(broken.count) applications cannot be rendered as they are wanted, such as \(name): \(member.problem)"
  }

  // MARK: What needs no rollout

  /// What its cluster was found to hold already is approved as it is.
  private func adoptWhatIsThere(_ change: inout RolloutChange) {
    for (name, member) in members where member.current == nil && !gone.contains(name) {
      guard let version = member.wantedVersion, let sight = member.sight?.target, sight.isReachable,
        sight.sync == .synced, sight.version == nil, member.sight?.identity == member.reading?.identity, !isTarget(name)
      else { continue }
      approve(name, at: version, &change)
    }
  }

  func isTarget(_ name: String) -> Bool {
    guard let rollout, !rollout.phase.isOver else { return false }
    return positions[name] != nil
  }

  func approve(
    _ name: String, at version: ApplicationVersion, joining: String? = nil, isBehind: Bool = false,
    _ change: inout RolloutChange
  ) {
    members[name]?.current = version
    members[name]?.good = version
    members[name]?.joining = joining
    members[name]?.isBehind = isBehind
    versions[version.id] = version
    change.versions.append(version)
    change.stages.append(
      .init(application: name, current: version.id, good: version.id, joining: joining, isBehind: isBehind))
  }

  /// A commit, or a manifest, that changes nothing for a cluster becomes its version without a rollout.
  private func refresh(_ change: inout RolloutChange) {
    for (name, member) in members where !gone.contains(name) && !isTarget(name) {
      guard let current = member.current, let version = member.wantedVersion, version.state == current.state,
        version.id != current.id
      else { continue }
      let isGood = member.good?.state == version.state
      members[name]?.current = version
      members[name]?.isBehind = false
      if isGood { members[name]?.good = version }
      versions[version.id] = version
      change.versions.append(version)
      change.stages.append(
        .init(
          application: name, current: version.id, good: isGood ? version.id : member.good?.id,
          joining: member.joining))
    }
  }

  /// A branch that moved past what was taken back may come to it again.
  private func liftHolds(_ change: inout RolloutChange) {
    for (name, state) in held {
      guard let version = members[name]?.wantedVersion, version.state != state else { continue }
      held[name] = nil
      change.released.append(name)
    }
  }

  // MARK: What needs one

  /// Members that are to become something else, and have not been taken back from just that.
  private func news() -> [String] {
    members.compactMap { name, member -> String? in
      guard !gone.contains(name), let version = member.wantedVersion, held[name] != version.state,
        !waitsForOthers(name, member)
      else { return nil }
      guard let current = member.current else { return isDecided(member) ? name : nil }
      return current.state != version.state || isUnproven(name, member) ? name : nil
    }.sorted()
  }

  /// Whether it has what is wanted from a rollout that did not come to a good end, and so has shown nothing.
  private func isUnproven(_ name: String, _ member: Member) -> Bool {
    guard let rollout, rollout.phase.isOver, rollout.phase != .succeeded, positions[name] != nil else { return false }
    return member.good?.state != member.current?.state
  }

  /// Whether it was looked at, and its cluster has something else than what is wanted.
  ///
  /// One whose cluster does not answer is left out: what it has is not known, and it takes its turn when it returns.
  private func isDecided(_ member: Member) -> Bool {
    guard let sight = member.sight, sight.target.isReachable else { return false }
    return sight.target.sync != .synced || Seconds.now - member.addedAt > Self.longestWait
  }

  /// Whether a rollout goes to where nobody wants to go any more.
  private func isOvertaken(_ open: FleetRollout) -> Bool {
    open.targets.contains { target in
      // What others are to become waits until this is over.
      let name = target.application
      guard !gone.contains(name), let version = members[name]?.wantedVersion, held[name] != version.state else {
        return false
      }
      return target.to.flatMap { versions[$0] }?.state != version.state
    }
  }

  private func supersede(_ open: FleetRollout) async throws {
    var new = open
    new.isSuperseded = true
    try await advance(to: new, RolloutChange(set: name))
  }

  /// Members that nobody looked at yet are waited for a while: a plan is not changed afterwards.
  private var isEverybodySeen: Bool {
    members.allSatisfy { name, member in
      gone.contains(name) || member.current != nil || member.reading == nil || member.cluster == nil
        || isDecided(member) || member.sight?.target.isReachable == false
        || Seconds.now - member.addedAt > Self.longestWait
    }
  }

  private func plan(_ changed: [String]) async throws {
    guard isEverybodySeen else {
      reviewAt = min(reviewAt, Seconds.now + Self.pace.retry)
      return
    }
    var candidates: [WavePlan.Candidate] = []
    var change = RolloutChange(set: name)
    let broken = members.filter { !gone.contains($0.key) && !$0.value.problem.isEmpty }.map(\.key)
    for name in Set(changed + broken).sorted() {
      guard let member = members[name], let cluster = member.cluster else { continue }
      let version = member.wantedVersion
      if let version {
        versions[version.id] = version
        change.versions.append(version)
      }
      candidates.append(
        .init(
          application: name, cluster: cluster.name.text, labels: member.wanted.labels, good: member.good?.id,
          wanted: version?.id, problem: member.problem))
    }
    let plan = WavePlan(candidates, strategy)
    unmatched = plan.unmatched
    guard plan.targets.contains(where: { $0.to != nil }) else { return }
    let rollout = FleetRollout(
      set: name, number: (rollout?.number ?? 0) + 1, createdAt: Date().timeIntervalSince1970, strategy: strategyText,
      trigger: trigger(of: plan), changes: await modelChanges(of: plan), waves: plan.waves, targets: plan.targets)
    planned = strategy
    change.released = plan.targets.map(\.application).filter { held[$0] != nil }
    revertTries = 0
    try await advance(to: rollout, change)
  }

  /// `revision 1a2b3c4d`, or what else changed.
  private func trigger(of plan: WavePlan) -> String {
    for target in plan.targets {
      guard let to = target.to.flatMap({ versions[$0] }) else { continue }
      let from = target.from.flatMap { versions[$0] }
      if from?.commits != to.commits, let commit = to.commits.first(where: { !(from?.commits.contains($0) ?? false) }) {
        return "revision \(commit.prefix(12))"
      }
    }
    return "the manifest of the set"
  }
}
