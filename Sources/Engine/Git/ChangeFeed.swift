import Synchronization

/// Tells any number of listeners which keys changed.
///
/// A listener that is slow gets a key once, however often it changed, so that the memory is bounded by the number of keys.
package final class ChangeFeed<Key: Hashable & Sendable>: Sendable {
  private struct Listener {
    var pending: Set<Key> = []
    var signal: AsyncStream<Void>.Continuation
  }

  private struct State {
    var nextID = 0
    var listeners: [Int: Listener] = [:]
  }

  private let state = Mutex(State())

  package init() {}

  /// Sets of changed keys, from this call on, for one reader.
  package func changes() -> Changes {
    let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      state.nextID += 1
      state.listeners[state.nextID] = Listener(signal: signal)
      return state.nextID
    }
    signal.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[id] = nil } }
    return Changes(feed: self, id: id, signals: signals)
  }

  package struct Changes: AsyncSequence, Sendable {
    package typealias Element = Set<Key>

    fileprivate let feed: ChangeFeed<Key>
    fileprivate let id: Int
    fileprivate let signals: AsyncStream<Void>

    package struct Iterator: AsyncIteratorProtocol {
      fileprivate let feed: ChangeFeed<Key>
      fileprivate let id: Int
      fileprivate var signals: AsyncStream<Void>.Iterator

      /// Nil once the reading task is cancelled.
      package mutating func next() async -> Set<Key>? {
        while await signals.next() != nil {
          let keys = feed.take(id)
          if !keys.isEmpty { return keys }
        }
        return nil
      }
    }

    package func makeAsyncIterator() -> Iterator {
      Iterator(feed: feed, id: id, signals: signals.makeAsyncIterator())
    }
  }

  package func send(_ keys: Set<Key>) {
    guard !keys.isEmpty else { return }
    let signals = state.withLock { state in
      for id in state.listeners.keys { state.listeners[id]?.pending.formUnion(keys) }
      return state.listeners.values.map(\.signal)
    }
    // Not under the lock: waking a task takes the task's own, under which its cancellation comes for this one.
    for signal in signals { signal.yield() }
  }

  fileprivate func take(_ id: Int) -> Set<Key> {
    state.withLock { state in
      let keys = state.listeners[id]?.pending ?? []
      state.listeners[id]?.pending = []
      return keys
    }
  }
}
