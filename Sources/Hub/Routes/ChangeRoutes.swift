import HTTPTypes
import Hummingbird
import Manifest

/// Server-sent events (WHATWG HTML, section 9.2): one for each change of an application or a cluster.
struct ChangeRoutes: Sendable {
  let journal: ChangeJournal
  /// Tells the events of this run of the hub from those of an earlier one.
  let epoch: String

  var routes: [Route] {
    [
      Route(.get, "/api/v1/changes") { request, _ in
        let query = try Query(request, allowed: ["application", "cluster"])
        guard let signals = journal.reader() else {
          var problem = APIProblem(.serviceUnavailable, "too-many-streams", "too many clients follow the changes")
          problem.headers[.retryAfter] = "10"
          throw problem
        }
        let stream = EventStream(
          journal: journal, epoch: epoch, signals: signals, application: query.text("application"),
          cluster: query.text("cluster"), lastID: request.headers[.lastEventID])
        return Response(
          status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
          body: ResponseBody { writer in
            try await request.body.consumeWithCancellationOnInboundClose { _ in try await stream.write(to: &writer) }
            try await writer.finish(nil)
          })
      }
    ]
  }
}

/// One client's stream of events.
private struct EventStream: Sendable {
  let journal: ChangeJournal
  let epoch: String
  let signals: AsyncStream<Void>
  let application: String?
  let cluster: String?
  let lastID: String?

  func write(to writer: inout any ResponseBodyWriter) async throws {
    var sequence = journal.sequence
    var opening = "retry: 2000\n"
    if let lastID {
      if let seen = self.sequence(of: lastID), journal.events(after: seen) != nil {
        sequence = seen
      } else {
        opening += "event: reset\ndata: {}\n"
      }
    }
    try await writer.write(ByteBuffer(string: opening + "id: \(epoch)-\(sequence)\n\n"))
    if lastID != nil { try await writeNews(after: &sequence, to: &writer, orHeartbeat: false) }
    for await _ in signals { try await writeNews(after: &sequence, to: &writer, orHeartbeat: true) }
  }

  private func writeNews(
    after sequence: inout Int, to writer: inout any ResponseBodyWriter, orHeartbeat: Bool
  ) async throws {
    var text = ""
    if let events = journal.events(after: sequence) {
      for event in events {
        sequence = event.sequence
        guard wants(event) else { continue }
        text += "id: \(epoch)-\(event.sequence)\nevent: \(event.kind)\ndata: \(event.data)\n\n"
      }
    } else {
      sequence = journal.sequence
      text = "id: \(epoch)-\(sequence)\nevent: reset\ndata: {}\n\n"
    }
    if text.isEmpty, orHeartbeat { text = ":\n\n" }
    if !text.isEmpty { try await writer.write(ByteBuffer(string: text)) }
  }

  private func wants(_ event: ChangeJournal.Event) -> Bool {
    if application == nil && cluster == nil { return true }
    return event.name == (event.kind == "application" ? application : cluster)
  }

  private func sequence(of id: String) -> Int? {
    guard id.hasPrefix(epoch + "-") else { return nil }
    return Int(id.dropFirst(epoch.count + 1))
  }
}

extension HTTPField.Name {
  fileprivate static var lastEventID: Self { .init("Last-Event-ID") ?? .ifNoneMatch }
}
