package import Manifest

/// One sync of one Application, from its beginning to its end, retries included: what is being done, and what became of it.
///
/// It is written down before anything that depends on it, so that a hub that was killed goes on where it was.
package struct SyncOperation: Sendable, Codable, Equatable {
  /// Argo CD's names.
  package enum Phase: String, Sendable, Codable {
    case running = "Running"
    case terminating = "Terminating"
    case succeeded = "Succeeded"
    /// The cluster, or an object, said no.
    case failed = "Failed"
    /// Git, or a person, wanted something else before it had come to its end.
    case superseded = "Superseded"

    package var isOver: Bool { self != .running && self != .terminating }
  }

  /// Why it was begun.
  package enum Cause: String, Sendable, Codable {
    /// Git, or the Application, said something new.
    case automated
    /// A person asked.
    case requested
    /// An earlier revision is wanted again.
    case rollback
    /// Its turn came in a rollout over the fleet.
    case rollout
    /// Hooks before, and after, the objects of a deleted Application go.
    case preDelete
    case postDelete
  }

  /// What a person asked for beside the Application's own settings.
  package struct Options: Sendable, Codable, Equatable {
    package var prune: Bool
    /// Every object is applied again.
    package var force: Bool
    /// What another tool claims is taken over.
    package var adopt: Bool
    /// Only these objects; empty for all. Hooks do not run then.
    package var selection: [ObjectSelection]

    package init(prune: Bool = false, force: Bool = false, adopt: Bool = false, selection: [ObjectSelection] = []) {
      self.prune = prune
      self.force = force
      self.adopt = adopt
      self.selection = selection
    }
  }

  /// One task: a phase and an object.
  package struct Key: Sendable, Codable, Hashable, Comparable {
    package var phase: HookPhase
    package var group: String
    package var kind: String
    package var namespace: String
    package var name: String

    package init(_ phase: HookPhase, _ id: ObjectID) {
      self.phase = phase
      group = id.group
      kind = id.kind
      namespace = id.namespace
      name = id.name
    }

    package var id: ObjectID { ObjectID(group: group, kind: kind, namespace: namespace, name: name) }

    package static func < (a: Key, b: Key) -> Bool { (a.phase, a.id) < (b.phase, b.id) }
  }

  /// What became of a task.
  package struct Result: Sendable, Codable, Equatable {
    package enum Status: String, Sendable, Codable {
      case synced = "Synced"
      case failed = "SyncFailed"
      case pruned = "Pruned"
      case pruneSkipped = "PruneSkipped"
      /// A hook that was begun.
      case running = "Running"
      /// A hook that ended well.
      case succeeded = "Succeeded"
    }

    package var status: Status
    package var message: String
    package var isHook: Bool
    /// When a hook was begun, in seconds since 1970.
    package var began: Double
    /// Seconds that a hook may take; nil in records of before it was written down.
    package var limit: Double?
    /// Of what was pruned and stood in the order of waves: its wave.
    package var wave: Int?

    package init(
      _ status: Status, _ message: String = "", isHook: Bool = false, began: Double = 0, limit: Double? = nil,
      wave: Int? = nil
    ) {
      self.status = status
      self.message = message
      self.isHook = isHook
      self.began = began
      self.limit = limit
      self.wave = wave
    }
  }

  /// Counts an Application's syncs, from 1.
  package var number: Int64
  package var cluster: String
  /// Digest of what is synced; what has the same one is the same sync.
  package var digest: String
  package var revision: String
  /// The Application's sources as JSON, for a way back.
  package var sources: String
  package var cause: Cause
  package var actor: String
  /// The id that whoever asked gave it, so that it is not begun twice; nil for none.
  package var request: String?
  package var options: Options
  package var phase = Phase.running
  package var message = ""
  /// 0 for the first try.
  package var retries = 0
  /// Seconds since 1970; nil unless it waits for its next try.
  package var retryAt: Double?
  package var startedAt: Double
  package var finishedAt: Double?
  /// Since when each step that was applied waits for what it brought about, by ``SyncScene/Step/name``; nil for none.
  package var waitingSince: [String: Double]?
  package var results: [Key: Result] = [:]
  /// What dry runs of everything said before anything was done in this try; nil where none were needed, or not yet.
  package var trial: Trial?

  package enum Trial: String, Sendable, Codable {
    case passed, refused
  }

  package init(
    number: Int64, cluster: String, digest: String, revision: String, sources: String, cause: Cause, actor: String,
    request: String? = nil, options: Options = Options(), startedAt: Double
  ) {
    self.number = number
    self.cluster = cluster
    self.digest = digest
    self.revision = revision
    self.sources = sources
    self.cause = cause
    self.actor = actor
    self.request = request
    self.options = options
    self.startedAt = startedAt
  }

  /// What a hook of this try carries, so that no other run is taken for it.
  package func mark(of phase: HookPhase) -> String { "\(number).\(beganAt).\(retries).\(phase.rawValue)" }

  private var beganAt: Int64 { Int64(exactly: startedAt.rounded(.down)) ?? 0 }

  /// What `generateName` of a hook becomes: the same however often it is asked for, and another one for each try. As Argo CD
  /// has it: revision, phase and the second that the sync was begun.
  package func generatedName(_ prefix: String, phase: HookPhase) -> String {
    let suffix = "\(revision.prefix(7))-\(phase.rawValue)-\(beganAt)\(retries == 0 ? "" : "-\(retries)")".lowercased()
    // A Job's name becomes a label of its Pods.
    return String(prefix.lowercased().prefix(max(0, 63 - suffix.utf8.count))) + suffix
  }

  /// Whether hooks run in it.
  package var runsHooks: Bool { options.selection.isEmpty }

  package func covers(_ id: ObjectID) -> Bool {
    options.selection.isEmpty || options.selection.contains { $0.matches(id) }
  }
}

/// Names one object, or all of a kind, as `apps:Deployment:web`, `:Service:*` and `apps:Deployment:prod/web` do.
package struct ObjectSelection: Sendable, Codable, Equatable {
  package var group: String
  package var kind: String
  /// Empty for any.
  package var namespace: String
  /// `*` for any.
  package var name: String

  /// Nil for what is none.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, !parts[1].isEmpty, !parts[2].isEmpty else { return nil }
    let place = parts[2].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    group = parts[0]
    kind = parts[1]
    namespace = place.count == 2 ? place[0] : ""
    name = place.last ?? ""
    if name.isEmpty { return nil }
  }

  package func matches(_ id: ObjectID) -> Bool {
    (group == "*" || group == id.group) && (kind == "*" || kind == id.kind)
      && (namespace.isEmpty || namespace == id.namespace) && (name == "*" || name == id.name)
  }
}
