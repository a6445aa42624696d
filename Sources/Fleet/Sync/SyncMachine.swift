import Manifest

/// What a sync does next.
package enum SyncTurn: Sendable, Equatable {
  /// Try these objects, by ``SyncScene/Item/position``, and these hooks by dry runs, and say in ``SyncOperation/trial`` whether
  /// all are accepted.
  case tryOut([Int], [SyncOperation.Key])
  /// Apply these objects at the same time, by ``SyncScene/Item/position``.
  case apply([Int])
  /// Create these hooks, by ``SyncScene/HookItem/position`` and phase.
  case startHooks([SyncOperation.Key])
  /// Let go of hooks whose end was taken in: their finalizer goes.
  case releaseHooks([SyncOperation.Key])
  case removeHooks([SyncOperation.Key])
  /// Delete these, by ``SyncScene/PruneItem/position``.
  case prune([Int])
  /// Nothing can be done now; look again when something changes, or after so many seconds.
  case wait(String, seconds: Double?)
  /// It is over.
  case finish
}

/// (operation, scene, time) → what to do next. No I/O and no clock: the shell does what it says, tells it what came of it in
/// ``SyncOperation/results``, and asks again with a new scene.
///
/// The order is Argo CD's (gitops-engine, `pkg/sync/sync_context.go`): PreSync hooks, the waves of objects and Sync hooks,
/// PostSync hooks, each wave only after all before it are healthy; SyncFail hooks when something failed. Within a wave objects
/// are applied before what left Git is deleted.
package struct SyncMachine: Sendable {
  package struct Settings: Sendable {
    /// Nil for no retries.
    package var retry: SyncPolicy.Retry?
    /// Seconds that an object may be seen Degraded after its apply: the state may be of what was there before, and some
    /// objects begin that way.
    package var grace: Double
    /// The same in the last step, where nothing waits for it.
    package var lastGrace: Double
    /// Seconds; nil for no limit.
    package var timeout: Double?
    /// What is gone through, in order.
    package var phases: Set<HookPhase>

    package init(
      retry: SyncPolicy.Retry?, grace: Double = 20, lastGrace: Double = 600, timeout: Double? = nil,
      phases: Set<HookPhase> = [.preSync, .sync, .postSync]
    ) {
      self.retry = retry
      self.grace = grace
      self.lastGrace = lastGrace
      self.timeout = timeout
      self.phases = phases
    }
  }

  package var settings: Settings

  package init(settings: Settings) { self.settings = settings }

  /// - Parameter now: seconds since 1970.
  package func turn(_ operation: inout SyncOperation, _ scene: SyncScene, now: Double) -> SyncTurn {
    if operation.phase.isOver { return .finish }
    if let retryAt = operation.retryAt {
      if operation.phase != .terminating, now < retryAt {
        return .wait(operation.message, seconds: retryAt - now)
      }
      operation.retryAt = nil
    }
    observe(scene, &operation, now: now)
    let over = scene.hooks.filter { operation.results[$0.key]?.isOver ?? false && $0.holdsOurFinalizer }
    if !over.isEmpty { return .releaseHooks(over.map(\.key)) }
    if operation.phase == .running, let timeout = settings.timeout, now - operation.startedAt > timeout {
      operation.phase = .terminating
      operation.message = "operation is terminating due to timeout"
    }
    if operation.phase == .terminating { return terminate(&operation, scene, now: now) }
    let steps = scene.steps(settings.phases)
    if let turn = tryOut(steps, &operation, scene, now: now) { return turn }
    for (index, step) in steps.enumerated() {
      if let turn = work(on: step, isLast: index == steps.count - 1, &operation, scene, now: now) { return turn }
    }
    return succeed(&operation, scene, now: now)
  }

  /// Takes in what became of hooks that run.
  private func observe(_ scene: SyncScene, _ operation: inout SyncOperation, now: Double) {
    for hook in scene.hooks {
      guard var result = operation.results[hook.key], result.status == .running else { continue }
      switch hook.live {
      case .ours(let health, _, _):
        switch health.health {
        case .healthy: result.status = .succeeded
        case .degraded, .unknown: result.status = .failed
        case .progressing, .suspended, .missing: break
        }
        result.message = health.message
      case .absent, .other, .claimed:
        result.status = .failed
        result.message = "Resource \(Self.words(hook.key)) is missing, it might have been deleted"
      }
      if result.status == .running, now - result.began > hook.hook.timeout {
        result.status = .failed
        result.message = "did not end within \(Self.whole(hook.hook.timeout)) seconds"
      }
      operation.results[hook.key] = result
    }
  }

  // MARK: The trial

  /// Where something comes before something else, nothing begins until the server has accepted all of it: no hook runs, and no
  /// wave is applied, for what is refused later (gitops-engine dry-runs every sync). A sync of one step needs none: its
  /// objects are refused one by one.
  private func tryOut(
    _ steps: [SyncScene.Step], _ operation: inout SyncOperation, _ scene: SyncScene, now: Double
  ) -> SyncTurn? {
    switch operation.trial {
    case .passed: return nil
    case .refused:
      let first = operation.failures.first.map { "\(Self.words($0.key)): \($0.value.message)" } ?? ""
      let more = operation.failures.count > 1 ? " and \(operation.failures.count - 1) more" : ""
      conclude(
        &operation, "one or more objects failed to apply (dry run), reason: " + first + more, mayRetry: true, now: now)
      return operation.phase.isOver ? .finish : .wait(operation.message, seconds: operation.retryAt.map { $0 - now })
    case nil:
      guard operation.results.isEmpty, settings.phases.contains(.sync),
        steps.count > 1 || steps.contains(where: { !$0.hooks.isEmpty })
      else { return nil }
      let due = scene.items.filter { $0.needsApply && !$0.awaitsDeletion }.map(\.position)
      let hooks = scene.hooks.map(\.key)
      if due.isEmpty && hooks.isEmpty { return nil }
      refuseClaimed(scene.hooks, &operation)
      if operation.results.isEmpty { return .tryOut(due, hooks) }
      operation.trial = .refused
      return tryOut(steps, &operation, scene, now: now)
    }
  }

  // MARK: A step

  /// - Returns: nil when the step is complete.
  private func work(
    on step: SyncScene.Step, isLast: Bool, _ operation: inout SyncOperation, _ scene: SyncScene, now: Double
  ) -> SyncTurn? {
    let due = step.items.filter { $0.needsApply && !$0.awaitsDeletion && operation.results[Self.key($0)] == nil }
    if let tier = due.map(\.tier).min() {
      operation.waitingSince?[step.name] = nil
      return .apply(due.filter { $0.tier == tier }.map(\.position))
    }
    refuseClaimed(step.hooks, &operation)
    if step.hasFailed(in: operation) { return fail(&operation, scene, now: now) }
    if let deleted = step.items.first(where: { $0.needsApply && $0.awaitsDeletion }) {
      return .wait("waiting for deletion of \(Self.words(Self.key(deleted)))", seconds: 2)
    }
    if let turn = begin(step.hooks, &operation) { return turn }
    let unpruned = step.prunes.filter { operation.results[Self.key($0)] == nil && !$0.isDeleting }
    if !unpruned.isEmpty { return .prune(unpruned.map(\.position)) }
    return waitFor(step, isLast: isLast, &operation, scene, now: now)
  }

  /// A hook whose place somebody else's object has.
  private func refuseClaimed(_ hooks: [SyncScene.HookItem], _ operation: inout SyncOperation) {
    for hook in hooks where operation.results[hook.key] == nil {
      guard case .claimed(let words) = hook.live else { continue }
      operation.results[hook.key] = .init(.failed, words, isHook: true)
    }
  }

  /// Hooks of earlier syncs go, then those of this one come.
  private func begin(_ hooks: [SyncScene.HookItem], _ operation: inout SyncOperation) -> SyncTurn? {
    let due = hooks.filter { operation.results[$0.key] == nil }
    for hook in due {
      // It was created before this hub was killed.
      if case .ours = hook.live { return .startHooks(due.filter { $0.isOurs }.map(\.key)) }
    }
    let old = due.filter {
      $0.hook.deletePolicies.contains(.beforeHookCreation) && $0.live == .other(isDeleting: false)
    }
    if !old.isEmpty { return .removeHooks(old.map(\.key)) }
    if let leaving = due.first(where: { $0.live == .other(isDeleting: true) }) {
      return .wait("waiting for deletion of hook \(Self.words(leaving.key))", seconds: 1)
    }
    return due.isEmpty ? nil : .startHooks(due.map(\.key))
  }

  private func waitFor(
    _ step: SyncScene.Step, isLast: Bool, _ operation: inout SyncOperation, _ scene: SyncScene, now: Double
  ) -> SyncTurn? {
    let running = step.hooks.filter { operation.results[$0.key]?.status == .running }
    let unhealthy = step.items.filter { holdsUp($0, isLast: isLast) && operation.covers($0.id) }
    let leaving = isLast ? [] : step.prunes.filter(\.isDeleting)
    if running.isEmpty, unhealthy.isEmpty, leaving.isEmpty {
      operation.waitingSince?[step.name] = nil
      return nil
    }
    let since = operation.waitingSince?[step.name] ?? now
    operation.waitingSince = (operation.waitingSince ?? [:]).merging([step.name: since]) { $1 }
    let grace = (isLast ? settings.lastGrace : settings.grace) - (now - since)
    for item in unhealthy where item.health?.health == .degraded && grace <= 0 {
      let message = item.health?.message ?? ""
      operation.results[Self.key(item)] = .init(.failed, "degraded" + (message.isEmpty ? "" : ": " + message))
    }
    if step.hasFailed(in: operation) { return fail(&operation, scene, now: now) }
    let soon = unhealthy.contains { $0.health?.health == .degraded } ? max(grace, 0.1) : nil
    if let first = running.first {
      let left = running.compactMap { hook in
        operation.results[hook.key].map { max(1, $0.began + hook.hook.timeout - now) }
      }.min()
      return .wait(
        "waiting for completion of hook " + Self.words(first.key, and: running.count - 1, "hooks"),
        seconds: soon ?? left)
    }
    if let first = unhealthy.first {
      return .wait(
        "waiting for healthy state of " + Self.words(Self.key(first), and: unhealthy.count - 1, "resources"),
        seconds: soon)
    }
    return leaving.first.map { .wait("waiting for deletion of " + Self.words(Self.key($0)), seconds: nil) }
  }

  /// What comes after a step stands on its being healthy; nothing stands on the last one, which only has to get there.
  private func holdsUp(_ item: SyncScene.Item, isLast: Bool) -> Bool {
    switch item.health?.health {
    case .healthy: false
    case .suspended, .unknown: !isLast
    case .progressing, .degraded, .missing, nil: true
    }
  }

  // MARK: The end

  private func succeed(_ operation: inout SyncOperation, _ scene: SyncScene, now: Double) -> SyncTurn {
    if let turn = cleanUp(.hookSucceeded, operation, scene) { return turn }
    let again = operation.retries == 0 ? "" : " (retried \(operation.retries) times)."
    finish(&operation, .succeeded, "successfully synced (all tasks run)" + again, now: now)
    return .finish
  }

  private func fail(_ operation: inout SyncOperation, _ scene: SyncScene, now: Double) -> SyncTurn {
    let running = scene.hooks.filter { operation.results[$0.key]?.status == .running && $0.key.phase != .syncFail }
    if let first = running.first {
      return .wait(
        "waiting for completion of hook " + Self.words(first.key, and: running.count - 1, "hooks"), seconds: 5)
    }
    for step in scene.steps([.syncFail]) {
      refuseClaimed(step.hooks, &operation)
      if let turn = begin(step.hooks, &operation) { return turn }
      if let open = step.hooks.first(where: { operation.results[$0.key]?.status == .running }) {
        return .wait("waiting for completion of hook " + Self.words(open.key), seconds: 5)
      }
    }
    if let turn = cleanUp(.hookFailed, operation, scene) { return turn }
    let reason = operation.failures.first.map { "\(Self.words($0.key)): \($0.value.message)" } ?? ""
    conclude(
      &operation, "one or more synchronization tasks completed unsuccessfully, reason: " + reason,
      mayRetry: operation.hasMoreToDo(scene), now: now)
    return operation.phase.isOver ? .finish : .wait(operation.message, seconds: operation.retryAt.map { $0 - now })
  }

  private func terminate(_ operation: inout SyncOperation, _ scene: SyncScene, now: Double) -> SyncTurn {
    let running = scene.hooks.filter { operation.results[$0.key]?.status == .running }
    if !running.isEmpty { return .removeHooks(running.map(\.key)) }
    finish(
      &operation, .failed, operation.message.isEmpty ? "Operation terminated" : operation.message, now: now)
    return .finish
  }

  /// The hooks that a sync which ends so does not leave behind.
  private func cleanUp(_ policy: Hook.DeletePolicy, _ operation: SyncOperation, _ scene: SyncScene) -> SyncTurn? {
    let going = scene.hooks.filter { hook in
      guard hook.hook.deletePolicies.contains(policy), operation.results[hook.key]?.isOver == true,
        case .ours(_, isDeleting: false, _) = hook.live
      else { return false }
      return true
    }
    return going.isEmpty ? nil : .removeHooks(going.map(\.key))
  }

  /// Ends a try: the operation with it, or it waits for the next.
  private func conclude(_ operation: inout SyncOperation, _ message: String, mayRetry: Bool, now: Double) {
    guard mayRetry, let retry = settings.retry, retry.limit < 0 || Int64(operation.retries) < retry.limit else {
      let again = operation.retries == 0 ? "" : " (retried \(operation.retries) times)."
      return finish(&operation, .failed, message + again, now: now)
    }
    let delay = retry.delay(before: operation.retries)
    operation.retries += 1
    operation.retryAt = now + delay
    operation.results = [:]
    operation.trial = nil
    operation.waitingSince = nil
    operation.message = "\(message). Retrying attempt #\(operation.retries) in \(Self.whole(delay)) seconds."
  }

  private func finish(
    _ operation: inout SyncOperation, _ phase: SyncOperation.Phase, _ message: String, now: Double
  ) {
    operation.phase = phase
    operation.message = message
    operation.finishedAt = now
  }

  // MARK: Words

  static func key(_ item: SyncScene.Item) -> SyncOperation.Key { .init(.sync, item.id) }
  static func key(_ item: SyncScene.PruneItem) -> SyncOperation.Key { .init(.sync, item.id) }

  private static func whole(_ seconds: Double) -> Int64 { Int64(exactly: seconds.rounded()) ?? .max }

  /// `apps/Deployment/web and 3 more resources`, as Argo CD has it.
  private static func words(_ key: SyncOperation.Key, and more: Int = 0, _ what: String = "") -> String {
    let name = [key.group, key.kind, key.name].filter { !$0.isEmpty }.joined(separator: "/")
    return more > 0 ? "\(name) and \(more) more \(what)" : name
  }
}

extension SyncScene.Step {
  func hasFailed(in operation: SyncOperation) -> Bool {
    items.contains { operation.results[SyncMachine.key($0)]?.status == .failed }
      || hooks.contains { operation.results[$0.key]?.status == .failed }
      || prunes.contains { operation.results[SyncMachine.key($0)]?.status == .failed }
  }
}

extension SyncScene.HookItem {
  var isOurs: Bool { if case .ours = live { true } else { false } }
  var holdsOurFinalizer: Bool { if case .ours(_, _, holdsFinalizer: true) = live { true } else { false } }
}

extension SyncOperation.Result {
  /// Whether a hook has ended.
  var isOver: Bool { isHook && status != .running }
}

extension SyncOperation {
  package var failures: [(key: Key, value: Result)] {
    results.filter { $0.value.status == .failed }.sorted { $0.key < $1.key }
  }

  /// Whether another try would do anything: all that is left of one whose last objects are only not healthy is to wait.
  func hasMoreToDo(_ scene: SyncScene) -> Bool {
    !scene.hooks.isEmpty || scene.items.contains { $0.needsApply && results[SyncMachine.key($0)]?.status != .synced }
      || scene.steps([.sync]).count > 1
  }
}

extension SyncPolicy.Retry {
  /// However a policy reads, the next try comes within a day.
  private static let longest = 86_400.0

  /// Seconds before the try that follows `retries` retries: duration · factor^retries, at most the longest.
  package func delay(before retries: Int) -> Double {
    let wait = min(duration * pow(Double(max(factor, 1)), retries), Self.longest)
    return max(0, maxDuration > 0 ? min(wait, maxDuration) : wait)
  }

  private func pow(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    for _ in 0..<min(exponent, 64) { result *= base }
    return result
  }
}
