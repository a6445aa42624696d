import HTTPClient
import Synchronization

/// Answers requests from a script, in order, and remembers them.
final class ScriptedTransport: Transport {
  enum Reply: Sendable {
    case answer(status: Int, headers: [HTTPHeader] = [], body: String)
    /// A stream of parts, that ends or breaks.
    case stream(parts: [String], breaks: TransportError? = nil)
    case fails(TransportError)
  }

  private struct State {
    var replies: [Reply]
    var requests: [HTTPRequest] = []
  }

  private let state: Mutex<State>

  init(_ replies: [Reply]) { state = Mutex(State(replies: replies)) }

  var requests: [HTTPRequest] { state.withLock { $0.requests } }

  /// The paths and queries that were asked for.
  var targets: [String] { requests.map { $0.method + " " + $0.url.dropFirst("https://s".count) } }

  private func next(_ request: HTTPRequest) throws -> Reply {
    try state.withLock { state in
      state.requests.append(request)
      guard !state.replies.isEmpty else { throw TransportError.closed }
      return state.replies.removeFirst()
    }
  }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    switch try next(request) {
    case .answer(let status, let headers, let body):
      return HTTPResponse(head: HTTPResponseHead(status: status, headers: headers), body: Array(body.utf8))
    case .stream(let parts, _):
      return HTTPResponse(head: HTTPResponseHead(status: 200, headers: []), body: Array(parts.joined().utf8))
    case .fails(let error): throw error
    }
  }

  func stream(_ request: HTTPRequest) async throws -> HTTPStream {
    switch try next(request) {
    case .answer(let status, let headers, let body): return Self.stream(status, headers, [body], nil)
    case .stream(let parts, let breaks): return Self.stream(200, [], parts, breaks)
    case .fails(let error): throw error
    }
  }

  func endStreams(like request: HTTPRequest) {}

  private static func stream(
    _ status: Int, _ headers: [HTTPHeader], _ parts: [String], _ error: TransportError?
  ) -> HTTPStream {
    let body = StreamedBody(limit: .max)
    Task {
      for part in parts {
        _ = Array(part.utf8).withUnsafeBytes { body.append($0) }
        // Mostly the reader has taken it when the next one comes.
        for _ in 0..<3 { await Task.yield() }
      }
      body.finish(error.map { .failure($0) } ?? .success(()))
    }
    return HTTPStream(
      head: HTTPResponseHead(status: status, headers: headers), body: HTTPStreamBody(body))
  }
}
