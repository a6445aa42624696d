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

  enum News: Sendable {
    case answer(Answer)
    /// Objects of this kind are to be handed over once more.
    case again(GroupKind)
  }

  private struct Retry: Hashable {
    var asker: Asker
    var kind: GroupKind
  }

  private struct State {
    /// What is to be tried again, and waits for its time.
    var retries: Set<Retry> = []
    var queue = ScriptQueue<Key>(limit: ScriptedHealth.limit)
    var receivers: [Asker: @Sendable (News) -> Void] = [:]
    var askers: UInt64 = 0
    var isWorking = false
  }

  private static let limit = 20_000

  private let scripts: HealthScripts
  private let thread = DispatchQueue(label: "muster.health")
  private let state = Mutex(State())

  private let limitOfRetry: Int64

  /// - Parameter limitOfRetry: seconds that a retry waits at most; tests have less time.
  init(_ scripts: HealthScripts = HealthScripts(), limitOfRetry: Int64 = 3_600) {
    self.scripts = scripts
    self.limitOfRetry = limitOfRetry
  }

  /// - Parameter receiver: is given the answers, on a thread of their own.
  func register(_ receiver: @escaping @Sendable (News) -> Void) -> Asker {
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
      let outcome = scripts.outcome(job.object, job.script)
      let taken = start.duration(to: .now)
      let receiver = state.withLock { state in
        state.queue.charge(job.script, seconds: taken / .seconds(1))
        return state.receivers[job.key.asker]
      }
      receiver?(.answer(Answer(id: job.key.id, ticket: job.ticket, report: outcome.report)))
      if let seconds = outcome.retryAfter {
        retry(Retry(asker: job.key.asker, kind: job.key.id.groupKind), after: seconds)
      }
    }
  }

  private func retry(_ retry: Retry, after seconds: Int64) {
    guard state.withLock({ $0.retries.insert(retry).inserted }) else { return }
    thread.asyncAfter(deadline: .now() + .seconds(Int(min(seconds, limitOfRetry)))) {
      let receiver = self.state.withLock { state in
        state.retries.remove(retry)
        return state.receivers[retry.asker]
      }
      receiver?(.again(retry.kind))
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
