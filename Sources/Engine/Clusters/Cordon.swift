import Synchronization

/// Whether a cluster is out of service: nothing is written there until it is back.
///
/// The queue keeps Applications back by itself; this is for what a session does of its own accord.
final class Cordon: Sendable {
  private let state = Mutex(false)
  /// Rings when it is set or lifted. For one waiter.
  let changed = Alarm()

  var isSet: Bool { state.withLock { $0 } }

  func set(_ isSet: Bool) {
    let isNews = state.withLock { known in
      defer { known = isSet }
      return known != isSet
    }
    if isNews { changed.ring() }
  }
}
