import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

extension TestFleet {
  /// Waits until `condition` holds; looks again whenever the hub says that something changed.
  ///
  /// What changes without the hub's knowledge is seen a little later. The bound is for tests that fail.
  func until(
    _ what: String, on hub: TestHub? = nil, timeout: Duration = .seconds(40),
    sourceLocation: Testing.SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + timeout
    let alarm = Alarm()
    let changes = try (hub ?? self.hub).engine.changes()
    let listener = Task { for await _ in changes { alarm.ring() } }
    defer { listener.cancel() }
    while try await !condition() {
      guard ContinuousClock.now < deadline else {
        Issue.record("not within \(timeout): \(what)\n\(await describe())", sourceLocation: sourceLocation)
        throw NotInTime()
      }
      await alarm.wait(upTo: .milliseconds(100))
    }
  }

  struct NotInTime: Error {}

  private func describe() async -> String {
    guard let hub = try? hub else { return "no hub runs" }
    var lines: [String] = []
    for view in await hub.engine.applicationViews() {
      let status = view.status
      lines.append(
        "\(view.application.name): \(status.sync) \(status.health.health) \(status.revision.prefix(8)) \(status.stage) \(status.message)"
      )
      for resource in status.resources { lines.append("  \(resource.id) \(resource.sync) \(resource.message)") }
      for condition in status.conditions { lines.append("  \(condition.type): \(condition.message)") }
    }
    return lines.joined(separator: "\n")
  }

  /// How an Application stands; the initial status while the hub has none of this name.
  func status(_ application: String) async throws -> ApplicationStatus {
    try await hub.engine.applicationView(application)?.status ?? ApplicationStatus()
  }

  /// Waits until every one of these Applications is Synced and Healthy, at this revision where one is given.
  func untilConverged(
    _ applications: [String], revision: String? = nil, sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) async throws {
    try await until("\(applications) converged at \(revision ?? "any")", sourceLocation: sourceLocation) {
      for application in applications {
        let status = try await status(application)
        guard status.sync == .synced, status.health.health == .healthy, status.stage == "done",
          revision == nil || status.revision == revision
        else { return false }
      }
      return true
    }
  }

  /// Lets the hub look at an Application again, twice: what came before has been taken in by then.
  func settle(_ application: String) async throws {
    let engine = try hub.engine
    let looks = Counter()
    let changes = engine.changes()
    let listener = Task { for await changed in changes where changed.contains(application) { looks.increment() } }
    defer { listener.cancel() }
    for _ in 0..<2 {
      let before = looks.value
      try #require(await engine.refresh(application))
      try await until("\(application) is looked at again") { looks.value > before }
    }
  }
}
