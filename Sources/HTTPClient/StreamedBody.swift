import Synchronization

/// What has arrived of a streamed body and was not yet read: filled by the loop thread, emptied by one reader.
///
/// A line that is a mere notice (``HTTPRequest/noticePrefix``) wakes nobody: the last one waits for the next bytes that
/// do, or for the end. Ten thousand idle watches with a bookmark a minute each cost next to nothing that way.
package final class StreamedBody: Sendable {
  package enum Part: Sendable, Equatable {
    case bytes([UInt8])
    case end
  }

  private struct State {
    var unread: [UInt8] = []
    /// The last notice, while nothing else came after it.
    var notice: [UInt8] = []
    var isAtLineStart = true
    var outcome: Result<Void, TransportError>?
    var wake: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())
  private let limit: Int
  private let noticePrefix: [UInt8]?

  /// - Parameters:
  ///   - limit: bytes that may wait unread.
  ///   - noticePrefix: what lines begin with that need not be read at once.
  package init(limit: Int, noticePrefix: [UInt8]? = nil) {
    self.limit = limit
    self.noticePrefix = noticePrefix
  }

  // MARK: - Filling

  /// Adds bytes; false when the reader is too far behind, and the body must end.
  package func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let (fits, wake) = state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
      let isNotice = state.isAtLineStart && state.unread.isEmpty && isOneNotice(bytes)
      if let last = bytes.last { state.isAtLineStart = last == 0x0A }
      if isNotice {
        state.notice = Array(bytes)
        return (bytes.count <= limit, nil)
      }
      guard bytes.count <= limit - state.unread.count - state.notice.count else { return (false, nil) }
      state.unread += state.notice
      state.notice = []
      state.unread.append(contentsOf: bytes)
      defer { state.wake = nil }
      return (true, state.wake)
    }
    wake?()
    return fits
  }

  /// Whether bytes from the start of a line are one whole line, and a notice.
  private func isOneNotice(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let noticePrefix, bytes.starts(with: noticePrefix) else { return false }
    return bytes.firstIndex(of: 0x0A) == bytes.count - 1
  }

  /// Ends the body; what is unread is still handed out before the outcome. Only the first end counts.
  package func finish(_ outcome: Result<Void, TransportError>) {
    let wake = state.withLock { state -> (@Sendable () -> Void)? in
      if state.outcome == nil { state.outcome = outcome }
      state.unread += state.notice
      state.notice = []
      defer { state.wake = nil }
      return state.wake
    }
    wake?()
  }

  // MARK: - Reading

  /// Takes everything unread. Where there is nothing yet, nil; `wake` is then called once, from any thread, when there is
  /// something to be read.
  ///
  /// - Throws: how the body broke off; ``TransportError/invalidRequest(reason:)`` while another reader waits.
  package func read(orWake wake: @escaping @Sendable () -> Void) throws -> Part? {
    try state.withLock { state in
      if !state.unread.isEmpty {
        defer { state.unread = [] }
        return .bytes(state.unread)
      }
      if let outcome = state.outcome {
        try outcome.get()
        return .end
      }
      guard state.wake == nil else { throw TransportError.invalidRequest(reason: "a body has one reader") }
      state.wake = wake
      return nil
    }
  }

  /// Everything unread, or waits for the next bytes; nil at the end.
  func next() async throws -> [UInt8]? {
    while true {
      let part = try await withCheckedThrowingContinuation { (reader: CheckedContinuation<Part?, any Error>) in
        do {
          if let part = try read(orWake: { reader.resume(returning: nil) }) { reader.resume(returning: part) }
        } catch {
          reader.resume(throwing: error)
        }
      }
      switch part {
      case .bytes(let bytes): return bytes
      case .end: return nil
      case nil: continue
      }
    }
  }
}

/// A body that is still arriving. Ending the iteration, dropping the body, or cancelling the reading task stops the
/// transfer.
package struct HTTPStreamBody: AsyncSequence, Sendable {
  private let streamed: StreamedBody
  private let lease: StreamLease?

  /// A body that no transfer fills.
  package init(_ streamed: StreamedBody) {
    self.streamed = streamed
    lease = nil
  }

  init(_ streamed: StreamedBody, _ lease: StreamLease) {
    self.streamed = streamed
    self.lease = lease
  }

  /// As ``StreamedBody/read(orWake:)``: for readers that need no task while nothing arrives.
  package func read(orWake wake: @escaping @Sendable () -> Void) throws -> StreamedBody.Part? {
    try streamed.read(orWake: wake)
  }

  package func makeAsyncIterator() -> Iterator { Iterator(body: self) }

  package struct Iterator: AsyncIteratorProtocol {
    let body: HTTPStreamBody

    package mutating func next() async throws -> [UInt8]? {
      let body = body
      return try await withTaskCancellationHandler {
        try await body.streamed.next()
      } onCancel: {
        body.lease?.end()
      }
    }
  }
}
