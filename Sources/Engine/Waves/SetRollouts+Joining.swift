import Fleet
import Foundation
import Manifest

// MARK: - Clusters that join

extension SetRollouts {
  /// What an Application of the set had when all was well, and what the set makes of it now.
  private struct Vote {
    var version: ApplicationVersion
    var name: String
    /// Of what the set makes of it now.
    var manifest: Mapping
    /// Whether only commits lie between the two.
    var isOfSameManifest: Bool

    init(_ version: ApplicationVersion, wanted: Application) {
      self.version = version
      name = wanted.name
      manifest = SetRollouts.manifest(of: wanted)
      isOfSameManifest = SetRollouts.manifest(of: version.application) == manifest
    }
  }

  /// Where sources are from: `repoURL`, `targetRevision` and `chart` of each.
  private typealias Places = [[String]]

  /// A cluster that joins a set gets at once what the others have; while something is rolled out or held, what was approved
  /// last. Only where nothing of the Application was ever there: everything else takes its turn.
  func welcome(_ change: inout RolloutChange) async throws {
    let joining = members.filter { !gone.contains($0.key) && ($0.value.current == nil || $0.value.isBehind) }
    // Counted once, and only where somebody asks: a set may have many clusters.
    var known: [Places: [Vote]]?
    for (name, member) in joining.sorted(by: { $0.key < $1.key }) {
      guard let wanted = member.wantedVersion, !isTarget(name), held[name] == nil,
        strategy.step(of: member.wanted.labels) != nil, let sight = member.sight, sight.target.isReachable,
        sight.isNew || member.isBehind
      else { continue }
      let votes = known ?? approvedVotes()
      known = votes
      guard let approved = Self.approvedVersion(for: member.wanted, votes) else { continue }
      if approved.application == member.wanted, approved.commits == wanted.commits {
        approve(name, at: wanted, joining: "join." + wanted.id, &change)
        continue
      }
      guard member.current == nil else { continue }
      // What was approved may not know this cluster: then it waits for its turn.
      guard let answer = try? await read(approved.application.at(approved.commits)) else { continue }
      let version = version(of: approved.application, answer)
      let isBehind = version.state != wanted.state
      approve(name, at: isBehind ? version : wanted, joining: "join." + version.id, isBehind: isBehind, &change)
      if isBehind, isHolding { hold(name, at: wanted.state, &change) }
    }
  }

  /// What was taken back, or broken off, is not brought to clusters that came meanwhile either.
  /// - Returns: what is not to come to them by itself.
  func heldOfJoined() -> [String: String] {
    var states: [String: String] = [:]
    for (name, member) in members where positions[name] == nil && !gone.contains(name) {
      guard member.cluster != nil, member.isBehind || member.current == nil,
        strategy.step(of: member.wanted.labels) != nil,
        let wanted = member.wantedVersion
      else { continue }
      states[name] = wanted.state
    }
    return states
  }

  /// Whether it came while something was held, and gets that only when the others have it.
  func waitsForOthers(_ name: String, _ member: Member) -> Bool {
    isHolding && positions[name] == nil && (member.isBehind || member.current == nil)
  }

  /// Whether the newest rollout was taken back or broken off, and that still counts.
  private var isHolding: Bool { rollout?.phase.holdsChange == true && !held.isEmpty }

  private func hold(_ name: String, at state: String, _ change: inout RolloutChange) {
    held[name] = state
    change.held[name] = state
  }

  // MARK: What is approved

  /// What an Application is to be for having what others of the same sources have when all is well.
  ///
  /// A manifest that changed counts as little as a commit that did: where the others have an earlier one, this one gets
  /// that too; where that cannot be told, since manifests differ from cluster to cluster, nothing is approved.
  private static func approvedVersion(
    for application: Application, _ votes: [Places: [Vote]]
  ) -> (application: Application, commits: [String])? {
    guard let group = votes[places(of: application)], let first = group.first else { return nil }
    if first.isOfSameManifest { return (application, first.version.commits) }
    let manifest = manifest(of: application)
    guard let alike = group.first(where: { $0.manifest == manifest }) else { return nil }
    return (with(manifestOf: alike.version.application, application), alike.version.commits)
  }

  /// By sources, those votes that agree with the most; of several such groups the one with the first name.
  private func approvedVotes() -> [Places: [Vote]] {
    votes().mapValues { votes in
      let groups = Dictionary(grouping: votes.sorted { $0.name < $1.name }) { vote in
        [vote.isOfSameManifest ? "same" : "changed"] + vote.version.commits
      }
      return groups.values.max { one, other in
        one.count != other.count ? one.count < other.count : one[0].name > other[0].name
      } ?? []
    }
  }

  /// By sources. What is rolled out now, or was taken back, is not approved: what was there before is.
  private func votes() -> [Places: [Vote]] {
    var votes: [Places: [Vote]] = [:]
    func count(_ version: ApplicationVersion, _ wanted: Application) {
      votes[Self.places(of: wanted), default: []].append(Vote(version, wanted: wanted))
    }
    if let rollout, !rollout.phase.isOver || isHolding {
      for target in rollout.targets {
        guard let member = members[target.application], let from = target.from.flatMap({ versions[$0] }) else {
          continue
        }
        count(from, member.wanted)
      }
      return votes
    }
    for (name, member) in members {
      guard let good = member.good, good.state == member.current?.state, !member.isBehind, !gone.contains(name),
        strategy.step(of: member.wanted.labels) != nil
      else { continue }
      count(good, member.wanted)
    }
    return votes
  }

  private static func places(of application: Application) -> Places {
    application.sources.map { [$0.repoURL, $0.targetRevision, $0.chart] }
  }

  /// What of a manifest is staged: everything but where it goes (docs/waves.md).
  private static func manifest(of application: Application) -> Mapping {
    var manifest = application.root["spec"]?.mapping ?? Mapping()
    for field in ["destination", "info", "revisionHistoryLimit"] { manifest[field] = nil }
    for key in application.annotations.keys.sorted() where key.hasPrefix("muster.dev/") {
      manifest["annotation " + key] = application.annotations[key].map(Node.string)
    }
    return manifest
  }

  /// An Application with the manifest of another one, but for what is its own.
  private static func with(manifestOf other: Application, _ application: Application) -> Application {
    var root = application.root
    var spec = other.root["spec"]?.mapping ?? Mapping()
    for field in ["destination", "info", "revisionHistoryLimit"] {
      spec[field] = application.root["spec"]?[field]
    }
    var metadata = root["metadata"]?.mapping ?? Mapping()
    var annotations = metadata["annotations"]?.mapping ?? Mapping()
    for key in application.annotations.keys where key.hasPrefix("muster.dev/") { annotations[key] = nil }
    for (key, text) in other.annotations.sorted(by: { $0.key < $1.key }) where key.hasPrefix("muster.dev/") {
      annotations[key] = .string(text)
    }
    if !annotations.isEmpty || metadata["annotations"] != nil { metadata["annotations"] = .mapping(annotations) }
    root["metadata"] = .mapping(metadata)
    root["spec"] = .mapping(spec)
    return Application(root, origin: application.origin)
  }

  // MARK: Syncs outside of rollouts

  /// Seconds until a sync that failed is asked for once more.
  private static let joinAgain = 300.0

  /// Lets go of the joining of those that have joined; a sync that failed is asked for again after a while, by another id.
  /// - Returns: seconds until the next one is asked for; nil for none.
  func concludeJoining(_ change: inout RolloutChange) -> Double? {
    var next: Double?
    for (name, member) in members {
      guard let joining = member.joining, let current = member.current, let seen = member.sight?.target,
        seen.isReachable, let operation = seen.operation, operation.phase.isOver
      else { continue }
      var new: String?
      if operation.phase != .succeeded {
        guard operation.request == joining else { continue }
        let wait = (operation.finishedAt ?? 0) + Self.joinAgain - Date().timeIntervalSince1970
        if wait > 0 {
          next = min(next ?? wait, wait)
          continue
        }
        new = Self.nextID(after: joining)
      } else if operation.request != joining, seen.version != current.id || seen.sync != .synced {
        continue
      }
      members[name]?.joining = new
      change.stages.append(
        .init(application: name, current: current.id, good: member.good?.id, joining: new, isBehind: member.isBehind))
      if new != nil { renewed.insert(name) }
    }
    return next
  }

  /// `join.1f~2` after `join.1f`.
  private static func nextID(after id: String) -> String {
    let parts = id.split(separator: "~", maxSplits: 1)
    let number = parts.count == 2 ? Int(parts[1]) ?? 1 : 1
    return "\(parts.first ?? "")~\(number < .max ? number + 1 : number)"
  }
}
