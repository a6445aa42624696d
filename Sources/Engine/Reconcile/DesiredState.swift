import Fleet
import Manifest

/// What an Application wants in its cluster.
struct DesiredState: Sendable {
  var objects: [DesiredObject] = []
  /// Runs at the phases of a sync, and is otherwise no part of the Application.
  var hooks: [HookObject] = []
  /// What is to be told of them.
  var conditions: [Condition] = []
  /// What could not be placed, since the cluster has no such kind.
  var unplaced: [Unplaced] = []
  /// Whether every object could be placed.
  var isWhole: Bool { unplaced.isEmpty }
  /// Digest of all of it: what has the same one needs no other sync.
  var digest = ContentDigest.none

  struct Unplaced: Sendable {
    var id: ObjectID
    var version: String
    var failure: Failure
    /// Whether a sync may begin without it (`SkipDryRunOnMissingResource=true`).
    var mayBeMissing: Bool
  }

  struct HookObject: Sendable {
    var object: DesiredObject
    var hook: Hook
  }
}

/// Collects what an Application wants in its cluster.
struct DesiredStateBuilder {
  private let application: Application
  private var placed: [Object] = []
  private var hooks: [Object] = []
  private var positions: [ObjectID: Int] = [:]
  private var conditions: [Condition] = []
  private var unplaced: [DesiredState.Unplaced] = []

  init(application: Application) { self.application = application }

  /// Places what was rendered, as the cluster serves its kinds.
  static func state(
    of rendered: [Object], _ application: Application, in session: ClusterSession
  ) async throws -> DesiredState {
    var state = DesiredStateBuilder(application: application)
    let defined = definedKinds(rendered)
    for object in rendered {
      do {
        let isNamespaced: Bool
        if let known = defined[object.gvk.groupKind] {
          isNamespaced = known
        } else {
          isNamespaced = try await session.resource(for: object.gvk).isNamespaced
        }
        try state.add(object, isNamespaced: isNamespaced)
      } catch let failure as Failure where failure.code == "cluster.unknown-kind" {
        state.refuse(object, failure)
      }
    }
    return try state.finish()
  }

  /// The kinds that the rendered objects themselves define, and whether they are namespaced.
  static func definedKinds(_ objects: [Object]) -> [GroupKind: Bool] {
    var kinds: [GroupKind: Bool] = [:]
    for object in objects where object.gvk.kind == "CustomResourceDefinition" {
      guard let spec = object["spec"], let group = spec["group"]?.string, let kind = spec["names"]?["kind"]?.string
      else {
        continue
      }
      kinds[GroupKind(group: group, kind: kind)] = spec["scope"]?.string == "Namespaced"
    }
    return kinds
  }

  /// The kind that each definition among these defines.
  static func definitions(_ objects: [DesiredObject]) -> [ObjectID: GroupKind] {
    var kinds: [ObjectID: GroupKind] = [:]
    for object in objects where object.gvk.kind == "CustomResourceDefinition" {
      if let kind = definedKinds([object.object]).keys.first { kinds[object.id] = kind }
    }
    return kinds
  }

  /// The last of two equal ids wins, as in Argo CD, and it is told.
  mutating func add(_ object: Object, isNamespaced: Bool) throws {
    var object = try Normaliser.normalise(
      object, namespace: isNamespaced ? application.destination.namespace : "", isNamespaced: isNamespaced)
    if isNamespaced && object.namespace.isEmpty {
      object = try Normaliser.normalise(object, namespace: "default", isNamespaced: true)
    }
    if Hook(annotations: object.root["metadata"]?["annotations"]) != nil {
      hooks.append(object)
      return
    }
    if object.name.isEmpty {
      throw Diagnostic(
        "object.name-missing", "\(object.gvk.kind) has a generateName and no name, and is no hook", at: object.origin,
        help: "name it, or have it made by each sync: argocd.argoproj.io/hook: Sync")
    }
    if let position = positions[object.id] {
      conditions.append(
        Condition("RepeatedResourceWarning", "\(object.id) is rendered more than once; the last one counts"))
      placed[position] = object
    } else {
      positions[object.id] = placed.count
      placed.append(object)
    }
  }

  mutating func refuse(_ object: Object, _ failure: Failure) {
    let options = SyncOptions(annotations: object.root["metadata"]?["annotations"])
    unplaced.append(
      .init(
        id: object.id, version: object.gvk.version, failure: failure,
        mayBeMissing: options.union(SyncOptions(application: application.syncPolicy)).contains(.skipsMissing)))
    conditions.append(Condition("UnknownKind", "\(object.id): \(failure.message)"))
  }

  func finish() throws -> DesiredState {
    let placed = ConfigRestart.applied(to: placed, of: application)
    let rules = try ReleaseRules(ignored: application.ignoreDifferences, objects: placed)
    var state = DesiredState()
    state.objects = try placed.map { try rules.desired($0) }
    state.hooks = hooks.compactMap { object in
      Hook(annotations: object.root["metadata"]?["annotations"]).map {
        DesiredState.HookObject(object: DesiredObject(object), hook: $0)
      }
    }
    state.conditions = conditions
    state.unplaced = unplaced
    var hasher = ContentHasher()
    for object in state.objects.sorted(by: { $0.id < $1.id }) { hasher.add(object.digest.description) }
    for hook in state.hooks { hasher.add("hook " + hook.object.digest.description) }
    state.digest = hasher.digest
    return state
  }
}
