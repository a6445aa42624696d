import Fleet
import Kubernetes
import Manifest

/// Ends a run from outside.
struct RunHandle: Sendable {
  fileprivate enum Word: Sendable {
    case terminate, cancel
  }

  fileprivate let words: AsyncStream<Word>.Continuation

  /// Asks for its end, as `spec.terminate` does.
  func terminate() { words.yield(.terminate) }

  /// Gives it up: the object is gone.
  func cancel() { words.yield(.cancel) }
}

/// Carries out AnalysisRuns: measures, and writes what came of it.
extension RolloutController {
  /// Follows those of a Rollout.
  func followRuns(of rollout: Rollout) {
    for node in caches[.runs]?.all(in: rollout.namespace) ?? [] {
      guard let run = RolloutRun(node), run.controller == rollout.uid else { continue }
      follow(run, node)
    }
  }

  /// Begins one that is not over and not under way, and ends one that is asked to end.
  private func follow(_ run: RolloutRun, _ node: Node) {
    let handle = runTasks[run.uid]
    if run.isDeleting {
      handle?.cancel()
    } else if let handle {
      if run.isAskedToEnd { handle.terminate() }
    } else if !run.isCompleted {
      begin(run, node)
    }
  }

  /// Gives up those that a whole list does not name: nobody told of their end.
  func giveUpVanishedRuns() {
    let known = Set((caches[.runs]?.nodes.values ?? [:].values).compactMap { $0["metadata"]?["uid"]?.string })
    for (uid, handle) in runTasks where !known.contains(uid) { handle.cancel() }
  }

  // MARK: Looked at by themselves

  /// Seconds between two looks at one that waits for its time.
  private static let longestWait = 3_600.0

  func look(atRun key: Key) async -> Outcome {
    guard isSynced, let known = caches[.runs]?[key] else { return .done }
    switch await keeper(ofRun: known) {
    case .us: break
    case .another: return .again(after: Self.keeperRetry)
    case .nobody: return .done
    }
    // As it stands now: it may have ended meanwhile.
    guard let node = caches[.runs]?[key], let run = RolloutRun(node), run.uid == known["metadata"]?["uid"]?.string
    else {
      return .done
    }
    // Those of a Rollout are begun when that is looked at.
    if run.controller == nil { follow(run, node) }
    guard let expiry = run.expiry, !run.isDeleting, let resource = resources[.runs] else { return .done }
    let rest = expiry.seconds - services.clock.now()
    guard rest <= 0 else { return .again(after: min(rest + 0.05, Self.longestWait)) }
    do {
      try await client.delete(resource, namespace: key.namespace, name: key.name, uid: run.uid)
      return .done
    } catch let error as APIError where [.notFound, .conflict].contains(error.kind) {
      return .done
    } catch {
      return failed("analysis run", key, error)
    }
  }

  /// Whoever keeps the Rollout that controls it, else the run itself.
  private func keeper(ofRun node: Node) async -> Keeper {
    if let owner = node.controllingRollout {
      let key = Key(namespace: node.key.namespace, name: owner.name)
      guard let rollout = caches[.rollouts]?[key], rollout["metadata"]?["uid"]?.string == owner.uid else {
        return .nobody
      }
      return await keeper(of: rollout, .rollouts)
    }
    return node.hasController ? .nobody : await keeper(of: node, .runs)
  }

  // MARK: Carrying one out

  private func begin(_ run: RolloutRun, _ node: Node) {
    let (words, word) = AsyncStream.makeStream(of: RunHandle.Word.self)
    runTasks[run.uid] = RunHandle(words: word)
    post.yield {
      await withTaskGroup(of: Void.self) { group in
        let (terminations, terminate) = AsyncStream.makeStream(of: Void.self)
        group.addTask { await self.carryOut(node, terminations) }
        group.addTask {
          for await word in words {
            switch word {
            case .terminate: terminate.yield()
            case .cancel: return
            }
          }
        }
        await group.next()
        group.cancelAll()
      }
      await self.ended(run.uid)
    }
  }

  private func ended(_ uid: String) {
    runTasks[uid] = nil
    toldRuns[uid] = nil
  }

  /// From where the status stands: another hub may have begun it.
  private func carryOut(_ node: Node, _ terminations: AsyncStream<Void>) async {
    let key = node.key
    let run = EventSubject(.runs, key, node["metadata"]?["uid"]?.string ?? "")
    toldRuns[run.uid] = AnalysisStatus(node["status"] ?? .null)
    let namespace = node["metadata"]?["namespace"]?.string ?? ""
    let (client, clock) = (client, services.clock)
    let source = services.metrics.making { _ in JobProvider(client: client, namespace: namespace, clock: clock) }
    let runner = AnalysisRunner(source: source, clock: clock) { name, key in
      try await Self.secret(name, key, in: namespace, client)
    }
    let owner = AnalysisOwner(name: key.name, uid: run.uid, namespace: namespace)
    let reading = AnalysisManifest.read(node, file: "AnalysisRun \(key.name)", isLive: true)
    guard let spec = reading?.value?.spec else {
      var status = AnalysisStatus()
      status.phase = .error
      status.completedAt = AnalysisTime(seconds: services.clock.now())
      status.message =
        "Analysis spec invalid: " + (reading?.diagnostics.map(\.message).joined(separator: "; ") ?? "it is no run")
      return await write(status, of: run)
    }
    let status = await runner.run(
      spec, file: "AnalysisRun \(key.name)", owner: owner, from: AnalysisStatus(node["status"] ?? .null),
      terminations: terminations
    ) { status in
      // The last one is written until it is.
      if !status.phase.isCompleted { await self.writeOnce(status, of: run) }
    }
    if status.phase.isCompleted { await write(status, of: run) }
  }

  private static func secret(
    _ name: String, _ key: String, in namespace: String, _ client: KubernetesClient
  ) async throws -> Redacted<String> {
    let subject = "secret \(namespace)/\(name)"
    let found: Node?
    do {
      found = try await client.get(.secrets, namespace: namespace, name: name)
    } catch {
      var failure = KubernetesClient.failure(from: error, subject: subject, stage: "arguments")
      failure.retry = .backOff
      throw failure
    }
    func absent(_ words: String) -> Failure {
      Failure("analysis.secret", subject: subject, stage: "arguments", words, retry: .never)
    }
    guard let secret = found else { throw absent("secret '\(Visible.text(name))' does not exist") }
    guard let data = secret["data"]?[key]?.string, let bytes = Base64.decode(data) else {
      throw absent("key '\(Visible.text(key))' does not exist in secret '\(Visible.text(name))'")
    }
    return Redacted(String(decoding: bytes, as: UTF8.self))
  }

  /// One try; a later status says it all again.
  private func writeOnce(_ status: AnalysisStatus, of run: EventSubject) async {
    do {
      try await put(status, of: run)
    } catch is RunIsGone {
      forget(run)
    } catch {
      let failure = KubernetesClient.failure(from: error, subject: "analysis run \(run.key.name)", stage: "analysis")
      logger.debug("analysis not written", metadata: ["run": "\(run.key.name)", "reason": "\(failure.message)"])
    }
  }

  /// The last word is tried until it is written, or the run is gone.
  private func write(_ status: AnalysisStatus, of run: EventSubject) async {
    let backoff = Backoff(base: 0.5, factor: 2, maximum: 30, jitter: 0.3)
    var failures = 0
    while !Task.isCancelled {
      do {
        return try await put(status, of: run)
      } catch is RunIsGone {
        return forget(run)
      } catch {
        failures += 1
        // Throws only when cancelled, which the loop sees.
        try? await Task.sleep(
          for: .seconds(backoff.delay(afterFailures: failures, random: .random(in: 0..<1))))
      }
    }
  }

  /// Gives up one that is gone, ahead of the watch.
  private func forget(_ run: EventSubject) {
    caches[.runs]?.forget(run.key, uid: run.uid)
    runTasks[run.uid]?.cancel()
  }

  /// It is not there any more, or another one has its name.
  private struct RunIsGone: Error {}

  /// The kind has no status subresource: the object itself is patched.
  private func put(_ status: AnalysisStatus, of run: EventSubject) async throws {
    guard let resource = resources[.runs] else { return }
    let key = run.key
    let subresource = resource.subresources.contains("status") ? "status" : nil
    do {
      note(
        try await client.send(
          .mergePatch(
            resource, namespace: key.namespace, name: key.name,
            patch: ["metadata": .mapping(["uid": .string(run.uid)]), "status": status.node],
            manager: RolloutServices.manager, subresource: subresource)), .runs)
    } catch let error as APIError where error.kind == .notFound {
      throw RunIsGone()
    } catch let error as APIError where [.invalid, .conflict].contains(error.kind) {
      // A uid that is not its own is refused like any other wrong value.
      let live = try await client.get(resource, namespace: key.namespace, name: key.name)
      if live?["metadata"]?["uid"]?.string != run.uid { throw RunIsGone() }
      throw error
    }
    if let node = caches[.runs]?[key] { concern(node, .runs) }
    let events = AnalysisEvents.between(toldRuns[run.uid] ?? AnalysisStatus(), status)
    toldRuns[run.uid] = status
    for event in events.prefix(Self.mostEvents) { await tell(event, of: run) }
  }

  private static let mostEvents = 50
}

extension Node {
  /// Whether an AnalysisRun has something to be done that no look at a Rollout does.
  var isLookedAtByItself: Bool { !hasController || self["spec"]?["ttlStrategy"]?.mapping != nil }

  fileprivate var hasController: Bool {
    self["metadata"]?["ownerReferences"]?.sequence?.contains { $0["controller"]?.bool == true } ?? false
  }
}
