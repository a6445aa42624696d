package import Fleet
package import HTTPClient
package import Kubernetes

/// Measures metrics, whatever their provider.
package struct MetricSource: Sendable {
  private let requests: MetricRequests
  private let clock: WallClock
  private let defaultPrometheus: String

  /// - Parameter defaultPrometheus: the address for metrics that name none; empty for none.
  package init(transport: any Transport, clock: WallClock = .system, defaultPrometheus: String = "") {
    requests = MetricRequests(transport: transport, tokens: OAuth2Tokens(clock: clock))
    self.clock = clock
    self.defaultPrometheus = defaultPrometheus
  }

  /// - Throws: ``MetricFailure``, or cancellation.
  package func read(_ metric: Metric) async throws -> MetricReading {
    switch metric.provider {
    case .prometheus(let prometheus):
      return try await PrometheusProvider(requests: requests, defaultAddress: defaultPrometheus)
        .read(prometheus, now: AnalysisTime(seconds: clock.now()))
    case .web(let web): return try await WebProvider(requests: requests).read(web)
    case .job: throw MetricFailure("metrics of the provider job are not run yet: use prometheus or web")
    case .other(let name): throw MetricFailure("the provider '\(name)' is not supported: use prometheus or web")
    }
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
