import Synchronization

/// A value that changes, for any number of readers; a slow reader misses old values, never the newest.
final class LatestValue<Value: Sendable>: Sendable {
  private struct State {
    var value: Value?
    var nextID = 0
    var readers: [Int: AsyncStream<Value>.Continuation] = [:]
  }

  private let state = Mutex(State())

  var value: Value? { state.withLock { $0.value } }

  /// One sender at a time.
  func send(_ value: Value) {
    let readers = state.withLock { state in
      state.value = value
      return Array(state.readers.values)
    }
    // Not under the lock: waking a task takes the task's own, under which its cancellation comes for this one.
    for reader in readers { reader.yield(value) }
  }

  /// The value that is there, if any, and every newer one, for one reader.
  func values() -> AsyncStream<Value> {
    let (stream, continuation) = AsyncStream.makeStream(of: Value.self, bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      state.nextID += 1
      state.readers[state.nextID] = continuation
      if let value = state.value { continuation.yield(value) }
      return state.nextID
    }
    continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.readers[id] = nil } }
    return stream
  }
}
