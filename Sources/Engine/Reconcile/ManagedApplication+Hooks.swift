import Fleet
import Kubernetes
import Manifest

// MARK: - What stands in the places of hooks

extension ManagedApplication {
  /// A hook at one of its phases, and what there is of it.
  struct HookRun {
    var position: Int
    var object: DesiredObject
    var hook: Hook
    var key: SyncOperation.Key
    var live: LiveObject?
    /// Why it may not run: what stands in its place is somebody else's.
    var refusal: String?
  }

  /// What stands in the places of hooks without our label, as far as it was looked at.
  struct HookLook {
    var found: [ObjectID: LiveObject] = [:]
    /// What may not be looked at.
    var refused: [ObjectID: Failure] = [:]
    var seen: Set<ObjectID> = []
  }

  /// Looks, once, where the index knows of nothing: what kubectl, helm or another tool left there carries no label of ours, and
  /// a hook applied over a Job that has ended would count as having run.
  /// - Returns: whether anything was found.
  func look(at runs: [HookRun], _ look: inout HookLook, _ session: ClusterSession) async throws -> Bool {
    let new = runs.filter { run in
      // A generated name is of this very sync.
      run.live == nil && !run.object.object.name.isEmpty && look.seen.insert(run.key.id).inserted
    }
    if new.isEmpty { return false }
    let findings = try await AdoptionCheck(session: session, client: try client(session)).look(at: new.map(\.object))
    look.found.merge(findings.found) { $1 }
    look.refused.merge(findings.refused) { $1 }
    return !findings.found.isEmpty || !findings.refused.isEmpty
  }

  func hookRuns(
    of operation: SyncOperation, _ phases: Set<HookPhase>, _ look: HookLook, _ pass: SyncPass, _ session: ClusterSession
  ) async -> [HookRun] {
    guard operation.runsHooks else { return [] }
    let index = await session.index
    var runs: [HookRun] = []
    for (position, hook) in pass.state.hooks.enumerated() {
      for phase in hook.hook.phases where phases.contains(phase) {
        let object = hook.object.object
        let name =
          object.name.isEmpty
          ? operation.generatedName(object.metadata["generateName"]?.string ?? "", phase: phase) : object.name
        let id = ObjectID(group: object.gvk.group, kind: object.gvk.kind, namespace: object.namespace, name: name)
        let live = index[id] ?? look.found[id]
        runs.append(
          HookRun(
            position: position, object: hook.object, hook: hook.hook, key: .init(phase, id), live: live,
            refusal: live.map { claim(on: $0, hook.object) } ?? look.refused[id]?.message))
      }
    }
    return runs
  }

  /// Why what stands in a hook's place may neither be applied over nor go; nil where it may.
  private func claim(on live: LiveObject, _ hook: DesiredObject) -> String? {
    if let other = live.partOf, other != applySet, live.ownsPartOf {
      return "an object of its name is part of another Application (ApplySet \(other))"
    }
    return adopts(hook, live) ? nil : live.foreignClaim.map { Self.claimed(hook, $0).message }
  }

  func state(
    of run: HookRun, _ operation: SyncOperation, _ health: [ObjectID: HealthReport], _ removed: Set<String>
  ) -> SyncScene.HookItem.Live {
    if let refusal = run.refusal { return .claimed(refusal) }
    guard let live = run.live else { return .absent }
    let isDeleting = live.isDeleting || removed.contains(live.uid)
    guard let hook = live.hook, hook.mark == operation.mark(of: run.key.phase) else {
      return .other(isDeleting: isDeleting)
    }
    return .ours(
      health[run.key.id] ?? HealthReport(.healthy), isDeleting: isDeleting, holdsFinalizer: hook.holdsFinalizer)
  }
}
