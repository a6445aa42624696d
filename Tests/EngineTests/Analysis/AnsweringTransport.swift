import HTTPClient
import Synchronization

/// Answers requests by a function, and remembers them.
final class AnsweringTransport: Transport {
  private let answer: @Sendable (HTTPRequest) throws -> HTTPResponse
  private let seen = Mutex<[HTTPRequest]>([])

  init(_ answer: @escaping @Sendable (HTTPRequest) throws -> HTTPResponse) { self.answer = answer }

  var requests: [HTTPRequest] { seen.withLock { $0 } }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    seen.withLock { $0.append(request) }
    return try answer(request)
  }

  func stream(_ request: HTTPRequest) async throws -> HTTPStream { throw TransportError.closed }

  func endStreams(like request: HTTPRequest) {}

  /// One answer after the other.
  final class Series<Answer: Sendable>: Sendable {
    struct Ended: Error {}

    private let rest: Mutex<ArraySlice<Answer>>

    init(_ answers: [Answer]) { rest = Mutex(answers[...]) }

    func next() throws -> Answer {
      guard let answer = rest.withLock({ $0.popFirst() }) else { throw Ended() }
      return answer
    }
  }
}

extension HTTPResponse {
  init(_ status: Int, _ body: String = "", headers: [HTTPHeader] = []) {
    self.init(head: HTTPResponseHead(status: status, headers: headers), body: Array(body.utf8))
  }
}

extension HTTPRequest {
  func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }

  var text: String { String(decoding: body ?? [], as: UTF8.self) }
}
