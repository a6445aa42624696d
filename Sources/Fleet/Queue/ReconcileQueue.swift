/// Which keys to reconcile, when, and how many at once: a machine without clock, randomness or I/O.
///
/// Keys are requested for a time; the earliest request wins and repeated ones fold into it. A key never runs twice at
/// once: a request that arrives while it runs is kept for after. Every key belongs to a lane (a cluster); each lane and
/// the whole have a width, and lanes with ready keys take turns, so that one busy lane holds up no other.
///
/// Times are seconds on any clock that does not go back.
package struct ReconcileQueue<Key: Hashable & Sendable, Lane: Hashable & Sendable>: Sendable {
  package struct Limits: Sendable {
    package var width: Int
    package var laneWidth: Int
    package var backoff: Backoff

    package init(width: Int, laneWidth: Int, backoff: Backoff = Backoff()) {
      self.width = max(width, 1)
      self.laneWidth = max(laneWidth, 1)
      self.backoff = backoff
    }
  }

  private struct Entry {
    var lane: Lane
    /// When to run next; nil when nobody asked.
    var due: Double?
    var isReady = false
    var isRunning = false
    /// Removed while running: forgotten once the run ends.
    var isRemoved = false
    var failures = 0
  }

  private struct LaneState {
    var ready: [Key] = []
    var running = 0
    var isQueued = false
  }

  private struct Timer: Comparable {
    var due: Double
    var key: Key
    static func < (a: Timer, b: Timer) -> Bool { a.due < b.due }
    static func == (a: Timer, b: Timer) -> Bool { a.due == b.due && a.key == b.key }
  }

  private let limits: Limits
  private var entries: [Key: Entry] = [:]
  private var lanes: [Lane: LaneState] = [:]
  /// Lanes with something ready, in the order of their turns.
  private var turns: [Lane] = []
  private var timers = BinaryHeap<Timer>()
  private var running = 0

  package init(limits: Limits) { self.limits = limits }

  package var count: Int { entries.count }
  package var runningCount: Int { running }
  /// Keys that could run if there were width.
  package var readyCount: Int { lanes.values.reduce(0) { $0 + $1.ready.count } }

  /// When ``advance(now:)`` has something to do next; nil when only events can bring work.
  package var nextWake: Double? { timers.first?.due }

  /// Asks for `key` to be reconciled at `due`, or earlier if somebody asked for that already.
  package mutating func request(_ key: Key, lane: Lane, at due: Double) {
    var entry = entries[key] ?? Entry(lane: lane)
    if !entry.isRunning && !entry.isReady { entry.lane = lane }
    entry.isRemoved = false
    if entry.isReady { return }
    if let known = entry.due, known <= due {
      entries[key] = entry
      return
    }
    entry.due = due
    entries[key] = entry
    if !entry.isRunning { timers.insert(Timer(due: due, key: key)) }
  }

  /// Forgets a key; a run that is under way is not stopped, and its outcome is ignored.
  package mutating func remove(_ key: Key) {
    guard var entry = entries[key] else { return }
    if entry.isRunning {
      entry.due = nil
      entry.isRemoved = true
      entries[key] = entry
      return
    }
    entries[key] = nil
    if entry.isReady { lanes[entry.lane]?.ready.removeAll { $0 == key } }
  }

  /// Takes in a run's outcome; `random` in 0 ..< 1 spreads the back-off.
  package mutating func finish(_ key: Key, _ outcome: Outcome, now: Double, random: Double) {
    guard var entry = entries[key], entry.isRunning else { return }
    running -= 1
    entry.isRunning = false
    lanes[entry.lane, default: LaneState()].running -= 1
    queueTurn(of: entry.lane)
    if entry.isRemoved {
      entries[key] = nil
      return
    }
    var due: Double?
    switch outcome {
    case .done, .wait: entry.failures = 0
    case .again(let seconds):
      entry.failures = 0
      due = now + max(seconds, 0)
    case .failed(let failure):
      entry.failures += 1
      switch failure.retry {
      case .never: break
      case .backOff: due = now + limits.backoff.delay(afterFailures: entry.failures, random: random)
      case .after(let seconds): due = now + max(seconds, 0)
      }
    }
    entry.due = [entry.due, due].compactMap(\.self).min()
    if let due = entry.due { timers.insert(Timer(due: due, key: key)) }
    entries[key] = entry
  }

  /// Keys to start now, each at most once until its outcome is taken in.
  package mutating func advance(now: Double) -> [Key] {
    makeReady(now: now)
    var started: [Key] = []
    var stuck: [Lane] = []
    while running < limits.width, !turns.isEmpty {
      let lane = turns.removeFirst()
      guard var state = lanes[lane] else { continue }
      state.isQueued = false
      guard !state.ready.isEmpty else {
        lanes[lane] = state
        continue
      }
      guard state.running < limits.laneWidth, state.running == 0 || running < limits.width - reserve else {
        lanes[lane] = state
        stuck.append(lane)
        continue
      }
      let key = state.ready.removeFirst()
      state.running += 1
      running += 1
      lanes[lane] = state
      entries[key]?.isReady = false
      entries[key]?.isRunning = true
      entries[key]?.due = nil
      started.append(key)
      queueTurn(of: lane)
    }
    for lane in stuck where (lanes[lane]?.running ?? 0) < limits.laneWidth { queueTurn(of: lane) }
    return started
  }

  /// A quarter of the width is for lanes that run nothing: many slow ones do not fill it.
  private var reserve: Int { limits.laneWidth < limits.width ? limits.width / 4 : 0 }

  private mutating func makeReady(now: Double) {
    while let timer = timers.first, timer.due <= now {
      timers.removeFirst()
      guard var entry = entries[timer.key], entry.due == timer.due, !entry.isRunning, !entry.isReady else { continue }
      entry.isReady = true
      entries[timer.key] = entry
      lanes[entry.lane, default: LaneState()].ready.append(timer.key)
      queueTurn(of: entry.lane)
    }
  }

  private mutating func queueTurn(of lane: Lane) {
    guard var state = lanes[lane], !state.isQueued, !state.ready.isEmpty,
      state.running < limits.laneWidth
    else { return }
    state.isQueued = true
    lanes[lane] = state
    turns.append(lane)
  }
}
