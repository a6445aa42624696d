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

/// Carries out the AnalysisRuns of Rollouts: measures, and writes what came of it.
extension RolloutController {
  /// Begins those that are not over and not under way, and ends those that are asked to end.
  func followRuns(of rollout: Rollout) {
    for node in caches[.runs]?.all(in: rollout.namespace) ?? [] {
      guard let run = RolloutRun(node), run.controller == rollout.uid, !run.isDeleting else { continue }
      if let handle = runTasks[run.uid] {
        if run.isAskedToEnd { handle.terminate() }
      } else if !run.isCompleted {
        begin(run, node)
      }
    }
  }

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

  private func ended(_ uid: String) { runTasks[uid] = nil }

  /// From where the status stands: another hub may have begun it.
  private func carryOut(_ node: Node, _ terminations: AsyncStream<Void>) async {
    let key = node.key
    let namespace = node["metadata"]?["namespace"]?.string ?? ""
    let (client, clock) = (client, services.clock)
    let source = services.metrics.making { _ in JobProvider(client: client, namespace: namespace, clock: clock) }
    let runner = AnalysisRunner(source: source, clock: clock) { name, key in
      try await Self.secret(name, key, in: namespace, client)
    }
    let owner = AnalysisOwner(
      name: key.name, uid: node["metadata"]?["uid"]?.string ?? "", namespace: namespace)
    let reading = AnalysisManifest.read(node, file: "AnalysisRun \(key.name)", isLive: true)
    guard let spec = reading?.value?.spec else {
      var status = AnalysisStatus()
      status.phase = .error
      status.completedAt = AnalysisTime(seconds: services.clock.now())
      status.message =
        "Analysis spec invalid: " + (reading?.diagnostics.map(\.message).joined(separator: "; ") ?? "it is no run")
      return await write(status, of: key)
    }
    let status = await runner.run(
      spec, file: "AnalysisRun \(key.name)", owner: owner, from: AnalysisStatus(node["status"] ?? .null),
      terminations: terminations
    ) { await self.writeOnce($0, of: key) }
    if status.phase.isCompleted { await write(status, of: key) }
  }

  private static func secret(
    _ name: String, _ key: String, in namespace: String, _ client: KubernetesClient
  ) async throws -> Redacted<String> {
    let secret = try await client.get(.secrets, namespace: namespace, name: name)
    guard let data = secret?["data"]?[key]?.string, let bytes = Base64.decode(data) else {
      throw Failure(
        "analysis.secret", subject: "secret \(namespace)/\(name)", stage: "arguments",
        "key '\(Visible.text(key))' does not exist in secret '\(Visible.text(name))'", retry: .backOff)
    }
    return Redacted(String(decoding: bytes, as: UTF8.self))
  }

  /// One try; a later status says it all again.
  private func writeOnce(_ status: AnalysisStatus, of key: Key) async {
    do {
      try await put(status, of: key)
    } catch {
      let failure = KubernetesClient.failure(from: error, subject: "analysis run \(key.name)", stage: "analysis")
      logger.debug("analysis not written", metadata: ["run": "\(key.name)", "reason": "\(failure.message)"])
    }
  }

  /// The last word is tried until it is written, or the run is gone.
  private func write(_ status: AnalysisStatus, of key: Key) async {
    let backoff = Backoff(base: 0.5, factor: 2, maximum: 30, jitter: 0.3)
    var failures = 0
    while !Task.isCancelled {
      do {
        return try await put(status, of: key)
      } catch let error as APIError where error.kind == .notFound {
        return
      } catch {
        failures += 1
        // Throws only when cancelled, which the loop sees.
        try? await Task.sleep(
          for: .seconds(backoff.delay(afterFailures: failures, random: .random(in: 0..<1))))
      }
    }
  }

  /// The kind has no status subresource: the object itself is patched.
  private func put(_ status: AnalysisStatus, of key: Key) async throws {
    guard let resource = resources[.runs] else { return }
    let subresource = resource.subresources.contains("status") ? "status" : nil
    let answer = try await client.send(
      .mergePatch(
        resource, namespace: key.namespace, name: key.name, patch: ["status": status.node],
        manager: RolloutServices.manager, subresource: subresource))
    note(answer, .runs)
    if let owner = answer.controllingRollout {
      request(.rollout(Key(namespace: key.namespace, name: owner.name)), after: 0)
    }
  }
}
