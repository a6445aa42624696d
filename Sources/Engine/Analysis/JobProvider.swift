package import Fleet
package import Kubernetes
import Manifest

/// The cluster that the Jobs of a run are made in.
package typealias JobPlace = @Sendable (AnalysisOwner) async throws -> JobProvider

/// Runs the Jobs of metrics (`metricproviders/job`): a measurement is one Job.
package struct JobProvider: Sendable {
  private static let resource = APIResource(
    gvk: .init(group: "batch", version: "v1", kind: "Job"), plural: "jobs", isNamespaced: true)
  private static let pods = APIResource(
    gvk: .init(group: "", version: "v1", kind: "Pod"), plural: "pods", isNamespaced: true)
  /// Seconds that a cluster may be away while a Job runs there.
  private static let patience = 300.0
  /// When it was first away, in the metadata of the measurement.
  private static let awayKey = "job-not-seen-since"
  private static let shownPods = 50

  private let client: KubernetesClient
  private let namespace: String
  private let clock: WallClock

  package init(client: KubernetesClient, namespace: String, clock: WallClock = .system) {
    self.client = client
    self.namespace = namespace
    self.clock = clock
  }

  private var now: AnalysisTime { AnalysisTime(seconds: clock.now()) }

  /// Makes the Job; one that is there already and is this run's, as after a crash, is the one.
  func start(_ job: Node, metric: String, number: Int, owner: AnalysisOwner) async -> Measurement {
    var measurement = Measurement(.running)
    measurement.startedAt = now
    let object = AnalysisJob.object(job, metric: metric, number: number, owner: owner, namespace: namespace)
    let name = AnalysisJob.name(of: metric, number: number, owner: owner)
    do {
      try await create(object, name, owner)
    } catch {
      return Self.ended(measurement, .error, words(error, name), at: now)
    }
    measurement.metadata = [AnalysisJob.nameKey: name, AnalysisJob.namespaceKey: namespace]
    measurement.resumeAt = now + AnalysisJob.delay(after: 0)
    return measurement
  }

  private func create(_ object: Mapping, _ name: String, _ owner: AnalysisOwner) async throws {
    do {
      // Its arguments may hold what came from Secrets.
      _ = try await client.send(
        .create(Self.resource, namespace: namespace, body: object, manager: "muster"), mayQuoteSecret: true)
    } catch let error as APIError where error.kind == .alreadyExists {
      guard let known = try await client.get(Self.resource, namespace: namespace, name: name),
        AnalysisJob.isOwned(known, by: owner)
      else { throw MetricFailure("there is another Job '\(name)', which is not of this analysis") }
    }
  }

  /// Looks at the Job of a measurement in flight.
  func resume(_ measurement: Measurement) async -> Measurement {
    guard let (namespace, name) = place(of: measurement) else { return lost(measurement) }
    var measurement = measurement
    do {
      guard let job = try await client.get(Self.resource, namespace: namespace, name: name) else {
        return Self.ended(measurement, .error, "the Job '\(name)' is gone", at: now)
      }
      measurement.metadata[Self.awayKey] = nil
      measurement.message = ""
      if let outcome = AnalysisJob.outcome(of: job) {
        return Self.ended(measurement, outcome.phase, outcome.message, at: now)
      }
      if let obstacle = AnalysisJob.obstacle(in: try await pendingPods(of: job, namespace)) {
        return Self.ended(measurement, .inconclusive, obstacle, at: now)
      }
    } catch {
      return notSeen(measurement, words(error, name))
    }
    return waiting(measurement)
  }

  /// Deletes the Job of a measurement in flight, and its Pods before it.
  func cancel(_ measurement: Measurement) async -> Measurement {
    guard let (namespace, name) = place(of: measurement) else { return lost(measurement) }
    do {
      try await client.delete(Self.resource, namespace: namespace, name: name, propagation: .foreground)
      return Self.ended(measurement, .inconclusive, "Metric Terminated", at: now)
    } catch {
      return Self.ended(measurement, .error, words(error, name), at: now)
    }
  }

  private func pendingPods(of job: Node, _ namespace: String) async throws -> [Node] {
    guard let selector = AnalysisJob.podSelector(of: job) else { return [] }
    let options = APIRequest.ListOptions(
      labelSelector: selector, fieldSelector: "status.phase=Pending", limit: Self.shownPods)
    let page = try ObjectList(try await client.send(.list(Self.pods, namespace: namespace, options: options)))
    return page.items.map(\.node)
  }

  private func place(of measurement: Measurement) -> (namespace: String, name: String)? {
    measurement.metadata[AnalysisJob.nameKey].map { name in
      (measurement.metadata[AnalysisJob.namespaceKey] ?? namespace, name)
    }
  }

  private func lost(_ measurement: Measurement) -> Measurement {
    Self.ended(measurement, .error, "the measurement does not say which Job it is", at: now)
  }

  private func waiting(_ measurement: Measurement) -> Measurement {
    var measurement = measurement
    let elapsed = measurement.startedAt.map { now.seconds - $0.seconds } ?? 0
    measurement.resumeAt = now + AnalysisJob.delay(after: elapsed)
    return measurement
  }

  /// A Job goes on while its cluster does not answer.
  private func notSeen(_ measurement: Measurement, _ reason: String) -> Measurement {
    var measurement = measurement
    let since = measurement.metadata[Self.awayKey].flatMap { AnalysisTime($0) } ?? now
    guard now.seconds - since.seconds < Self.patience else {
      return Self.ended(measurement, .error, reason, at: now)
    }
    measurement.metadata[Self.awayKey] = since.text
    measurement.message = reason
    return waiting(measurement)
  }

  private func words(_ error: any Error, _ name: String) -> String {
    if let failure = error as? MetricFailure { return failure.message }
    return "Job \(name): " + KubernetesClient.failure(from: error, subject: "Job \(name)", stage: "analyse").message
  }

  private static func ended(
    _ measurement: Measurement, _ phase: AnalysisPhase, _ message: String, at time: AnalysisTime
  ) -> Measurement {
    var measurement = measurement
    measurement.phase = phase
    measurement.message = message
    measurement.finishedAt = time
    measurement.resumeAt = nil
    return measurement
  }
}
