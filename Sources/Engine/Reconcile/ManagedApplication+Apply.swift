import Fleet
import Foundation
import Kubernetes
import Manifest

// MARK: - What it writes to its cluster

extension ManagedApplication {
  func apply(_ steps: [[Int]], _ pass: inout SyncPass, _ session: ClusterSession) async throws {
    for step in steps {
      await take(await applyStep(step, pass, session), &pass, session)
      if pass.failures.contains(where: { $0.saysClusterIsAway || $0.code == "cluster.busy" }) { return }
    }
  }

  /// What became of the object at `index` of a pass.
  ///
  /// No tuple: with one, optimised builds of Swift 6.3.1 read a wrong index here, and trapped.
  struct StepResult: Sendable {
    let index: Int
    let result: Result<Applier.Answer, any Error>

    var saysBusy: Bool {
      guard case .failure(let error as APIError) = result else { return false }
      return error.kind == .busy
    }
  }

  /// Objects of one wave that are applied at once, as many as the client sends.
  private static let applyWidth = 64

  func applyStep(_ step: [Int], _ pass: SyncPass, _ session: ClusterSession) async -> [StepResult] {
    let options = SyncOptions(application: application.syncPolicy)
    let live = await session.index
    let known: AdoptionCheck.Findings
    let applier: Applier
    do {
      applier = Applier(
        session: session, client: try client(session), applySet: applySet, options: options,
        isStrict: application.isDriftStrict)
      known = try await firstLook(step.map { pass.desired[$0] }.filter { live[$0.id] == nil }, session)
    } catch {
      return step.map { StepResult(index: $0, result: .failure(error)) }
    }
    return await withTaskGroup(of: StepResult.self) { group in
      var results: [StepResult] = []
      for (position, index) in step.enumerated() {
        if position >= Self.applyWidth, let result = await group.next() {
          results.append(result)
          // The rest has its turn when the server has taken breath.
          if result.saysBusy { break }
        }
        let desired = pass.overrules(index) ? pass.desired[index].overruling : pass.desired[index]
        let before = pass.live[desired.id] ?? live[desired.id] ?? known.found[desired.id]
        let adopts = adopts(desired, before)
        let refusal = before == nil ? known.refused[desired.id] : nil
        group.addTask {
          do {
            if !adopts {
              if let refusal { throw refusal }
              if let claim = before?.foreignClaim { throw Self.claimed(desired, claim) }
            }
            let resource = try await session.resource(for: desired.gvk)
            return StepResult(
              index: index, result: .success(try await applier.apply(desired, resource, before: before)))
          } catch {
            return StepResult(index: index, result: .failure(error))
          }
        }
      }
      for await result in group { results.append(result) }
      return results
    }
  }

  /// Whether what is there may be applied over. What this hub applied before is its own, whatever somebody made of the marks
  /// on it.
  func adopts(_ desired: DesiredObject, _ before: LiveObject?) -> Bool {
    records[desired.id] != nil || before?.partOf == applySet || syncs.open?.options.adopt == true
      || desired.options.within(SyncOptions(application: application.syncPolicy)).contains(.adopt)
  }

  /// What is there of objects that this hub never applied, and that carry no label of ours.
  func firstLook(_ objects: [DesiredObject], _ session: ClusterSession) async throws -> AdoptionCheck.Findings {
    let new = objects.filter { records[$0.id] == nil }
    return new.isEmpty ? .init() : try await AdoptionCheck(session: session, client: try client(session)).look(at: new)
  }

  static func claimed(_ desired: DesiredObject, _ claim: String) -> Failure {
    Failure(
      "apply.claimed", subject: "\(desired.id)", stage: "apply",
      "\(claim) claims it; to take it over: muster app adopt, or the sync option Adopt=true", retry: .never)
  }

  func take(_ results: [StepResult], _ pass: inout SyncPass, _ session: ClusterSession) async {
    var put: [AppliedObjects.Key: AppliedRecord] = [:]
    var definitions = false
    for step in results {
      let index = step.index
      let id = pass.desired[index].id
      switch step.result {
      case .success(let answer):
        let healed = pass.healedFields(index)
        if !healed.isEmpty { ledger.healed(id, fields: healed, of: pass.takers(index), now: Seconds.now) }
        pass.applied(index, answer)
        if let paths = answer.rewritten {
          note(rewritten: paths, of: id)
        } else if records[id]?.desired != answer.record.desired {
          rewritten[id] = nil
        }
        records[id] = answer.record
        put[.init(application: name, cluster: session.name.text, object: id)] = answer.record
        definitions = definitions || ["CustomResourceDefinition", "APIService"].contains(id.kind)
      case .failure(let error):
        let failure = KubernetesClient.failure(from: error, subject: "\(id)", stage: "apply")
        if failure.saysClusterIsAway { await session.lost(failure) }
        pass.failed(index, failure)
      }
    }
    if definitions { await awaitKinds(results.map { pass.desired[$0.index] }, session) }
    services.measurements.applied(put.count, failed: results.count - put.count)
    do {
      try await services.store.appliedObjects.put(put)
    } catch {
      services.logger.error("applied objects not remembered", metadata: ["reason": "\(error)"])
    }
  }

  /// What is defined in a sync is served a little later; objects of the kind come next. Asked for as long as that takes.
  private func awaitKinds(_ applied: [DesiredObject], _ session: ClusterSession) async {
    await session.invalidateDiscovery()
    let kinds = DesiredStateBuilder.definedKinds(applied.map(\.object)).keys
    let end = Seconds.now + 5
    for kind in kinds {
      while Seconds.now < end, (try? await session.preferred(kind)) == nil, !Task.isCancelled {
        await Alarm().wait(upTo: .milliseconds(100))
        await session.invalidateDiscovery()
      }
    }
  }

  func prune(_ positions: [Int], _ pass: inout SyncPass, _ session: ClusterSession) async throws {
    let pruner = Pruner(session: session, client: try client(session))
    let going = positions.compactMap { pass.prunes.indices.contains($0) ? pass.prunes[$0] : nil }
    for (live, failure) in await pruner.delete(going, propagation: application.syncPolicy.prunePropagation) {
      if let failure {
        pass.failedPrune(live, failure)
      } else {
        pass.pruned(live)
        records[live.id] = nil
        rewritten[live.id] = nil
      }
    }
    let gone = pass.prunedIDs.map { AppliedObjects.Key(application: name, cluster: session.name.text, object: $0) }
    if !gone.isEmpty { try await services.store.appliedObjects.remove(gone) }
  }
}
