/// Plans rollouts: which clusters a change reaches, in which wave.
package struct WavePlan: Sendable {
  /// An Application of the set, and what is known of it.
  package struct Candidate: Sendable {
    package var application: String
    package var cluster: String
    package var labels: [String: String]
    /// The id of the version that it had last when all was well.
    package var good: String?
    /// Of the version that it is to have; nil where that cannot be rendered.
    package var wanted: String?
    /// Why it cannot be rendered.
    package var problem: String

    package init(
      application: String, cluster: String, labels: [String: String], good: String?, wanted: String?,
      problem: String = ""
    ) {
      self.application = application
      self.cluster = cluster
      self.labels = labels
      self.good = good
      self.wanted = wanted
      self.problem = problem
    }
  }

  package var waves: [RolloutWave] = []
  package var targets: [RolloutTarget] = []
  /// Applications that no step selects: they are left as they are, as in Argo CD.
  package var unmatched: [String] = []

  package init(_ candidates: [Candidate], _ strategy: WaveStrategy) {
    var placed: [Int: [Candidate]] = [:]
    for candidate in candidates {
      if let step = strategy.step(of: candidate.labels) {
        placed[step, default: []].append(candidate)
      } else {
        unmatched.append(candidate.application)
      }
    }
    unmatched.sort()
    for (step, candidates) in placed.sorted(by: { $0.key < $1.key }) {
      let name = strategy.steps[step].name
      for candidate in candidates.sorted(by: { $0.application < $1.application }) {
        var target = RolloutTarget(
          application: candidate.application, cluster: candidate.cluster, wave: waves.count, from: candidate.good,
          to: candidate.wanted)
        target.message = candidate.problem
        targets.append(target)
      }
      waves.append(RolloutWave(step: step, name: name.isEmpty ? "step \(step + 1)" : name, size: candidates.count))
    }
  }
}
