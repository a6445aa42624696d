import Fleet
import Foundation
import Manifest

// MARK: - Analyses that waves wait for

extension SetRollouts {
  /// How the analyses stand that the rollout waits for.
  func gates(of open: FleetRollout) async throws -> [String: WaveScene.Gate] {
    var gates: [String: WaveScene.Gate] = [:]
    for gate in open.gates where gate.isOpen {
      if let problem = gateProblems[gate.name] {
        gates[gate.name] = WaveScene.Gate(phase: .inconclusive, message: problem, completedAt: nil)
      } else if let status = try await analyses.status(of: gate.name) {
        gates[gate.name] = WaveScene.Gate(
          phase: status.phase, message: status.message, completedAt: Self.end(of: status))
      }
    }
    return gates
  }

  /// When the sample was taken that decided.
  private static func end(of status: AnalysisStatus) -> Double? {
    let failed = status.results.filter { $0.phase == status.phase }.compactMap { $0.measurements.last?.finishedAt }
    return (failed.max() ?? status.completedAt)?.seconds
  }

  /// Begins an analysis. One that cannot be made has a person decide.
  func measure(_ subject: GateSubject, _ name: String) async throws {
    guard let rollout, let planned, let analysis = Self.analysis(of: subject, rollout, planned) else { return }
    do {
      let arguments = try analysis.resolved(in: context(of: subject, rollout))
      var request = AnalysisRequest(
        name: name, rollout: rollout.name, templates: analysis.templates, arguments: arguments,
        dryRun: analysis.dryRun)
      request.mustEnd = subject != .rollout
      try await analyses.start(request)
    } catch let error as Diagnostics {
      gateProblems[name] = error.all.map(\.message).joined(separator: "; ")
      ring()
    } catch let error as ArgumentProblem {
      gateProblems[name] = error.message
      ring()
    }
  }

  private static func analysis(
    of subject: GateSubject, _ rollout: FleetRollout, _ strategy: WaveStrategy
  ) -> WaveAnalysis? {
    switch subject {
    case .rollout: strategy.analysis
    case .wave(let index): strategy.steps[rollout.waves[index].step].analysis
    case .target(let index): strategy.steps[rollout.waves[rollout.targets[index].wave].step].analysis
    }
  }

  // MARK: What arguments may name

  /// `rollout`, `wave` and `target`, as docs/waves.md lists their fields.
  private func context(of subject: GateSubject, _ rollout: FleetRollout) -> Node {
    var context: Mapping = ["rollout": fields(of: rollout)]
    switch subject {
    case .rollout: break
    case .wave(let index): context["wave"] = fields(ofWave: index, rollout)
    case .target(let index):
      context["wave"] = fields(ofWave: rollout.targets[index].wave, rollout)
      context["target"] = fields(of: rollout.targets[index])
    }
    return .mapping(context)
  }

  private func fields(of rollout: FleetRollout) -> Node {
    let revision = rollout.targets.lazy.compactMap { $0.to.flatMap { self.versions[$0] }?.revision }.first
    return .mapping([
      "name": .string(rollout.name), "set": .string(rollout.set), "number": .string("\(rollout.number)"),
      "revision": .string(revision ?? ""), "clusters": .string(Self.alternatives(rollout.targets)),
    ])
  }

  private func fields(ofWave index: Int, _ rollout: FleetRollout) -> Node {
    .mapping([
      "name": .string(rollout.waves[index].name), "step": .string("\(rollout.waves[index].step + 1)"),
      "clusters": .string(Self.alternatives(rollout.targets.filter { $0.wave == index })),
    ])
  }

  /// Names that have the new version, as a regular expression takes them: `edge-1|edge-2`.
  private static func alternatives(_ targets: [RolloutTarget]) -> String {
    Set(targets.filter { $0.phase != .gone && $0.phase != .away }.map(\.cluster)).sorted().joined(separator: "|")
  }

  private func fields(of target: RolloutTarget) -> Node {
    let member = members[target.application]
    let version = target.to.flatMap { versions[$0] }
    func labels(_ labels: [String: String]?) -> Node {
      var node = Mapping()
      for key in (labels ?? [:]).keys.sorted() { node[key] = labels?[key].map(Node.string) }
      return .mapping(node)
    }
    return .mapping([
      "revision": .string(version?.revision ?? ""),
      "application": .mapping([
        "name": .string(target.application), "namespace": .string(version?.application.destination.namespace ?? ""),
        "labels": labels(version?.application.labels),
      ]),
      "cluster": .mapping([
        "name": .string(target.cluster), "server": .string(member?.cluster?.server ?? ""),
        "labels": labels(member?.cluster?.labels),
      ]),
    ])
  }
}
