extension SetCondition {
  /// Argo CD's `RolloutProgressing`: whether changes are going over the set's clusters, and how.
  init(of rollout: FleetRollout) {
    self.init(
      "RolloutProgressing", !rollout.phase.isOver,
      rollout.reason == .none ? rollout.phase.rawValue : rollout.reason.rawValue,
      "\(rollout.name) is \(rollout.phase.rawValue)" + (rollout.message.isEmpty ? "" : ": " + rollout.message))
    since = AnalysisTime(seconds: rollout.createdAt).text
  }
}
