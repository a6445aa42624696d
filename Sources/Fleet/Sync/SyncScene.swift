package import Manifest

/// How an Application's objects, hooks and prunes stand: what a sync is decided from.
package struct SyncScene: Sendable {
  /// An object that Git has.
  package struct Item: Sendable {
    /// Its place among the desired objects.
    package var position: Int
    package var id: ObjectID
    /// ``HookPhase/sync``, but for what hooks of an earlier phase stand on.
    package var phase = HookPhase.sync
    package var wave: Int
    package var tier: Int
    package var needsApply: Bool
    /// An earlier one of its name is being deleted.
    package var awaitsDeletion = false
    /// Nil while it is not there.
    package var health: HealthReport?

    package init(position: Int, id: ObjectID, wave: Int, tier: Int, needsApply: Bool) {
      self.position = position
      self.id = id
      self.wave = wave
      self.tier = tier
      self.needsApply = needsApply
    }
  }

  /// One run of a hook.
  package struct HookItem: Sendable {
    package enum Live: Sendable, Equatable {
      case absent
      /// Of an earlier sync, or of no sync at all.
      case other(isDeleting: Bool)
      case ours(HealthReport, isDeleting: Bool, holdsFinalizer: Bool)
      /// Somebody else's object, in words: the hook does not run, and what stands there stays.
      case claimed(String)
    }

    /// Its place among the hooks.
    package var position: Int
    package var key: SyncOperation.Key
    package var wave: Int
    package var hook: Hook
    package var live: Live

    package init(position: Int, key: SyncOperation.Key, wave: Int, hook: Hook, live: Live) {
      self.position = position
      self.key = key
      self.wave = wave
      self.hook = hook
      self.live = live
    }
  }

  /// An object of ours that Git no longer has.
  package struct PruneItem: Sendable {
    /// Its place among the prunes.
    package var position: Int
    package var id: ObjectID
    /// As it stood in Git; prunes go through the waves the other way.
    package var wave: Int
    package var isDeleting: Bool
    package var isLast: Bool

    package init(position: Int, id: ObjectID, wave: Int, isDeleting: Bool, isLast: Bool) {
      self.position = position
      self.id = id
      self.wave = wave
      self.isDeleting = isDeleting
      self.isLast = isLast
    }
  }

  package var items: [Item]
  package var hooks: [HookItem]
  package var prunes: [PruneItem]
  /// The waves of what this sync has pruned: the others keep their places.
  package var prunedWaves: Set<Int>

  package init(items: [Item], hooks: [HookItem], prunes: [PruneItem], prunedWaves: Set<Int> = []) {
    self.items = items
    self.hooks = hooks
    self.prunes = prunes
    self.prunedWaves = prunedWaves
  }

  /// A Namespace that comes later than what goes into it comes with that; likewise a definition and objects of its kind
  /// (gitops-engine, `pkg/sync/sync_tasks.go`).
  /// - Parameter defined: the kind that each definition among the items defines.
  package mutating func liftDependencies(defined: [ObjectID: GroupKind]) {
    typealias Place = (phase: HookPhase, wave: Int)
    func earlier(_ a: Place?, _ b: Place) -> Place { a.map { ($0.phase, $0.wave) <= (b.phase, b.wave) ? $0 : b } ?? b }
    var namespaces: [String: Place] = [:]
    var kinds: [GroupKind: Place] = [:]
    let places =
      items.map { ($0.id, Place($0.phase, $0.wave)) } + hooks.map { ($0.key.id, Place($0.key.phase, $0.wave)) }
    for (id, place) in places where place.phase < .syncFail {
      if !id.namespace.isEmpty { namespaces[id.namespace] = earlier(namespaces[id.namespace], place) }
      kinds[id.groupKind] = earlier(kinds[id.groupKind], place)
    }
    for index in items.indices {
      let item = items[index]
      let isNamespace = item.id.groupKind == GroupKind(group: "", kind: "Namespace")
      let first = isNamespace ? namespaces[item.id.name] : defined[item.id].flatMap { kinds[$0] }
      guard let first, (first.phase, first.wave) < (item.phase, item.wave) else { continue }
      (items[index].phase, items[index].wave) = (first.phase, first.wave)
    }
  }

  /// What is done together, and stands before what comes next may begin.
  struct Step {
    var phase: HookPhase
    var wave: Int
    var items: [Item] = []
    var hooks: [HookItem] = []
    var prunes: [PruneItem] = []

    /// `Sync/2`
    var name: String { "\(phase.rawValue)/\(wave)" }
  }

  /// The steps of these phases, in order.
  func steps(_ phases: Set<HookPhase>) -> [Step] {
    struct Place: Hashable, Comparable {
      var phase: HookPhase
      var wave: Int
      static func < (a: Place, b: Place) -> Bool { (a.phase, a.wave) < (b.phase, b.wave) }
    }
    var steps: [Place: Step] = [:]
    func edit(_ phase: HookPhase, _ wave: Int, _ body: (inout Step) -> Void) {
      guard phases.contains(phase) else { return }
      body(&steps[Place(phase: phase, wave: wave), default: Step(phase: phase, wave: wave)])
    }
    for item in items { edit(item.phase, item.wave) { $0.items.append(item) } }
    for hook in hooks { edit(hook.key.phase, hook.wave) { $0.hooks.append(hook) } }
    let mirrored = mirroredWaves
    let last = (items.map(\.wave) + hooks.filter { $0.key.phase == .sync }.map(\.wave)).max() ?? 0
    for prune in prunes {
      let wave = prune.isLast ? last.addingReportingOverflow(1).partialValue : mirrored[prune.wave] ?? prune.wave
      edit(.sync, wave) { $0.prunes.append(prune) }
    }
    return steps.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Which wave a prune takes place in: the smallest of the waves that prune changes places with the largest, and so on.
  private var mirroredWaves: [Int: Int] {
    let waves = prunedWaves.union(prunes.filter { !$0.isLast }.map(\.wave)).sorted()
    return Dictionary(uniqueKeysWithValues: zip(waves, waves.reversed()))
  }
}
