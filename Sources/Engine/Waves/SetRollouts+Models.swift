import Fleet
import Manifest

// MARK: - Which models a rollout moves

extension SetRollouts {
  private static let mostLines = 10
  private static let mostPairs = 200

  private struct Pair: Hashable {
    var from: String
    var to: String
  }

  /// `llama3 3.1-70b → 3.2-70b on 40 clusters`, the most clusters first.
  ///
  /// Clusters whose states are the same before and after are looked at once.
  func modelChanges(of plan: WavePlan) async -> [String] {
    var pairs: [Pair: (from: ApplicationVersion, to: ApplicationVersion, clusters: Set<String>)] = [:]
    for target in plan.targets {
      guard let from = target.from.flatMap({ versions[$0] }), let to = target.to.flatMap({ versions[$0] }) else {
        continue
      }
      pairs[Pair(from: from.state, to: to.state), default: (from, to, [])].clusters.insert(target.cluster)
    }
    var changes = FleetModelChanges()
    for (_, pair) in pairs.sorted(by: { $0.key.to < $1.key.to }).prefix(Self.mostPairs) {
      // What cannot be read any more names no model; the rollout goes on without.
      guard let old = try? await objects(of: pair.from), let new = try? await objects(of: pair.to) else { continue }
      let between = ModelChanges.between(ModelVersions.of(old), ModelVersions.of(new))
      for cluster in pair.clusters { changes.add(between, on: cluster) }
    }
    return changes.all.prefix(Self.mostLines).map(\.description)
  }

  private func objects(of version: ApplicationVersion) async throws -> [Object] {
    try await read(version.fixed).objects
  }
}
