import Synchronization

/// What has arrived of a streamed body and is not read yet: bounded, one reader.
final class StreamBuffer: Sendable {
  private struct State {
    var unread: [UInt8] = []
    var end: Result<Void, any Error>?
    var reader: CheckedContinuation<[UInt8]?, any Error>?
  }

  private let state = Mutex(State())
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// - Returns: false when more waits unread than is allowed.
  func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let (reader, part): (CheckedContinuation<[UInt8]?, any Error>?, [UInt8]) = state.withLock { state in
      if let reader = state.reader {
        state.reader = nil
        return (reader, Array(bytes))
      }
      state.unread += bytes
      return (nil, [])
    }
    reader?.resume(returning: part)
    return state.withLock { $0.unread.count <= limit }
  }

  func finish(_ end: Result<Void, any Error>) {
    let reader = state.withLock { state in
      if state.end == nil { state.end = end }
      defer { state.reader = nil }
      return state.reader
    }
    guard let reader else { return }
    switch end {
    case .success: reader.resume(returning: nil)
    case .failure(let error): reader.resume(throwing: error)
    }
  }

  /// The next part; nil at the body's end.
  func next() async throws -> [UInt8]? {
    try await withCheckedThrowingContinuation { continuation in
      let answer: Result<[UInt8]?, any Error>? = state.withLock { state in
        if !state.unread.isEmpty {
          defer { state.unread = [] }
          return .success(state.unread)
        }
        switch state.end {
        case .success: return .success(nil)
        case .failure(let error): return .failure(error)
        case nil:
          state.reader = continuation
          return nil
        }
      }
      if let answer { continuation.resume(with: answer) }
    }
  }
}
