import Fleet
import Foundation
import Kubernetes
import Manifest

// MARK: - An Application that goes

extension ManagedApplication {
  /// Seconds until hooks of a deletion that failed are tried again.
  private static let hookRetry = 60.0

  /// PreDelete hooks, then the objects by descending waves, then PostDelete hooks; nothing goes before a hook has said so.
  /// - Returns: ``Outcome/done`` once nothing is left to do.
  func reconcileDeletion(_ session: ClusterSession) async throws -> Outcome {
    status.stage = "delete"
    status.message = "being deleted"
    status.conditions = []
    if isSkipped {
      return refuseDeletion("nothing is deleted while \(Application.skipAnnotation) is set")
    }
    if isCordoned { return refuseDeletion(Self.cordoned(session.name)) }
    parent = try await session.parent(of: applySet)
    if foreignHub != nil { return .done }
    var removal = ApplicationRemoval(
      application: name, applySet: applySet, session: session, client: try client(session))
    removal.options = SyncOptions(application: application.syncPolicy)
    removal.isConfirmed = approvals.confirmed
    removal.propagation = application.deletesInBackground ? .background : .foreground
    removal.isDenied = { [governance, application] in governance.denies($0, of: application) }
    if deletion == .cascade, let parent {
      if let outcome = try await runHooks(of: .preDelete, parent, session) { return outcome }
      switch try await removal.removeObjects(of: parent.groupKinds) {
      case .gone: break
      case .waiting(let words):
        status.message = "being deleted: " + words
        return .again(after: 1)
      case .unconfirmed(let id):
        return refuseDeletion("waiting for deletion confirmation of \(id); to agree: muster app sync \(name) --confirm")
      }
      if let outcome = try await runHooks(of: .postDelete, parent, session) { return outcome }
      try await removal.removeHooks(of: parent.groupKinds)
    }
    try await removal.forget()
    try await services.store.appliedObjects.removeAll(application: name)
    try await services.store.syncs.removeAll(application: name)
    try await services.store.pins.remove(name)
    await services.record([
      Fact(
        time: Date(), kind: .prune, application: name, cluster: session.name.text, actor: "hub",
        cause: "application deleted", outcome: deletion == .cascade ? "Pruned" : "Orphaned")
    ])
    return .done
  }

  private func refuseDeletion(_ message: String, retryAfter seconds: Double? = nil) -> Outcome {
    status.message = message
    status.conditions = [Condition("DeletionError", message)]
    return seconds.map { .again(after: $0) } ?? .wait(reason: message)
  }

  /// - Returns: nil when the deletion may go on.
  private func runHooks(
    of phase: HookPhase, _ parent: ApplySetParent, _ session: ClusterSession
  ) async throws -> Outcome? {
    let cause: SyncOperation.Cause = phase == .preDelete ? .preDelete : .postDelete
    guard parent.deleteHooks.contains(phase), !syncs.isDone(cause) else { return nil }
    let state: DesiredState
    let revision: String
    do {
      let source = try await readSource(try await pinned(fresh: false), fresh: false, session)
      revision = source.revision
      state = try await desiredState(source, session)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      let reason =
        (error as? Diagnostics)?.all.first?.message
        ?? KubernetesClient.failure(from: error, subject: "application \(name)", stage: "render").message
      return refuseDeletion(
        "its \(phase.rawValue) hooks cannot be read, so nothing is deleted: \(reason)", retryAfter: 30)
    }
    var hooksOnly = state
    hooksOnly.objects = []
    hooksOnly.hooks = state.hooks.filter { $0.hook.phases.contains(phase) }
    if hooksOnly.hooks.isEmpty { return nil }
    try await followKinds(of: hooksOnly.hooks.map(\.object), session)
    if let open = syncs.open, open.cause != cause { try await supersede(open, by: "the deletion", session) }
    if syncs.open == nil {
      try await begin(state.digest, revision, [], session, cause: cause, actor: "hub", options: .init())
    }
    var pass = SyncPass(
      application: application, owner: owner, applySet: applySet, state: hooksOnly, revision: revision, request: nil,
      approvals: approvals, hubID: services.hubID)
    try await ensureNamespace(session, pass)
    waitsFor = ""
    let seconds = try await advance(&pass, session, phases: [phase])
    if let failure = pass.failures.first { return .failed(failure) }
    if syncs.open != nil {
      status.message = "being deleted: " + waitsFor
      return .again(after: seconds ?? 5)
    }
    guard let last = syncs.last, last.phase == .succeeded else {
      return refuseDeletion(
        "nothing is deleted, since a \(phase.rawValue) hook failed: \(syncs.last?.message ?? "")",
        retryAfter: Self.hookRetry)
    }
    return nil
  }
}
