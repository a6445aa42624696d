package import Fleet
import Glibc
package import Manifest
import Synchronization

/// Runs users' health scripts in a process of their own, one at a time.
///
/// A script that takes longer than a second, or that ends the process, costs that process and nothing else: the next one
/// gets a new one. A script that does it again and again rests for a while, so that others get their turn.
package final class HealthScripts: Sendable {
  /// How the worker is started: by default this program itself.
  package struct Program: Sendable {
    package var path: String
    package var arguments: [String]

    package init(path: String = "/proc/self/exe", arguments: [String] = ["muster", Self.subcommand]) {
      self.path = path
      self.arguments = arguments
    }

    /// What makes `muster` the worker.
    package static let subcommand = "health-worker"
  }

  private struct State {
    var worker: Worker?
    var offences = ScriptOffences()
  }

  /// Only ever used with the lock held.
  private struct Worker: @unchecked Sendable {
    let channel: ChannelProcess
  }

  /// From a request to its answer.
  private static let limit: Duration = .seconds(1)
  /// A fresh process has to load this program first.
  private static let startLimit: Duration = .seconds(10)

  /// Seconds until what may have been a moment's trouble is tried again.
  private static let patience: Int64 = 30

  private let program: Program
  private let state = Mutex(State())

  package init(_ program: Program = Program()) { self.program = program }

  struct Outcome: Sendable, Equatable {
    /// Nil where the script gives none.
    var report: HealthReport?
    /// Seconds after which the same may come out differently: the fault was not the script's, or not for sure.
    var retryAfter: Int64?
  }

  /// The health that a script gives an object, and nil where it gives none. Blocks for a second at most, once the process
  /// has started: not for the cooperative pool.
  package func report(_ object: Node, _ script: HealthScript) -> HealthReport? { outcome(object, script).report }

  func outcome(_ object: Node, _ script: HealthScript) -> Outcome {
    var request = JSON.write(.mapping(["script": .string(script.text), "object": object]))
    guard request.count < HealthWorker.maximumLine else {
      return Outcome(report: HealthReport(.unknown, "the object is too large for a health script"))
    }
    request.append(UInt8(ascii: "\n"))
    return state.withLock { state -> Outcome in
      if let rest = state.offences.rest(of: script, at: .now) {
        let words = "the health script took too long too often; it is tried again in \(rest) s"
        return Outcome(report: HealthReport(.unknown, words), retryAfter: rest)
      }
      do throws(ChannelError) {
        return Outcome(report: try ask(request, &state))
      } catch {
        state.worker = nil
        if case .notStarted = error {} else { state.offences.note(script, at: .now) }
        return Outcome(
          report: Self.failure(error), retryAfter: state.offences.rest(of: script, at: .now) ?? Self.patience)
      }
    }
  }

  private func ask(_ request: [UInt8], _ state: inout State) throws(ChannelError) -> HealthReport? {
    let worker = try awake(&state)
    return Self.report(try worker.channel.exchange(request, .now + Self.limit))
  }

  /// A worker that answers. It may have ended since it last did; a script is to blame only for what it was given.
  private func awake(_ state: inout State) throws(ChannelError) -> Worker {
    if let worker = state.worker, (try? worker.channel.exchange(Self.hello, .now + Self.limit)) == Self.greeting {
      return worker
    }
    state.worker = nil
    let channel = try ChannelProcess(program.path, program.arguments, environment: ["LC_ALL": "C"])
    guard (try? channel.exchange(Self.hello, .now + Self.startLimit)) == Self.greeting else {
      throw .notStarted(reason: "it does not answer")
    }
    let worker = Worker(channel: channel)
    state.worker = worker
    return worker
  }

  static let hello = Array("{\"hello\":true}\n".utf8)
  static let greeting = Array("{\"hello\":true}".utf8)

  private static func report(_ answer: [UInt8]) -> HealthReport? {
    guard let answer = try? JSON.parse(answer) else { return failure(.ended) }
    if let error = answer["error"]?.string { return HealthReport(.unknown, "health script: " + error) }
    guard let status = answer["status"]?.string else { return nil }
    guard let health = Health(rawValue: status) else {
      return HealthReport(.unknown, "Lua returned an invalid health status")
    }
    return HealthReport(health, answer["message"]?.string ?? "")
  }

  private static func failure(_ error: ChannelError) -> HealthReport {
    switch error {
    case .notStarted(let reason):
      HealthReport(.unknown, "the process for health scripts could not be started: " + reason)
    case .ended: HealthReport(.unknown, "the health script broke a limit of time or memory")
    case .deadline: HealthReport(.unknown, "the health script took longer than a second")
    }
  }
}

extension ChannelProcess {
  /// Sends a line and reads the one that answers it.
  fileprivate func exchange(
    _ request: [UInt8], _ deadline: ContinuousClock.Instant
  ) throws(ChannelError) -> [UInt8] {
    try send(request, deadline)
    return try line(limit: 64 << 10, deadline)
  }
}

/// Who broke limits, and for how long they rest: a machine without a clock.
struct ScriptOffences {
  private struct Record {
    var count = 0
    var last: ContinuousClock.Instant
  }

  /// Offences that are free, since a machine may be slow for a moment.
  private static let tolerated = 2
  private static let memory: Duration = .seconds(3_600)
  private static let maximumScripts = 1_000

  private var records: [HealthScript: Record] = [:]

  mutating func note(_ script: HealthScript, at now: ContinuousClock.Instant) {
    records = records.filter { $0.value.last.duration(to: now) < Self.memory }
    guard records.count < Self.maximumScripts || records[script] != nil else { return }
    records[script] = Record(count: (records[script]?.count ?? 0) + 1, last: now)
  }

  /// Whole seconds that a script still rests; nil when it may run.
  func rest(of script: HealthScript, at now: ContinuousClock.Instant) -> Int64? {
    guard let record = records[script], record.count > Self.tolerated else { return nil }
    let seconds = min(30 << Int64(min(record.count - Self.tolerated - 1, 5)), 600)
    let left = Int64(seconds) - record.last.duration(to: now).components.seconds
    return left > 0 ? left : nil
  }
}
