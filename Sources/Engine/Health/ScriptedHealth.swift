import Dispatch
import Fleet
import Manifest
import Synchronization

/// The hub's health scripts: sessions hand objects over and go on; answers come back when they are there.
///
/// One thread asks one worker process. What waits is bounded; of an object only the newest state waits.
final class ScriptedHealth: Sendable {
  /// Who asks.
  struct Asker: Hashable, Sendable {
    fileprivate var number: UInt64
  }

  struct Key: Hashable, Sendable {
    var asker: Asker
    var id: ObjectID
  }

  struct Answer: Sendable {
    var id: ObjectID
    var ticket: UInt64
    /// Nil where the script gave none.
    var report: HealthReport?
  }

  private struct State {
    var queue = ScriptQueue<Key>(limit: ScriptedHealth.limit)
    var receivers: [Asker: @Sendable (Answer) -> Void] = [:]
    var askers: UInt64 = 0
    var isWorking = false
  }

  private static let limit = 20_000

  private let scripts: HealthScripts
  private let thread = DispatchQueue(label: "muster.health")
  private let state = Mutex(State())

  init(_ scripts: HealthScripts = HealthScripts()) { self.scripts = scripts }

  /// - Parameter receiver: is given the answers, on a thread of their own.
  func register(_ receiver: @escaping @Sendable (Answer) -> Void) -> Asker {
    state.withLock { state in
      state.askers += 1
      let asker = Asker(number: state.askers)
      state.receivers[asker] = receiver
      return asker
    }
  }

  /// Forgets who asks, and what waits for it.
  func forget(_ asker: Asker) {
    state.withLock { state in
      state.receivers[asker] = nil
      state.queue.remove { $0.asker == asker }
    }
  }

  /// Whether a good many more objects may wait.
  var hasRoom: Bool { state.withLock { $0.queue.count < Self.limit / 2 } }

  /// Hands an object over. Never waits.
  /// - Returns: the ticket that the answer will carry; nil when too much waits already.
  func submit(_ key: Key, _ script: HealthScript, _ object: Node) -> UInt64? {
    let (ticket, begins) = state.withLock { state in
      let ticket = state.queue.add(key, script, object)
      let begins = !state.isWorking && ticket != nil
      if begins { state.isWorking = true }
      return (ticket, begins)
    }
    if begins { thread.async { self.work() } }
    return ticket
  }

  /// Until nothing waits.
  private func work() {
    while let job = next() {
      let start = ContinuousClock.now
      let report = scripts.report(job.object, job.script)
      let taken = start.duration(to: .now)
      let receiver = state.withLock { state in
        state.queue.charge(job.script, seconds: taken / .seconds(1))
        return state.receivers[job.key.asker]
      }
      receiver?(Answer(id: job.key.id, ticket: job.ticket, report: report))
    }
  }

  private func next() -> ScriptQueue<Key>.Job? {
    state.withLock { state in
      let job = state.queue.next()
      if job == nil { state.isWorking = false }
      return job
    }
  }
}
