package import Manifest

/// What waits for a health script: a machine without I/O and clock.
///
/// One entry an object, the newest state of it. Scripts take turns by the time that they have used, so that a slow one
/// holds nobody else's objects up. It holds a bounded number of objects; what comes beyond is told so.
package struct ScriptQueue<Key: Hashable & Sendable>: Sendable {
  package struct Job: Sendable {
    package var key: Key
    package var script: HealthScript
    package var object: Node
    /// Tells this state of the object from others.
    package var ticket: UInt64
  }

  private struct Lane {
    var keys: [Key] = []
    /// Keys before it have been taken.
    var head = 0
    /// Seconds used, from a common beginning.
    var used: Double

    var isEmpty: Bool { head == keys.count }

    mutating func take() -> Key {
      let key = keys[head]
      head += 1
      if head > 1_000, head * 2 > keys.count {
        keys.removeFirst(head)
        head = 0
      }
      return key
    }
  }

  private let limit: Int
  private var jobs: [Key: Job] = [:]
  private var lanes: [HealthScript: Lane] = [:]
  private var tickets: UInt64 = 0
  /// What the script that ran last had used: a newcomer starts there, without credit for the past.
  private var now = 0.0

  package init(limit: Int) { self.limit = limit }

  package var count: Int { jobs.count }
  package var isEmpty: Bool { jobs.isEmpty }

  /// Adds the newest state of an object, in the place of an older one that waits.
  /// - Returns: the state's ticket; nil when the queue is full.
  package mutating func add(_ key: Key, _ script: HealthScript, _ object: Node) -> UInt64? {
    guard jobs.count < limit || jobs[key] != nil else { return nil }
    tickets += 1
    let waited = jobs.updateValue(Job(key: key, script: script, object: object, ticket: tickets), forKey: key)
    // It keeps its place, unless its script is another by now.
    if waited?.script != script { lanes[script, default: Lane(used: now)].keys.append(key) }
    return tickets
  }

  /// Takes the next object, of the script that has used the least time.
  package mutating func next() -> Job? {
    while let (script, lane) = lanes.min(by: { ($0.value.used, $0.key.text) < ($1.value.used, $1.key.text) }) {
      guard !lane.isEmpty, let key = lanes[script]?.take() else {
        lanes[script] = nil
        continue
      }
      // A key may stand in the lane of a script that was its own before.
      guard let job = jobs[key], job.script == script else { continue }
      jobs[key] = nil
      now = lane.used
      return job
    }
    return nil
  }

  /// Charges a script with what a job took.
  package mutating func charge(_ script: HealthScript, seconds: Double) { lanes[script]?.used += max(seconds, 0) }

  /// Forgets what is no longer asked for.
  package mutating func remove(where isUnwanted: (Key) -> Bool) { jobs = jobs.filter { !isUnwanted($0.key) } }
}
