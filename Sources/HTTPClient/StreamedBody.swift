import Synchronization

/// What has arrived of a streamed body and was not yet read: filled by the loop thread, emptied by one reader.
final class StreamedBody: Sendable {
  private struct State {
    var unread: [UInt8] = []
    var outcome: Result<Void, TransportError>?
    var reader: CheckedContinuation<[UInt8]?, any Error>?
  }

  private let state = Mutex(State())
  private let limit: Int

  /// - Parameter limit: bytes that may wait unread.
  init(limit: Int) { self.limit = limit }

  /// Adds bytes; false when the reader is too far behind, and the transfer must end.
  func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let (fits, reader) = state.withLock { state -> (Bool, CheckedContinuation<[UInt8]?, any Error>?) in
      if let reader = state.reader {
        state.reader = nil
        return (bytes.count <= limit, reader)
      }
      guard bytes.count <= limit - state.unread.count else { return (false, nil) }
      state.unread.append(contentsOf: bytes)
      return (true, nil)
    }
    if fits { reader?.resume(returning: Array(bytes)) } else { reader?.resume(throwing: overflow) }
    return fits
  }

  /// Ends the body; what is unread is still handed out before the outcome.
  func finish(_ outcome: Result<Void, TransportError>) {
    let reader = state.withLock { state -> CheckedContinuation<[UInt8]?, any Error>? in
      if state.outcome == nil { state.outcome = outcome }
      defer { state.reader = nil }
      return state.reader
    }
    guard let reader else { return }
    switch outcome {
    case .success: reader.resume(returning: nil)
    case .failure(let error): reader.resume(throwing: error)
    }
  }

  /// Everything unread, or waits for the next bytes; nil at the end.
  func next() async throws -> [UInt8]? {
    try await withCheckedThrowingContinuation { reader in
      let answer = state.withLock { state -> Result<[UInt8]?, any Error>? in
        if !state.unread.isEmpty {
          defer { state.unread = [] }
          return .success(state.unread)
        }
        if let outcome = state.outcome { return outcome.map { nil }.mapError { $0 } }
        guard state.reader == nil else {
          return .failure(TransportError.invalidRequest(reason: "a body has one reader"))
        }
        state.reader = reader
        return nil
      }
      if let answer { reader.resume(with: answer) }
    }
  }

  private var overflow: TransportError { .bodyTooLarge(limit: limit) }
}
