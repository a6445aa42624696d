import Testing

@testable import Fleet

@Suite struct AnalysisMachineTests {
  private typealias Phases = [AnalysisPhase]

  private func limits(
    interval: Double? = 10, count: Int? = nil, failure: Int = 0, inconclusive: Int = 0, error: Int = 4,
    success: Int = 0,
    delay: Double? = nil
  ) -> MetricLimits {
    var limits = MetricLimits()
    limits.interval = interval
    limits.count = count
    limits.failureLimit = failure
    limits.inconclusiveLimit = inconclusive
    limits.consecutiveErrorLimit = error
    limits.consecutiveSuccessLimit = success
    limits.initialDelay = delay
    return limits
  }

  @Test func limitsDecide() {
    let (s, f, i, e) = (AnalysisPhase.successful, AnalysisPhase.failed, AnalysisPhase.inconclusive, AnalysisPhase.error)
    let table: [(MetricLimits, Phases, Bool, AnalysisPhase)] = [
      (limits(interval: nil), [s], false, .successful), (limits(interval: nil), [f], false, .failed),
      (limits(interval: nil), [i], false, .inconclusive), (limits(interval: nil), [], false, .pending),
      (limits(interval: nil), [], true, .successful), (limits(interval: nil), [e, e, e, e], false, .running),
      (limits(interval: nil), [e, e, e, e, s], false, .successful),
      (limits(interval: nil), [e, e, e, e, e], false, .error),
      (limits(), [s, s, s], false, .running), (limits(), [s, s, s], true, .successful),
      (limits(), [s, f], true, .failed),
      (limits(count: 3), [s, f, s], false, .failed), (limits(count: 3, failure: 1), [s, f, s], false, .successful),
      (limits(count: 2, failure: 2), [f, f], false, .successful), (limits(count: 3), [s, s], false, .running),
      (limits(count: 5, failure: -1, success: 2), [f, s, f, s, s], false, .successful),
      (limits(count: 3, failure: -1, success: 2), [s, f, s], false, .failed),
      (limits(count: 5, failure: 2, success: 3), [s, f, s, f, s], false, .inconclusive),
      (limits(success: 2), [f], false, .failed), (limits(failure: 1, success: 2), [s, e, s, s], false, .successful),
      (limits(failure: 1, success: 2), [s, i], false, .inconclusive),
      (limits(count: 4, inconclusive: 1), [i, s, s, s], false, .successful),
      // The last limit in order overrides: an error outweighs a failure that was exceeded with it.
      (limits(failure: 5, error: 0), [f, e], false, .error), (limits(error: 1), [e, s, e, s], false, .running),
      (limits(interval: nil, count: 0), [s], false, .successful),
    ]
    for (limits, measurements, isTerminated, expected) in table {
      #expect(limits.phase(after: measurements, isTerminated: isTerminated) == expected, "\(limits) \(measurements)")
    }
  }

  @Test func contradictingLimitsAreNamed() {
    let table: [(MetricLimits, String?)] = [
      (limits(), nil), (limits(count: 2, failure: 2), nil), (limits(count: 2, failure: 3), "count"),
      (limits(count: 3, failure: 2, success: 2), "count"), (limits(interval: nil, count: 2), "count"),
      (limits(interval: nil, count: 1), nil), (limits(failure: -1), "failureLimit"),
      (limits(failure: -2, success: 1), "failureLimit"),
      (limits(failure: -1, success: 1), nil), (limits(success: -1), "consecutiveSuccessLimit"),
      (limits(count: 1, inconclusive: 2), "count"), (limits(inconclusive: -1), "inconclusiveLimit"),
      (limits(error: -1), "consecutiveErrorLimit"),
      (limits(count: 1, failure: -1, success: 2), "count"),
    ]
    for (limits, field) in table { #expect(limits.problem?.field == field, "\(limits)") }
  }

  // MARK: The machine

  private func machine(
    _ metrics: [(String, MetricLimits)], dryRun: [String] = [], retention: [MeasurementRetention] = []
  ) throws -> AnalysisMachine {
    try AnalysisMachine(
      metrics: metrics.map { MetricSchedule(name: $0.0, limits: $0.1) }, dryRun: dryRun, measurementRetention: retention
    )
  }

  private func at(_ seconds: Double) -> AnalysisTime { AnalysisTime(seconds: seconds) }

  private func measured(_ phase: AnalysisPhase, _ name: String = "a") -> AnalysisMachine.Event {
    .measured(name, Measurement(phase))
  }

  @Test func measuresByIntervalAndRetriesErrorsAfterTenSeconds() throws {
    var machine = try machine([("a", limits(interval: 60, count: 3, delay: 5))])
    #expect(machine.on(.tick, at: at(0)) == [.wake(at(5))])
    #expect(machine.on(.tick, at: at(5)) == [.measure("a")])
    // Never twice at once.
    #expect(machine.on(.tick, at: at(6)).isEmpty)
    #expect(machine.on(measured(.successful), at: at(7)) == [.wake(at(67))])
    #expect(machine.on(.tick, at: at(67)) == [.measure("a")])
    #expect(machine.on(measured(.error), at: at(68)) == [.wake(at(78))])
    #expect(machine.on(.tick, at: at(78)) == [.measure("a")])
    #expect(machine.on(measured(.successful), at: at(79)) == [.wake(at(139))])
    #expect(machine.on(.tick, at: at(139)) == [.measure("a")])
    #expect(machine.on(measured(.successful), at: at(140)) == [.complete])
    #expect(machine.status.phase == .successful)
    #expect(machine.status.completedAt == at(140))
    #expect(machine.status["a"]?.count == 3)
    #expect(machine.status["a"]?.error == 1)
    #expect(machine.on(.tick, at: at(200)).isEmpty)
  }

  @Test func aFailedMetricEndsTheRunAndWaitsForTheOthers() throws {
    var machine = try machine([("a", limits(count: 5)), ("b", limits(count: 5)), ("c", limits(count: 5, delay: 99))])
    #expect(machine.on(.tick, at: at(0)) == [.measure("a"), .measure("b"), .wake(at(99))])
    #expect(machine.on(measured(.failed), at: at(1)).isEmpty)
    #expect(machine.status.phase == .running)
    #expect(machine.on(measured(.successful, "b"), at: at(2)) == [.complete])
    #expect(machine.status.phase == .failed)
    #expect(machine.status.message == "Metric \"a\" assessed Failed due to failed (1) > failureLimit (0)")
    #expect(machine.status["b"]?.phase == .successful)
    #expect(machine.status.runSummary.count == 3)
    #expect(machine.status.runSummary.failed == 1)
  }

  @Test func theWorstMetricDecides() throws {
    let order: [AnalysisPhase] = [.successful, .inconclusive, .error, .failed]
    for first in order {
      for second in order {
        var machine = try machine([("a", limits(interval: nil, error: 0)), ("b", limits(interval: nil, error: 0))])
        _ = machine.on(.tick, at: at(0))
        _ = machine.on(measured(first), at: at(1))
        #expect(machine.on(measured(second, "b"), at: at(1)) == [.complete])
        #expect(machine.status.phase == (second.isWorse(than: first) ? second : first))
      }
    }
  }

  @Test func dryRunsDoNotCount() throws {
    var machine = try machine([("a", limits(interval: nil)), ("dry-1", limits(count: 2))], dryRun: ["^dry"])
    _ = machine.on(.tick, at: at(0))
    #expect(machine.on(measured(.failed, "dry-1"), at: at(1)).isEmpty)
    #expect(machine.status["dry-1"]?.phase == .failed)
    #expect(machine.status["dry-1"]?.message == "Metric assessed Failed due to failed (1) > failureLimit (0)")
    #expect(machine.on(measured(.successful), at: at(2)) == [.complete])
    #expect(machine.status.phase == .successful)
    #expect(machine.status.dryRunSummary.failed == 1)
    #expect(machine.status.runSummary.successful == 1)
    for pattern in ["*", "nothing", "("] {
      #expect(throws: ArgumentProblem.self) {
        try self.machine([("a", limits())], dryRun: [pattern])
      }
    }
  }

  @Test func endingItLetsUnlimitedMetricsSucceed() throws {
    var machine = try machine([("a", limits()), ("b", limits(delay: 60))])
    _ = machine.on(.tick, at: at(0))
    _ = machine.on(measured(.successful), at: at(1))
    #expect(machine.on(.terminate, at: at(2)) == [.complete])
    #expect(machine.status.phase == .successful)
    #expect(machine.status.message == "Run Terminated")
    var nothing = try self.machine([("a", limits(delay: 60))])
    #expect(nothing.on(.terminate, at: at(0)) == [.complete])
    #expect(nothing.status.phase == .successful)
  }

  @Test func keepsTheLatestMeasurementsAndAllCounters() throws {
    var machine = try machine(
      [("a", limits(interval: 1)), ("b", limits(interval: 1))],
      retention: [MeasurementRetention(metricName: "b", limit: 3)])
    var time = 0.0
    _ = machine.on(.tick, at: at(time))
    for _ in 0..<25 {
      _ = machine.on(measured(.successful), at: at(time))
      _ = machine.on(measured(.successful, "b"), at: at(time))
      time += 2
      _ = machine.on(.tick, at: at(time))
    }
    #expect(machine.status["a"]?.measurements.count == 10)
    #expect(machine.status["b"]?.measurements.count == 3)
    #expect(machine.status["a"]?.count == 25)
    #expect(machine.status["a"]?.consecutiveSuccess == 25)
  }

  @Test func goesOnFromAStatus() throws {
    var machine = try machine([("a", limits(interval: 60, count: 3)), ("b", limits(interval: 60, count: 3))])
    _ = machine.on(.tick, at: at(100))
    _ = machine.on(measured(.successful), at: at(101))
    var flying = Measurement(.running)
    flying.startedAt = at(100)
    _ = machine.on(.measured("b", flying), at: at(101))
    let node = machine.status.node
    let status = AnalysisStatus(node)
    #expect(status.node == node)
    var again = try AnalysisMachine(
      metrics: [
        MetricSchedule(name: "a", limits: limits(interval: 60, count: 3)),
        MetricSchedule(name: "b", limits: limits(interval: 60, count: 3)),
      ], status: status)
    #expect(again.on(.tick, at: at(110)) == [.resume("b"), .wake(at(161))])
    #expect(again.status["a"]?.count == 1)
    #expect(again.on(.terminate, at: at(111)).isEmpty)
    #expect(again.on(measured(.successful, "b"), at: at(112)) == [.complete])
  }

  /// Whatever happens: no metric is measured twice at once, counters add up, and a completed run stays as it is.
  @Test func randomRunsKeepTheirWord() throws {
    for seed in 0..<300 {
      var random = SeededGenerator(seed: UInt64(seed))
      let names = ["a", "b", "c"].prefix(Int.random(in: 1...3, using: &random))
      var machine = try machine(
        names.map {
          (
            $0,
            limits(
              interval: Double.random(in: 1...20, using: &random), count: Bool.random(using: &random) ? 5 : nil,
              failure: Int.random(in: 0...2, using: &random), inconclusive: Int.random(in: 0...1, using: &random))
          )
        }, dryRun: Bool.random(using: &random) ? ["a"] : [])
      var time = 0.0
      var open: Set<String> = []
      var event = AnalysisMachine.Event.tick
      for _ in 0..<200 {
        for action in machine.on(event, at: at(time)) {
          switch action {
          case .measure(let name), .resume(let name), .cancel(let name):
            #expect(open.insert(name).inserted, "\(name) twice at once, seed \(seed)")
          case .wake(let due): #expect(due > at(time))
          case .complete: #expect(machine.status.phase.isCompleted)
          }
        }
        for result in machine.status.results {
          #expect(result.count == result.successful + result.failed + result.inconclusive)
          #expect(result.measurements.count <= 10)
        }
        if machine.status.phase.isCompleted {
          #expect(open.isEmpty, "completed with measurements in flight, seed \(seed)")
          break
        }
        time += Double.random(in: 0...5, using: &random)
        event = .tick
        if let name = open.sorted().randomElement(using: &random), Bool.random(using: &random) {
          open.remove(name)
          let phase = [AnalysisPhase.successful, .successful, .failed, .error, .inconclusive].randomElement(
            using: &random)
          event = measured(phase ?? .successful, name)
        } else if Int.random(in: 0..<100, using: &random) == 0 {
          event = .terminate
        }
      }
    }
  }
}
