import Synchronization

/// A value that changes, for any number of readers; a slow reader misses old values, never the newest.
package final class LatestValue<Value: Sendable>: Sendable {
  private struct State {
    var value: Value?
    var version = 0
  }

  private let state = Mutex(State())
  private let feed = ChangeFeed<Bool>()

  var value: Value? { state.withLock { $0.value } }

  /// One sender at a time.
  func send(_ value: Value) {
    state.withLock { state in
      state.value = value
      state.version += 1
    }
    feed.send([true])
  }

  /// The value that is there, if any, and every newer one, for one reader.
  func values() -> Values { Values(latest: self, changes: feed.changes()) }

  package struct Values: AsyncSequence, Sendable {
    package typealias Element = Value

    fileprivate let latest: LatestValue<Value>
    fileprivate let changes: ChangeFeed<Bool>.Changes

    package struct Iterator: AsyncIteratorProtocol {
      fileprivate let latest: LatestValue<Value>
      fileprivate var changes: ChangeFeed<Bool>.Changes.Iterator
      private var seen = 0

      fileprivate init(_ latest: LatestValue<Value>, _ changes: ChangeFeed<Bool>.Changes.Iterator) {
        self.latest = latest
        self.changes = changes
      }

      /// Nil once the reading task is cancelled.
      package mutating func next() async -> Value? {
        repeat {
          let now = latest.state.withLock { $0 }
          if let value = now.value, now.version > seen {
            seen = now.version
            return value
          }
        } while await changes.next() != nil
        return nil
      }
    }

    package func makeAsyncIterator() -> Iterator { Iterator(latest, changes.makeAsyncIterator()) }
  }
}
