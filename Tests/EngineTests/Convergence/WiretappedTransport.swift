import HTTPClient
import Synchronization

@testable import Engine

/// Passes requests on, remembers the writes among them, and can die as a process does: from one moment on nothing gets out.
final class WiretappedTransport: Transport {
  /// When the process that owns the transport is killed.
  enum Death: Sendable {
    /// Before the write of this number gets out.
    case beforeWrite(Int)
    /// After the server did the write of this number, before its answer is in.
    case afterWrite(Int)
  }

  private struct State {
    var writes: [String] = []
    /// Those that were no dry runs.
    var realWrites = 0
    var impersonated: Set<String> = []
    var death: Death?
    var isDead = false
  }

  /// Answers requests to a beginning of URLs in the place of a server.
  typealias StandIn = (prefix: String, answer: @Sendable (HTTPRequest) async throws -> HTTPResponse)

  /// Requests that a server refuses (403): a method, and what stands in the URL.
  typealias Denial = (method: String, part: String)

  private let next: any Transport
  private let denials: [Denial]
  private let standIn: StandIn?
  private let state: Mutex<State>
  /// Rings when the transport dies.
  let died = Alarm()

  init(_ next: any Transport, death: Death? = nil, standIn: StandIn? = nil, denials: [Denial] = []) {
    self.next = next
    self.denials = denials
    self.standIn = standIn
    state = Mutex(State(death: death))
  }

  /// `METHOD URL` of every write that got out, in order.
  var writes: [String] { state.withLock { $0.writes } }
  /// Whom writes acted as.
  var impersonated: Set<String> { state.withLock { $0.impersonated } }
  var isDead: Bool { state.withLock { $0.isDead } }

  func kill() {
    state.withLock { $0.isDead = true }
    died.ring()
  }

  /// - Returns: whether the process does not live to see the answer.
  private func letOut(_ request: HTTPRequest) throws -> Bool {
    let (isDead, diesAfter) = state.withLock { state -> (Bool, Bool) in
      if state.isDead { return (true, false) }
      guard request.method != "GET" else { return (false, false) }
      let isReal = !request.url.contains("dryRun=All")
      let number = state.realWrites + 1
      if isReal, case .beforeWrite(number) = state.death {
        state.isDead = true
        return (true, false)
      }
      for header in request.headers where header.name == "Impersonate-User" { state.impersonated.insert(header.value) }
      state.writes.append(request.method + " " + request.url)
      if isReal { state.realWrites = number }
      guard isReal, case .afterWrite(number) = state.death else { return (false, false) }
      state.isDead = true
      return (false, true)
    }
    if isDead || diesAfter { died.ring() }
    if isDead { throw TransportError.closed }
    return diesAfter
  }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    if let standIn, request.url.hasPrefix(standIn.prefix) { return try await standIn.answer(request) }
    if denials.contains(where: { $0.method == request.method && request.url.contains($0.part) }) {
      return Self.forbidden(request)
    }
    let diesAfter = try letOut(request)
    let response = try await next.send(request)
    if diesAfter || isDead { throw TransportError.closed }
    return response
  }

  private static func forbidden(_ request: HTTPRequest) -> HTTPResponse {
    let path = request.url.split(separator: "?")[0]
    let body =
      #"{"apiVersion":"v1","kind":"Status","status":"Failure","reason":"Forbidden","code":403,"message":"\#(path) is forbidden"}"#
    return HTTPResponse(head: HTTPResponseHead(status: 403, headers: []), body: Array(body.utf8))
  }

  func stream(_ request: HTTPRequest) async throws -> HTTPStream {
    _ = try letOut(request)
    return try await next.stream(request)
  }

  func endStreams(like request: HTTPRequest) { next.endStreams(like: request) }
}
