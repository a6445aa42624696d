extension Rollout {
  /// Whether it goes on only when somebody says so: a person paused it, a pause has no end, or an analysis was
  /// inconclusive. A pause that ends by itself is none of these.
  package var waitsForPerson: Bool {
    let steps = canary?.steps ?? []
    let step = status.stepIndex.flatMap { steps.indices.contains($0) ? steps[$0] : nil }
    return isPaused || status.pauses.contains { needsPerson($0.reason, at: step) }
  }

  /// Whether only a person ends such a pause.
  /// - Parameter step: the one that is under way.
  func needsPerson(_ reason: RolloutStatus.PauseReason, at step: CanaryStep?) -> Bool {
    switch reason {
    case .inconclusive, .inconclusiveExperiment: true
    case .canaryStep: step == .pause(nil)
    case .blueGreen: blueGreen?.autoPromotionEnabled == false
    }
  }
}
