import HTTPClient
import Manifest
import Testing

@testable import Hub

@Suite(.timeLimit(.minutes(2))) struct ChangeTests {
  @Test func keepsTheNewestOfEachThing() {
    let journal = ChangeJournal()
    for (name, data) in [("a", "1"), ("b", "1"), ("a", "2"), ("b", "1"), ("c", "1")] {
      journal.record(kind: "application", name: name, data: data)
    }
    #expect(journal.events(after: 0)?.map(\.name) == ["b", "a", "c"])
    #expect(journal.events(after: 2)?.map(\.data) == ["2", "1"])
    #expect(journal.events(after: 4) == [])
    #expect(journal.events(after: 5) == nil)
  }

  @Test func isBoundedAndTellsWhoMissedSomething() {
    let journal = ChangeJournal(maximumRemovals: 4)
    for round in 0..<5_000 { journal.record(kind: "application", name: "a", data: String(round)) }
    #expect(journal.events(after: 0)?.map(\.data) == ["4999"])
    for name in ["b", "c", "d", "e", "f"] {
      journal.record(kind: "application", name: name, data: "here")
      journal.record(kind: "application", name: name, data: "gone", isRemoval: true)
    }
    #expect(journal.events(after: 0) == nil)
    #expect(journal.events(after: journal.sequence) == [])
  }

  @Test func hasSoManyReadersAndNoMore() async {
    let journal = ChangeJournal(maximumReaders: 1)
    let first = journal.reader()
    #expect(first != nil)
    #expect(journal.reader() == nil)
    journal.close()
    if let first { for await _ in first {} }
    #expect(journal.readerCount == 0)
  }

  @Test func streamsChangesAndHeartbeats() async throws {
    try await RunningHub.with(heartbeat: .milliseconds(20)) { hub async throws in
      let text = try await read(hub, lastID: nil) { text in
        if !text.contains("event:") { _ = try await hub.ask("POST", "/api/v1/applications/shop-alpha/refresh") }
        return text.contains("\n:\n\n")
      }
      #expect(text.hasPrefix("retry: 2000\nid: run-"))
      let resumed = try await read(hub, lastID: "other-3") { $0.contains("\n\n") }
      #expect(resumed.contains("event: reset\n"))
      let replayed = try await read(hub, lastID: "run-0") { $0.contains("event: application\n") }
      #expect(replayed.contains(#"data: {"name":"shop-"#))
      #expect(try await hub.ask("GET", "/metrics").text.contains("muster_event_streams"))
    }
  }

  /// What arrives until `isEnough` says so.
  private func read(
    _ hub: RunningHub, lastID: String?, isEnough: (String) async throws -> Bool
  ) async throws -> String {
    var headers = [HTTPHeader("Authorization", "Bearer " + hub.token)]
    if let lastID { headers.append(HTTPHeader("Last-Event-ID", lastID)) }
    let stream = try await hub.transport.stream(
      HTTPRequest(
        url: hub.base + "/api/v1/changes", headers: headers, lane: .watch,
        deadlines: HTTPDeadlines(firstByte: 30, idle: 30, total: nil)))
    #expect(stream.head.status == 200)
    var text = ""
    for try await part in stream.body {
      text += String(decoding: part, as: UTF8.self)
      if try await isEnough(text) { break }
    }
    return text
  }
}
