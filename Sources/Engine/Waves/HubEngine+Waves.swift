import Fleet
import Kubernetes
import Manifest

// MARK: - Rollouts over sets

extension HubEngine {
  /// Tells the rollouts of sets what is wanted now.
  /// - Parameters:
  ///   - touched: sets of which something changed.
  ///   - isWhole: whether the fleet was read whole.
  func updateRollouts(
    _ results: [ExpandedFleet.SetResult], _ registry: Registry, touched: Set<String>, isWhole: Bool
  ) async {
    var waveless: Set<String> = []
    var rolling: Set<String> = []
    var unclear: Set<String> = []
    for result in results {
      let set = result.set
      guard let strategy = WaveStrategy(set.strategy) else {
        if WaveStrategy.isAllAtOnce(set.strategy) { waveless.insert(set.name) } else { unclear.insert(set.name) }
        continue
      }
      rolling.insert(set.name)
      let isKnown = toldSets[set.name] == set && toldWhole.contains(set.name)
      let driver = rollouts[set.name] ?? makeRollouts(set, strategy)
      guard !isKnown || touched.contains(set.name) else { continue }
      let wanted = roster.applications(of: set.name).compactMap { name -> (Application, Cluster?)? in
        guard let entry = roster.entries[name], !entry.isDeparted, !entry.isBeingRemoved else { return nil }
        return (entry.application, entry.cluster.flatMap { registry[$0] })
      }
      let isAll = isWhole && result.isComplete
      await driver.take(set, strategy, wanted, isWhole: isAll)
      for (application, _) in wanted { await restage(application.name, of: driver) }
      toldSets[set.name] = set
      if isAll { toldWhole.insert(set.name) } else { toldWhole.remove(set.name) }
    }
    for (name, driver) in rollouts where !rolling.contains(name) {
      if waveless.contains(name) || (isWhole && roster.applications(of: name).isEmpty) {
        await release(name, driver)
      } else {
        // The set is gone, or could not be read: what it made stays as it is.
        await driver.suspend(
          because: unclear.contains(name)
            ? "the set's strategy says not how changes go over its clusters: everything stays as it is"
            : "the set is not in the fleet repository, or cannot be read: everything stays as it is")
        toldWhole.remove(name)
      }
    }
  }

  private func makeRollouts(_ set: ApplicationSet, _ strategy: WaveStrategy) -> SetRollouts {
    let driver = SetRollouts(
      set, strategy, services: services, analyses: analyses,
      read: { [weak self] application in
        guard let self else { throw CancellationError() }
        return try await self.render(application)
      },
      stage: { [weak self, set = set.name] name, staging in await self?.stage(name, staging, for: set) })
    rollouts[set.name] = driver
    post.yield { await driver.run() }
    return driver
  }

  /// What an Application renders to in its cluster.
  /// - Throws: ``Failure``; also where a chart asks about a cluster that does not answer, so that its words do not change
  ///   what is wanted.
  private func render(_ application: Application) async throws -> SourceReader.Answer {
    let session = roster.cluster(of: application.name).flatMap { sessions[$0]?.session }
    return try await services.sources.read(
      application, fresh: false,
      cluster: {
        guard let session, case .reachable = await session.reachability else {
          throw Failure(
            "cluster.unreachable", subject: "application \(application.name)", stage: "render",
            "its cluster does not answer, and the chart asks about it", retry: .backOff)
        }
        return try await session.capabilities()
      },
      permits: governance.sourcePermission(application))
  }

  /// A set has no waves any more: its Applications follow their sources at once.
  private func release(_ name: String, _ driver: SetRollouts) async {
    do {
      try await driver.retire()
    } catch {
      // It stays as it is, and is asked once more with the next reading.
      return logger.error("rollouts not released", metadata: ["set": "\(name)", "reason": "\(error)"])
    }
    rollouts[name] = nil
    toldSets[name] = nil
    toldWhole.remove(name)
    for application in roster.applications(of: name) { await stage(application, nil) }
  }

  private func restage(_ name: String, of driver: SetRollouts) async {
    await stage(name, await driver.staging(of: name))
  }

  /// What rollouts say of an Application; nil where they have no say.
  func staging(of name: String, owner: String?) async -> Staging? {
    guard let owner, let driver = rollouts[owner] else { return nil }
    return await driver.staging(of: name)
  }

  /// What a set's rollouts say counts as long as it has any.
  private func stage(_ name: String, _ staging: Staging, for set: String) async {
    if rollouts[set] != nil { await stage(name, staging) }
  }

  func stage(_ name: String, _ staging: Staging?) async {
    guard let managed = applications[name], let entry = roster.entries[name], !entry.isDeparted,
      !entry.isBeingRemoved
    else { return }
    guard await managed.take(entry.application, owner: entry.owner, staging: staging) else { return }
    request(name, after: 0)
  }

  /// Shows an Application's rollout how it stands.
  func showRollouts(_ name: String, _ application: ManagedApplication) async {
    guard let owner = roster.entries[name]?.owner, let driver = rollouts[owner] else { return }
    await driver.see(name, await application.sighting)
  }

  /// What the rollouts of its set say of an Application; nil for nothing.
  func rolloutWord(on name: String) async -> String? {
    guard let owner = roster.entries[name]?.owner, let driver = rollouts[owner] else { return nil }
    return await driver.word(on: name)
  }

  /// Goes on with analyses, and has rollouts look at those that came on.
  func followAnalyses() async {
    do { try await analyses.resume() } catch {
      logger.error("analyses not resumed", metadata: ["reason": "\(error)"])
    }
    for await _ in analyses.changes() { for driver in rollouts.values { await driver.ring() } }
  }

  /// Looks now for what a set's rollout is to bring next: the Application itself is kept at its commits.
  func lookForNews(of name: String) async {
    guard let entry = roster.entries[name], let owner = entry.owner, let driver = rollouts[owner] else { return }
    for source in entry.application.sources where source.chart.isEmpty {
      do {
        let url = try GitURL(source.repoURL)
        _ = try await services.sources.mirrors.resolve(url, revision: source.targetRevision, freshness: .now)
      } catch {
        let failure = KubernetesClient.failure(from: error, subject: "application \(name)", stage: "refresh")
        logger.warning("no look for news", metadata: ["application": "\(name)", "reason": "\(failure.message)"])
      }
    }
    await driver.review()
  }

  func reviewRollouts() async {
    for driver in rollouts.values { await driver.review() }
  }
}
