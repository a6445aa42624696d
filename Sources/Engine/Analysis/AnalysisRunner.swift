package import Fleet
package import Kubernetes
package import Manifest

/// Where arguments that name a Secret get their values; asked before each measurement.
package typealias SecretLookup = @Sendable (_ name: String, _ key: String) async throws -> Redacted<String>

/// Runs an analysis to its end: the shell around ``AnalysisMachine``.
package struct AnalysisRunner: Sendable {
  private let source: MetricSource
  private let clock: WallClock
  private let secrets: SecretLookup

  package init(source: MetricSource, clock: WallClock = .system, secrets: @escaping SecretLookup) {
    self.source = source
    self.clock = clock
    self.secrets = secrets
  }

  private enum Outcome: Sendable {
    case measured(String, Measurement, metadata: [String: String])
    /// A tick that was asked for at this time.
    case tick(AnalysisTime)
    case terminate
    case unresolved(String)
    /// Nobody will ask for the end any more.
    case nothing
  }

  /// - Parameters:
  ///   - file: the name of the manifest in messages.
  ///   - owner: marks the Jobs that are made for the run.
  ///   - status: how the run stood when it was last written down; a measurement that was in flight then is taken again.
  ///   - lifetime: seconds after which the run is ended as a promotion ends it; nil for none.
  ///   - terminations: the first of them ends the run in the same way.
  ///   - givesUp: whether nobody goes on with the run when the task is cancelled: its Jobs are deleted then.
  ///   - onChange: is told of the status after each event.
  /// - Returns: the last status; not completed only where the task was cancelled.
  package func run(
    _ spec: AnalysisSpec, file: String, owner: AnalysisOwner, from status: AnalysisStatus = AnalysisStatus(),
    lifetime: Double? = nil, terminations: AsyncStream<Void>? = nil, givesUp: Bool = false,
    onChange: @escaping @Sendable (AnalysisStatus) async -> Void
  ) async -> AnalysisStatus {
    do {
      let loop = try Loop(runner: self, spec: spec, file: file, owner: owner, status: status)
      let last = await loop.run(lifetime: lifetime, terminations: terminations, onChange: onChange)
      if givesUp, !last.phase.isCompleted { await loop.giveUp(last) }
      return last
    } catch {
      return Self.invalid(error, at: AnalysisTime(seconds: clock.now()))
    }
  }

  private static func invalid(_ error: any Error, at now: AnalysisTime) -> AnalysisStatus {
    var status = AnalysisStatus()
    status.phase = .error
    status.startedAt = now
    status.completedAt = now
    switch error {
    case let problem as ArgumentProblem: status.message = "Unable to resolve metric arguments: \(problem.message)"
    case let problems as Diagnostics:
      status.message = "Analysis spec invalid: " + problems.all.map(\.message).joined(separator: "; ")
    case let problem as Diagnostic: status.message = "Analysis spec invalid: \(problem.message)"
    default: status.message = "Analysis spec invalid"
    }
    return status
  }

  /// The loop of one run.
  private struct Loop {
    private let runner: AnalysisRunner
    private let file: String
    private let owner: AnalysisOwner
    private let args: AnalysisArguments
    /// Metrics as they are written, by their names.
    private let templates: [String: Node]
    private let start: AnalysisMachine

    /// Secrets stand as a word of ours until a measurement needs them.
    init(
      runner: AnalysisRunner, spec: AnalysisSpec, file: String, owner: AnalysisOwner, status: AnalysisStatus
    ) throws {
      self.runner = runner
      self.file = file
      self.owner = owner
      args = try AnalysisArguments(spec.args)
      let arguments = args.withPlaceholders
      let metrics = try spec.metrics.map { try Metric($0, arguments: arguments, file: file) }
      templates = Dictionary(
        zip(metrics.map(\.name), spec.metrics), uniquingKeysWith: { first, _ in first })
      guard templates.count == metrics.count, !metrics.isEmpty else {
        throw Diagnostic(
          "analysis.metrics", metrics.isEmpty ? "no metrics specified" : "two metrics have the same name")
      }
      do {
        start = try AnalysisMachine(
          metrics: metrics.map { MetricSchedule(name: $0.name, limits: $0.limits) }, dryRun: spec.dryRun,
          measurementRetention: spec.measurementRetention, isAskedToEnd: spec.terminate, status: status)
      } catch {
        // No argument is to blame, but a rule that matches no metric.
        throw Diagnostic("analysis.unmatched-rule", error.message)
      }
    }

    private var now: AnalysisTime { AnalysisTime(seconds: runner.clock.now()) }

    func run(
      lifetime: Double?, terminations: AsyncStream<Void>?,
      onChange: @escaping @Sendable (AnalysisStatus) async -> Void
    ) async -> AnalysisStatus {
      var machine = start
      return await withTaskGroup(of: Outcome.self) { group in
        var nextTick: AnalysisTime?
        var actions = machine.on(.tick, at: now)
        if let lifetime {
          let age = machine.status.startedAt.map { now.seconds - $0.seconds } ?? 0
          Self.sleep(lifetime - age, then: .terminate, in: &group)
        }
        if let terminations {
          group.addTask {
            for await _ in terminations { return .terminate }
            return .nothing
          }
        }
        while true {
          await onChange(machine.status)
          guard !machine.status.phase.isCompleted else { break }
          perform(actions, machine.status, in: &group, &nextTick)
          guard let outcome = await group.next(), !Task.isCancelled else { break }
          if case .tick(let time) = outcome, nextTick == time { nextTick = nil }
          actions = take(outcome, &machine)
        }
        group.cancelAll()
        return machine.status
      }
    }

    /// Cancels what is in flight, in a task that is not cancelled itself.
    func giveUp(_ status: AnalysisStatus) async {
      let open = status.results.compactMap(\.measurements.last).filter { $0.finishedAt == nil }
      let (source, owner) = (runner.source, owner)
      await Task {
        for measurement in open { _ = await source.cancel(measurement, of: owner) }
      }.value
    }

    private func take(_ outcome: Outcome, _ machine: inout AnalysisMachine) -> [AnalysisMachine.Action] {
      switch outcome {
      case .measured(let name, let measurement, let metadata):
        let actions = machine.on(.measured(name, measurement), at: now)
        machine.note(metadata, of: name)
        return actions
      case .tick: return machine.on(.tick, at: now)
      case .terminate: return machine.on(.terminate, at: now)
      case .nothing: return []
      case .unresolved(let message):
        return machine.fail("Unable to resolve metric arguments: \(message)", at: now)
      }
    }

    private func perform(
      _ actions: [AnalysisMachine.Action], _ status: AnalysisStatus, in group: inout TaskGroup<Outcome>,
      _ nextTick: inout AnalysisTime?
    ) {
      for action in actions {
        switch action {
        case .measure(let name):
          let number = (status[name]?.count ?? 0) + (status[name]?.error ?? 0) + 1
          group.addTask { await measure(name, number) }
        case .resume(let name):
          let last = status[name]?.measurements.last ?? Measurement(.running)
          group.addTask { .measured(name, await runner.source.resume(last, of: owner), metadata: [:]) }
        case .cancel(let name):
          let last = status[name]?.measurements.last ?? Measurement(.running)
          group.addTask { .measured(name, await runner.source.cancel(last, of: owner), metadata: [:]) }
        case .wake(let time):
          if let nextTick, nextTick <= time { continue }
          nextTick = time
          Self.sleep(time.seconds - now.seconds, then: .tick(time), in: &group)
        case .complete: break
        }
      }
    }

    private func measure(_ name: String, _ number: Int) async -> Outcome {
      do {
        let (values, hidden) = try await args.resolved(by: runner.secrets)
        guard let template = templates[name] else { return .unresolved("there is no metric '\(name)'") }
        let metric = try Metric(template, arguments: values, file: file)
        var metadata: [String: String] = [:]
        if case .prometheus(let prometheus) = metric.provider {
          metadata["ResolvedPrometheusQuery"] = hidden.masked(prometheus.query)
        }
        let measurement = await runner.source.begin(metric, number: number, of: owner)
        return .measured(name, hidden.masked(measurement), metadata: metadata)
      } catch let problem as ArgumentProblem {
        return .unresolved(problem.message)
      } catch let failure as Failure {
        if failure.retry == .never { return .unresolved(failure.message) }
        // A Secret that cannot be read now is an error of this measurement; there are limits for those.
        var measurement = Measurement(.error, message: failure.message)
        measurement.startedAt = now
        return .measured(name, measurement, metadata: [:])
      } catch is Diagnostics {
        // Its messages could quote a secret.
        return .unresolved("metric '\(name)' is not valid with its arguments")
      } catch {
        return .unresolved("a Secret cannot be read")
      }
    }

    private static func sleep(_ seconds: Double, then outcome: Outcome, in group: inout TaskGroup<Outcome>) {
      let milliseconds = Int64(max(0, min(seconds, 1e9)) * 1000) + 1
      group.addTask {
        // Throws only when cancelled; then nobody looks any more.
        try? await Task.sleep(for: .milliseconds(milliseconds))
        return outcome
      }
    }
  }
}
