package import Fleet
import Foundation
import Manifest

// MARK: - From ApplicationSets to Applications

extension HubEngine {
  /// Expands the fleet and takes in what became of it.
  func expand(_ registry: Registry, _ snapshot: FleetSnapshot, isWhole: Bool) async {
    let content = snapshot.content
    let objects = content.objects + control.objects(logger)
    await customise(objects)
    let (results, open) = await expander.expand(
      content.applicationSets, registry: registry, objects: objects,
      projects: ExpansionInputs.projects(content.projects))
    let expanded = ExpandedFleet(sets: results, plain: content.applications, isComplete: isWhole)
    for inquiry in open { post.yield { await self.ask(inquiry, fresh: false) } }
    if !open.isEmpty { expansionAlarm.ring() }
    await recallSets()
    let update = roster.update(expanded, registry: registry, approvals: approvals) { set in
      set.flatMap { Breaker(of: $0, projects: content.projects) } ?? options.breaker
    }
    await record(update.record)
    let touched = Set(
      update.upserts.compactMap(\.owner) + update.removals.compactMap { roster.entries[$0.name]?.owner })
    await updateRollouts(results, registry, touched: touched, isWhole: isWhole)
    for (application, owner) in update.upserts { await upsert(application, owner: owner) }
    for removal in update.removals { await remove(removal) }
    await tell(results, update.refusals)
    await mirrors.need(await neededRepositories)
  }

  /// What the fleet, its generators and its Applications name. Bases of kustomizations and charts' value files are known
  /// when they are read, which keeps their mirrors.
  private var neededRepositories: Set<GitURL> {
    get async {
      var needed = await expander.repositories
      if case .git(let url, _) = repository.location { needed.insert(url) }
      var addresses: Set<String> = []
      for entry in roster.entries.values { addresses.formUnion(entry.application.sources.map(\.repoURL)) }
      // What is none of Git (a chart's) has no mirror.
      needed.formUnion(addresses.compactMap { try? GitURL($0) })
      return needed
    }
  }

  /// Reads what an earlier run remembered of sets; as long as that fails, nothing is done that depends on it.
  private func recallSets() async {
    guard roster.memory == nil else { return }
    do {
      let memory = SetMemory(policies: try await store.setMemories.policies(), kept: try await store.setMemories.kept())
      roster.memory = memory
    } catch {
      logger.error("memory of sets not read", metadata: ["reason": "\(error)"])
    }
  }

  private func record(_ record: SetRecord) async {
    if record.isEmpty { return }
    do {
      try await store.setMemories.record(
        policies: record.policies, kept: record.kept, released: record.released, now: Date())
    } catch {
      roster.forget(record)
      logger.error("memory of sets not written", metadata: ["reason": "\(error)"])
    }
  }

  /// Takes in the health scripts of the ConfigMap `argocd-cm`; what stands in the control folder counts more.
  private func customise(_ objects: [Node]) async {
    let (new, problems) = HealthCustomizations.read(objects)
    guard new != customizations else { return }
    customizations = new
    for problem in problems {
      logger.error("health script not read", metadata: ["reason": "\(problem.message)"])
    }
    for session in sessions.values { await session.session.customise(new) }
  }

  /// Shows how the sets stand, and writes down what became another.
  private func tell(_ results: [ExpandedFleet.SetResult], _ refusals: [Roster.Refusal]) async {
    var facts: [Fact] = []
    var statuses: [String: ApplicationSetStatus] = [:]
    for result in results {
      let name = result.set.name
      let status = ApplicationSetStatus(
        of: result.set, diagnostics: result.answer.diagnostics, failures: result.answer.failures,
        refused: roster.refusedClaims[name] ?? [], refusal: roster.refusals[name]?.reason
      ).timed(after: setStatuses[name], now: HubServices.timestamp())
      let (before, now) = (setStatuses[name]?.condition("ErrorOccurred"), status.condition("ErrorOccurred"))
      if let now, now.isTrue != (before?.isTrue ?? false) {
        facts.append(Self.fact(name, now.isTrue ? "Incomplete" : "Complete", now.reason, now.isTrue ? now.message : ""))
      }
      statuses[name] = status
    }
    setStatuses = statuses
    for refusal in refusals where toldRefusals[refusal.set] != refusal.count {
      facts.append(Self.fact(refusal.set, "RemovalRefused", "breaker", refusal.reason))
    }
    toldRefusals = Dictionary(refusals.map { ($0.set, $0.count) }) { first, _ in first }
    await services.record(facts)
  }

  static func fact(
    _ set: String, _ outcome: String, _ cause: String, _ message: String, actor: String = "hub"
  ) -> Fact {
    Fact(
      time: Date(), kind: .applicationset, actor: actor, cause: cause, outcome: outcome,
      message: "\(set)" + (message.isEmpty ? "" : ": " + message))
  }

  /// Asks what generators want to know, and expands again where the answer is news.
  func ask(_ inquiry: Inquiry, fresh: Bool) async {
    let isNew = await expander.ask(inquiry, fresh: fresh)
    expansionAlarm.ring()
    if isNew { await refreshFleet() }
  }

  /// Asks again by the clock what somebody wants to be asked again, and what failed.
  func followExpansions() async {
    while !Task.isCancelled {
      let now = Seconds.now
      for inquiry in await expander.takeOverdue(now: now) { post.yield { await self.ask(inquiry, fresh: true) } }
      let next = await expander.nextTime ?? .infinity
      await expansionAlarm.wait(upTo: .seconds(min(max(next - now, 0.2), 3_600)))
    }
  }

  /// Pull requests of a repository of these names changed.
  /// - Returns: how many sets look at them.
  package func reviewPullRequests(of names: Set<RepositoryName>) async -> Int {
    let (inquiries, sets) = await expander.takePullRequests(of: names, now: Seconds.now)
    for (inquiry, delay) in inquiries {
      post.yield {
        // Cancelled where the hub stops.
        if delay > 0, (try? await Task.sleep(for: .seconds(delay))) == nil { return }
        await self.ask(inquiry, fresh: true)
      }
    }
    return sets
  }

  /// Branches or tags of these repositories moved.
  func reread(_ identities: Set<String>) async {
    var isNew = false
    for inquiry in await expander.inquiries(into: identities) where await expander.ask(inquiry, fresh: false) {
      isNew = true
    }
    if isNew { await refreshFleet() }
  }
}
