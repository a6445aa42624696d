import Manifest

/// Charts of chart repositories, each fetched once for however many ask.
actor HelmCharts {
  struct Answer: Sendable {
    var chart: PulledChart
    /// The repository did not answer, and the chart of before stands in.
    var staleBecause: Failure?
  }

  private struct Entry {
    var chart: PulledChart
    var fetched: ContinuousClock.Instant
    var lastUse: UInt64
  }

  private let runner: HelmRunner
  private var entries: [HelmChartReference: Entry] = [:]
  private var flights: [HelmChartReference: Task<PulledChart, any Error>] = [:]
  private var counter: UInt64 = 0
  private(set) var pulls = 0

  private static let maximumBytes = 256 << 20
  private static let maximumCount = 256
  /// Not even who asks for the newest asks the repository twice in it.
  private static let shortest: Duration = .seconds(5)

  init(_ runner: HelmRunner) { self.runner = runner }

  /// A pinned version is fetched once; of a range, the newest is looked for again after a while.
  /// - Throws: ``Failure`` `helm.…` where there is none from before.
  func chart(_ reference: HelmChartReference, fresh: Bool) async throws -> Answer {
    if let known = entries[reference], isGood(known, reference, fresh) { return use(known, reference) }
    do {
      let chart = try await flight(reference).waiting()
      return Answer(chart: chart)
    } catch let failure as Failure {
      guard let known = entries[reference] else { throw failure }
      var answer = use(known, reference)
      answer.staleBecause = failure
      return answer
    }
  }

  private func isGood(_ entry: Entry, _ reference: HelmChartReference, _ fresh: Bool) -> Bool {
    if reference.isPinned { return true }
    let age = ContinuousClock.now - entry.fetched
    return age < (fresh ? Self.shortest : .seconds(runner.settings.freshSeconds))
  }

  private func use(_ entry: Entry, _ reference: HelmChartReference) -> Answer {
    counter += 1
    entries[reference]?.lastUse = counter
    return Answer(chart: entry.chart)
  }

  private func flight(_ reference: HelmChartReference) -> Task<PulledChart, any Error> {
    if let running = flights[reference] { return running }
    // Shared by all who wait for it, so it is no child of one of them.
    let task = Task {
      defer { flights[reference] = nil }
      let chart = try await runner.pull(reference)
      remember(chart, reference)
      return chart
    }
    flights[reference] = task
    return task
  }

  private func remember(_ chart: PulledChart, _ reference: HelmChartReference) {
    pulls += 1
    counter += 1
    entries[reference] = Entry(chart: chart, fetched: .now, lastUse: counter)
    var bytes = entries.values.reduce(0) { $0 + $1.chart.bytes }
    while bytes > Self.maximumBytes || entries.count > Self.maximumCount, entries.count > 1,
      let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      bytes -= oldest.value.chart.bytes
      entries[oldest.key] = nil
    }
  }
}
