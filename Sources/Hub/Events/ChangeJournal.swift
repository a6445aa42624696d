import Manifest
import Synchronization

/// What changed last of each application and cluster, numbered, for any number of readers.
///
/// Only the newest change of a thing is kept, so that memory is bounded by the number of things however slow a reader is:
/// who falls behind sees a thing's last state and not each on the way there. A reader that comes back says the number it
/// saw last, and gets what it missed.
final class ChangeJournal: Sendable {
  struct Event: Sendable, Equatable {
    var sequence: Int
    /// `application` or `cluster`.
    var kind: String
    var name: String
    /// One line of JSON.
    var data: String
    /// The thing is gone; its event is kept for a while.
    var isRemoval: Bool
  }

  private struct State {
    var sequence = 0
    /// Events up to this number may be lacking.
    var floor = 0
    var latest: [String: Event] = [:]
    /// In the order of their numbers; those that a newer one replaced are skipped.
    var log: [(sequence: Int, key: String)] = []
    var removals = 0
    var nextReader = 0
    var readers: [Int: AsyncStream<Void>.Continuation] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())
  private let maximumRemovals: Int
  private let maximumReaders: Int

  init(maximumRemovals: Int = 10_000, maximumReaders: Int = 256) {
    self.maximumRemovals = maximumRemovals
    self.maximumReaders = maximumReaders
  }

  var sequence: Int { state.withLock { $0.sequence } }
  var readerCount: Int { state.withLock { $0.readers.count } }

  /// Takes a change in; what says the same as before is none.
  func record(kind: String, name: String, data: String, isRemoval: Bool = false) {
    let isNews = state.withLock { state in
      let key = kind + "/" + name
      let before = state.latest[key]
      if let before, before.data == data { return false }
      if before == nil, isRemoval { return false }
      state.sequence += 1
      state.latest[key] = Event(
        sequence: state.sequence, kind: kind, name: name, data: data, isRemoval: isRemoval)
      state.log.append((state.sequence, key))
      state.removals += (isRemoval ? 1 : 0) - (before?.isRemoval == true ? 1 : 0)
      if state.removals > maximumRemovals { forgetRemovals(&state) }
      if state.log.count > 2 * state.latest.count + 1_024 { compact(&state) }
      return true
    }
    // Not under the lock: waking a task takes the task's own, under which its cancellation comes for this one.
    if isNews { ring() }
  }

  /// Events after `sequence`, the oldest first; nil when some of them are not known any more.
  func events(after sequence: Int) -> [Event]? {
    state.withLock { state in
      guard sequence >= state.floor, sequence <= state.sequence else { return nil }
      var (low, high) = (0, state.log.count)
      while low < high {
        let middle = (low + high) / 2
        if state.log[middle].sequence <= sequence { low = middle + 1 } else { high = middle }
      }
      return state.log[low...].compactMap { entry in
        state.latest[entry.key].flatMap { $0.sequence == entry.sequence ? $0 : nil }
      }
    }
  }

  /// Rings when there may be news, on each ``ring()``, and ends with ``close()``; nil when there are too many readers.
  func reader() -> AsyncStream<Void>? {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let id: Int? = state.withLock { state in
      guard state.readers.count < maximumReaders else { return nil }
      state.nextReader += 1
      if !state.isClosed { state.readers[state.nextReader] = continuation }
      return state.isClosed ? 0 : state.nextReader
    }
    guard let id else { return nil }
    if id == 0 { continuation.finish() }
    continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.readers[id] = nil } }
    return stream
  }

  /// Wakes all readers, so that they show their clients that they live.
  func ring() {
    let readers = state.withLock { $0.readers }
    for reader in readers.values { reader.yield() }
  }

  func close() {
    let readers = state.withLock { state in
      state.isClosed = true
      return state.readers
    }
    for reader in readers.values { reader.finish() }
  }

  private func compact(_ state: inout State) {
    let latest = state.latest
    state.log.removeAll { latest[$0.key]?.sequence != $0.sequence }
  }

  /// The older half of the removals; who was away for longer is told to look at everything again.
  private func forgetRemovals(_ state: inout State) {
    let removals = state.latest.filter(\.value.isRemoval).sorted { $0.value.sequence < $1.value.sequence }
    for (key, event) in removals.prefix(removals.count / 2 + 1) {
      state.latest[key] = nil
      state.floor = max(state.floor, event.sequence)
      state.removals -= 1
    }
    compact(&state)
  }
}
