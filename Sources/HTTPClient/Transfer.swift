import CCurl
import Synchronization

/// One request on its way.
///
/// Everything but `sink` and `isCancelled` belongs to the loop thread, which alone reads and writes it: hence
/// unchecked.
final class Transfer: @unchecked Sendable {
  enum Sink {
    case whole(CheckedContinuation<HTTPResponse, any Error>)
    case streamed(CheckedContinuation<HTTPResponseHead, any Error>, StreamedBody)
  }

  enum Phase {
    /// Waits in its origin's queue: for a name, or for room on a connection.
    case queued
    /// With libcurl, on no open connection yet.
    case connecting
    case awaitingHead
    case receiving
    case finished
  }

  private static let maximumAttempts = 4

  let sink: Sink
  let isCancelled = Atomic(false)

  // Loop thread only.
  private(set) var request: HTTPRequest
  var phase = Phase.queued
  var origin: CurlOrigin?
  var handle: CurlHandle?
  var heapIndex: Int?
  /// The rest of the URL behind the site.
  var target: Substring = ""
  var startedAt: UInt64 = 0
  var connectingSince: UInt64?
  var progressAt: UInt64 = 0
  /// The connection's local port, once it is open.
  var connection: StreamGate.Connection?
  var hasLanded = false
  var head = HeadReader()
  var body: [UInt8] = []
  private(set) var attempts = 1
  /// Why we ended it ourselves.
  var ownFailure: TransportError?

  init(request: HTTPRequest, sink: Sink) {
    self.request = request
    self.sink = sink
  }

  /// When this transfer must next have moved, and what it missed if not.
  func deadline() -> (time: UInt64, missed: TransportError)? {
    let limits = request.deadlines
    var soonest: (time: UInt64, missed: TransportError)?
    func consider(_ kind: TransportError.Deadline, from start: UInt64?, _ seconds: Double?) {
      guard let start, let seconds else { return }
      let time = start &+ Clock.nanoseconds(seconds)
      if soonest.map({ time < $0.time }) ?? true { soonest = (time, .deadline(kind, seconds: seconds)) }
    }
    consider(.total, from: startedAt, limits.total)
    switch phase {
    case .queued, .connecting:
      consider(.connect, from: connectingSince, limits.connect)
      consider(.firstByte, from: startedAt, limits.firstByte)
    case .awaitingHead: consider(.firstByte, from: startedAt, limits.firstByte)
    case .receiving: consider(.idle, from: progressAt, limits.idle)
    case .finished: return nil
    }
    return soonest
  }

  /// Whether a refusal may be followed by another attempt: nothing of an answer came, and it was not refused too often.
  var mayBeSentAgain: Bool {
    phase == .awaitingHead && !head.hasBegun && ownFailure == nil && attempts < Transfer.maximumAttempts
      && !isCancelled.load(ordering: .acquiring)
  }

  /// As new, but for its deadlines.
  func startAgain() {
    attempts += 1
    phase = .queued
    connectingSince = nil
    connection = nil
    hasLanded = false
    head = HeadReader()
  }

  /// Takes body bytes; false ends the transfer.
  func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) -> Bool {
    progressAt = now
    let fits: Bool
    switch sink {
    case .whole:
      fits = bytes.count <= request.maximumBodyBytes - body.count
      if fits { body.append(contentsOf: bytes) }
    case .streamed(_, let streamed):
      request.hearing?.note(now)
      fits = streamed.append(bytes)
    }
    if !fits { ownFailure = .bodyTooLarge(limit: request.maximumBodyBytes) }
    return fits
  }

  /// The head is whole: the stream's caller gets it now.
  func headIsComplete(now: UInt64) {
    phase = .receiving
    progressAt = now
    switch sink {
    case .whole:
      if let length = head.contentLength, length <= request.maximumBodyBytes {
        body.reserveCapacity(min(length, 1 << 20))
      }
    case .streamed(let continuation, _):
      continuation.resume(returning: head.head)
      forget()
    }
  }

  /// Lets go of what an open stream needs no more: it may live for long, beside thousands of others.
  private func forget() {
    request.url = ""
    request.headers = []
    request.body = nil
    target = ""
    head.forget()
  }

  /// Tells the caller, once.
  func complete(_ failure: TransportError?) {
    guard phase != .finished else { return }
    let headWasOut = phase == .receiving
    phase = .finished
    switch sink {
    case .whole(let continuation):
      if let failure {
        continuation.resume(throwing: failure)
      } else {
        continuation.resume(returning: HTTPResponse(head: head.head, body: body))
      }
    case .streamed(let continuation, let streamed):
      if !headWasOut { continuation.resume(throwing: failure ?? .disconnected(reason: "no response came")) }
      streamed.finish(failure.map { .failure($0) } ?? .success(()))
    }
  }
}
