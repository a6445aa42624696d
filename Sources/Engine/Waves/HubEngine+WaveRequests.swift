package import Fleet
import Manifest

// MARK: - What people ask of rollouts

extension HubEngine {
  /// How a set's rollouts stand.
  package struct FleetRolloutView: Sendable {
    package var set: String
    /// The newest; nil where nothing was rolled out yet.
    package var rollout: FleetRollout?
    /// Why nothing new can be planned; empty for nothing.
    package var problem: String
    /// Applications that no step selects.
    package var unmatched: [String]
    /// Applications whose change is held back, since it was taken back.
    package var held: [String]
    /// The analyses of the rollout by name, as they stand; only where one rollout is looked at.
    package var analyses: [(name: String, status: AnalysisStatus)] = []
    /// Of the versions that the rollout names; only where one rollout is looked at.
    package var revisions: [String: String] = [:]
    /// Whether it is the newest, which alone can be told what to do.
    package var isNewest = true
  }

  /// Of all sets that roll out in waves, by name.
  package func rolloutViews() async -> [FleetRolloutView] {
    var views: [FleetRolloutView] = []
    for name in rollouts.keys.sorted() {
      if let view = await rollouts[name]?.view() { views.append(view) }
    }
    return views
  }

  /// - Parameter number: an earlier rollout's; nil for the newest.
  /// - Returns: nil where there is no such set, or no such rollout.
  package func rolloutView(_ set: String, number: Int64? = nil) async throws -> FleetRolloutView? {
    guard var view = await rollouts[set]?.view() else { return nil }
    if let number, number != view.rollout?.number {
      guard let earlier = try await store.rollouts.rollout(of: set, number: number) else { return nil }
      view.rollout = earlier
      view.isNewest = false
    }
    if let rollout = view.rollout {
      let ids = Set(rollout.targets.flatMap { [$0.from, $0.to].compactMap(\.self) })
      view.revisions = try await store.rollouts.commits(of: ids).mapValues(ApplicationVersion.revision)
    }
    if let rollout = view.rollout { view.analyses = try await analyses.runs(of: rollout.name) }
    return view
  }

  /// The newest first, without their clusters; nil where there is no such set.
  package func rolloutHistory(_ set: String, limit: Int) async throws -> [FleetRollout]? {
    guard rollouts[set] != nil else { return nil }
    return try await store.rollouts.newest(of: set, limit: limit)
  }

  /// - Parameter number: for a way back, which earlier rollout's state is wanted; nil for the one before this one.
  /// - Returns: nil where there is no such set.
  /// - Throws: ``Failure`` `rollout.none`, `rollout.refused`, `rollout.no-such-rollout`.
  package func heed(
    _ command: WaveCommand, of set: String, to number: Int64? = nil, actor: String
  ) async throws -> FleetRollout? {
    guard let driver = rollouts[set] else { return nil }
    if command == .rollback, let number { return try await driver.rollBack(to: number, actor: actor) }
    return try await driver.heed(command, actor: actor)
  }

  /// A sync that a person wants may be what a rollout waits for.
  func admitByHand(_ name: String, actor: String) async {
    guard let owner = roster.entries[name]?.owner, let driver = rollouts[owner] else { return }
    do {
      try await driver.admit(name, actor: actor)
    } catch {
      logger.error("application not admitted", metadata: ["application": "\(name)", "reason": "\(error)"])
    }
  }
}
