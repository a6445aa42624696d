// MARK: - What it means for one Application

extension FleetRollout {
  /// Why an Application is at what it is, and what brings it further, for people; nil where its clusters have what is wanted.
  /// - Parameters:
  ///   - target: the Application's; nil where it is none of this rollout.
  ///   - kept: the revision that it is kept at, as `1a2b3c4d`; empty for none.
  ///   - wanted: the revision that is wanted, the same way; empty where that is not known.
  ///   - isHeld: whether what is wanted was taken back before.
  package func words(on target: RolloutTarget?, kept: String, wanted: String, isHeld: Bool) -> String? {
    let look = ": muster rollout get \(set)"
    if isHeld {
      return "kept at \(kept): \(wanted) was taken back by \(name) (\(state)) and is held until something newer comes"
        + look
    }
    guard let target else { return nil }
    let wave = waves.indices.contains(target.wave) ? "wave \(waves[target.wave].name) of \(name)" : name
    switch target.phase {
    case .queued where !phase.isOver:
      return "kept at \(kept) until its turn in \(wave) to have \(wanted); \(name) is \(state)" + look
    case .admitted, .syncing, .verifying: return "\(wave) brings \(wanted) here (\(target.phase.rawValue))" + look
    case .rollingBack: return "\(name) takes it back to \(kept)" + look
    case .failed, .rollbackFailed:
      return "\(wave) failed here (\(target.reason.rawValue)): \(target.message)" + look
    case .away where !phase.isOver: return "\(wave) did not reach its cluster: \(target.message)" + look
    case .queued, .away, .done, .rolledBack, .gone: return nil
    }
  }

  /// `Paused, AnalysisFailed`
  package var state: String { reason == .none ? phase.rawValue : "\(phase.rawValue), \(reason.rawValue)" }
}
