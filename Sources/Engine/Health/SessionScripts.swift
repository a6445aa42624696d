import Fleet
import Manifest

/// The health scripts of one cluster's session: what was handed over, and what is awaited. A value without I/O, but for the
/// queue that it fills.
struct SessionScripts {
  private struct State {
    /// The resourceVersion that was handed over last; empty when only metadata were seen.
    var version: String
    var generation: Int64
    /// Nil when no answer is awaited.
    var ticket: UInt64?
  }

  private static let waiting = HealthReport(.progressing, "waiting for its health script")
  private static let tooMany = HealthReport(.unknown, "too many objects wait for their health scripts")

  private let queue: ScriptedHealth
  private var customizations: HealthCustomizations
  private var asker: ScriptedHealth.Asker?
  private var states: [ObjectID: State] = [:]
  /// Kinds of which some objects were too many to wait.
  private var overflowed: Set<GroupKind> = []

  init(_ queue: ScriptedHealth, _ customizations: HealthCustomizations) {
    self.queue = queue
    self.customizations = customizations
  }

  func script(for kind: GroupKind) -> HealthScript? { customizations.script(for: kind) }

  /// - Parameter receiver: is given the answers, on a thread of their own.
  mutating func begin(_ receiver: @escaping @Sendable (ScriptedHealth.News) -> Void) {
    asker = queue.register(receiver)
  }

  mutating func end() {
    if let asker { queue.forget(asker) }
    asker = nil
  }

  /// Hands an object over. Until there is an answer its health is what it was, unless its spec is another by now.
  mutating func assess(_ id: ObjectID, _ node: Node, _ script: HealthScript, health: inout HealthReport?) {
    if let deletion = HealthCheck.deletion(node) {
      health = deletion
      states[id] = nil
      return
    }
    let metadata = node["metadata"]
    let generation = metadata?["generation"]?.int ?? 0
    if states[id]?.generation != generation { health = Self.waiting }
    // The watch brings whole objects, if later.
    guard node["kind"]?.string != "PartialObjectMetadata", let asker else {
      states[id] = State(version: "", generation: generation)
      return
    }
    let ticket = queue.submit(.init(asker: asker, id: id), script, node)
    states[id] = State(
      version: metadata?["resourceVersion"]?.string ?? "", generation: generation, ticket: ticket)
    if ticket == nil {
      health = Self.tooMany
      overflowed.insert(id.groupKind)
    }
  }

  /// Whether the object has a script that has not seen this state of it.
  func isDue(_ id: ObjectID, version: String) -> Bool { states[id].map { $0.version != version } ?? false }

  /// Whether an answer is the one that is awaited; it is not from then on.
  mutating func take(_ answer: ScriptedHealth.Answer) -> Bool {
    guard let state = states[answer.id], state.ticket == answer.ticket else { return false }
    states[answer.id]?.ticket = nil
    return true
  }

  mutating func forget(_ id: ObjectID) { states[id] = nil }

  mutating func forget(_ kind: GroupKind, unless isThere: (ObjectID) -> Bool = { _ in false }) {
    states = states.filter { $0.key.groupKind != kind || isThere($0.key) }
  }

  /// Takes in other scripts.
  /// - Returns: those of `kinds` whose script is another by now.
  mutating func customise(_ new: HealthCustomizations, among kinds: some Sequence<GroupKind>) -> [GroupKind] {
    guard new != customizations else { return [] }
    let old = customizations
    customizations = new
    return kinds.filter { old.script(for: $0) != new.script(for: $0) }
  }

  /// Lets the objects of a kind be handed over again, in the state that they are in.
  mutating func renew(_ kind: GroupKind) {
    for id in states.keys where id.groupKind == kind { states[id]?.version = "" }
    if script(for: kind) == nil { forget(kind) }
  }

  /// Kinds to list again, since there is room now for what was too much.
  mutating func takeOverflowed() -> Set<GroupKind> {
    guard !overflowed.isEmpty, queue.hasRoom else { return [] }
    defer { overflowed = [] }
    return overflowed
  }
}
