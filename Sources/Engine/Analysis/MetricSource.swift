package import Fleet
package import HTTPClient
package import Kubernetes

/// Measures metrics, whatever their provider.
package struct MetricSource: Sendable {
  private let requests: MetricRequests
  private let clock: WallClock
  private let defaultPrometheus: String
  private let jobs: JobPlace?

  /// - Parameters:
  ///   - defaultPrometheus: the address for metrics that name none; empty for none.
  ///   - jobs: where the Jobs of a run are made; nil where there is no cluster for them.
  package init(
    transport: any Transport, clock: WallClock = .system, defaultPrometheus: String = "", jobs: JobPlace? = nil
  ) {
    requests = MetricRequests(transport: transport, tokens: OAuth2Tokens(clock: clock))
    self.clock = clock
    self.defaultPrometheus = defaultPrometheus
    self.jobs = jobs
  }

  private init(_ other: MetricSource, jobs: @escaping JobPlace) {
    requests = other.requests
    clock = other.clock
    defaultPrometheus = other.defaultPrometheus
    self.jobs = jobs
  }

  /// The same with another place for Jobs.
  package func making(jobs: @escaping JobPlace) -> MetricSource { MetricSource(self, jobs: jobs) }

  /// - Throws: ``MetricFailure``, or cancellation.
  package func read(_ metric: Metric) async throws -> MetricReading {
    switch metric.provider {
    case .prometheus(let prometheus):
      return try await PrometheusProvider(requests: requests, defaultAddress: defaultPrometheus)
        .read(prometheus, now: AnalysisTime(seconds: clock.now()))
    case .web(let web): return try await WebProvider(requests: requests).read(web)
    case .job: throw MetricFailure("a Job succeeds or fails, and gives no value")
    case .other(let name): throw MetricFailure("the provider '\(name)' is not supported: use prometheus, web or job")
    }
  }

  // MARK: Measurements of a run

  /// Begins a measurement. That of a Job is in flight then; every other is done.
  /// - Parameter number: counts the measurements of the metric from 1.
  package func begin(_ metric: Metric, number: Int, of owner: AnalysisOwner) async -> Measurement {
    guard case .job(let job) = metric.provider else { return await measure(metric) }
    return await atJobs(of: owner, Measurement(.running)) { provider, _ in
      await provider.start(job, metric: metric.name, number: number, owner: owner)
    }
  }

  /// Looks at a measurement in flight again.
  package func resume(_ measurement: Measurement, of owner: AnalysisOwner) async -> Measurement {
    await atJobs(of: owner, measurement) { provider, measurement in await provider.resume(measurement) }
  }

  /// Gives up a measurement in flight.
  package func cancel(_ measurement: Measurement, of owner: AnalysisOwner) async -> Measurement {
    await atJobs(of: owner, measurement) { provider, measurement in await provider.cancel(measurement) }
  }

  private func atJobs(
    of owner: AnalysisOwner, _ measurement: Measurement,
    _ body: (JobProvider, Measurement) async -> Measurement
  ) async -> Measurement {
    let reason: String
    if let jobs {
      do {
        return await body(try await jobs(owner), measurement)
      } catch {
        reason = KubernetesClient.failure(from: error, subject: "Jobs", stage: "analyse").message
      }
    } else {
      reason = "no cluster is given for Jobs"
    }
    var measurement = measurement
    measurement.phase = .error
    measurement.message = reason
    measurement.startedAt = measurement.startedAt ?? AnalysisTime(seconds: clock.now())
    measurement.finishedAt = AnalysisTime(seconds: clock.now())
    measurement.resumeAt = nil
    return measurement
  }

  /// One whole measurement: the value, and what its conditions make of it.
  package func measure(_ metric: Metric) async -> Measurement {
    let startedAt = AnalysisTime(seconds: clock.now())
    var measurement: Measurement
    do {
      let judgement = try MetricJudgement(
        successCondition: metric.successCondition, failureCondition: metric.failureCondition)
      let reading = try await read(metric)
      let outcome = judgement.phase(of: reading.value, now: AnalysisTime(seconds: clock.now()))
      measurement = Measurement(outcome.phase, value: Self.bounded(reading.value.text), message: outcome.message)
      measurement.metadata = reading.metadata
    } catch let failure as MetricFailure {
      measurement = Measurement(.error, message: failure.message)
    } catch let error as ExprError {
      measurement = Measurement(.error, message: error.message)
    } catch {
      measurement = Measurement(.error, message: "the measurement was given up")
    }
    measurement.startedAt = startedAt
    measurement.finishedAt = AnalysisTime(seconds: clock.now())
    return measurement
  }

  private static let maximumValueBytes = 4096

  private static func bounded(_ text: String) -> String {
    guard text.utf8.count > maximumValueBytes else { return text }
    return String(decoding: text.utf8.prefix(maximumValueBytes), as: UTF8.self) + "…"
  }
}
