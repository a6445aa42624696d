import Fleet
import Testing

@testable import Engine

extension TestFleet {
  /// Waits until the newest rollout of the set `web` is this one, in this phase.
  func untilRollout(
    _ number: Int64, _ phase: FleetRollout.Phase, sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) async throws -> FleetRollout {
    var seen: FleetRollout?
    try await until("rollout \(number) is \(phase.rawValue)", sourceLocation: sourceLocation) {
      seen = try await hub.engine.rolloutView("web")?.rollout
      return seen?.number == number && seen?.phase == phase
    }
    return try #require(seen)
  }
}
