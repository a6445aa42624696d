import Fleet
import Manifest

// MARK: - Rollouts over sets

extension HubEngine {
  /// Tells the rollouts of sets what is wanted now.
  /// - Parameter touched: sets of which something changed.
  func updateRollouts(_ sets: [ApplicationSet], _ registry: Registry, touched: Set<String>) async {
    var rolling: Set<String> = []
    for set in sets {
      guard let strategy = WaveStrategy(set.strategy) else { continue }
      rolling.insert(set.name)
      let isNew = rollouts[set.name] == nil
      let driver = rollouts[set.name] ?? makeRollouts(set, strategy)
      guard isNew || touched.contains(set.name) || toldSets[set.name] != set else { continue }
      toldSets[set.name] = set
      let wanted = roster.applications(of: set.name).compactMap { name -> (Application, Cluster?)? in
        guard let entry = roster.entries[name], !entry.isDeparted, !entry.isBeingRemoved else { return nil }
        return (entry.application, entry.cluster.flatMap { registry[$0] })
      }
      await driver.take(set, strategy, wanted)
      if isNew { for (application, _) in wanted { await restage(application.name, of: driver) } }
    }
    for (name, driver) in rollouts where !rolling.contains(name) {
      // A set that could not be read is not gone.
      guard sets.contains(where: { $0.name == name }) || snapshot?.isComplete == true else { continue }
      await release(name, driver)
    }
  }

  private func makeRollouts(_ set: ApplicationSet, _ strategy: WaveStrategy) -> SetRollouts {
    let driver = SetRollouts(
      set, strategy, services: services, analyses: analyses,
      read: { [weak self] application in
        guard let self else { throw CancellationError() }
        return try await self.render(application)
      },
      stage: { [weak self] name, staging in await self?.stage(name, staging) })
    rollouts[set.name] = driver
    post.yield { await driver.run() }
    return driver
  }

  /// What an Application renders to in its cluster; where that is away, charts are not told of it.
  private func render(_ application: Application) async throws -> SourceReader.Answer {
    let session = roster.cluster(of: application.name).flatMap { sessions[$0]?.session }
    return try await services.sources.read(
      application, fresh: false,
      cluster: { (try? await session?.capabilities()) ?? ClusterCapabilities() },
      permits: governance.sourcePermission(application))
  }

  /// A set has no waves any more: its Applications follow their sources at once.
  private func release(_ name: String, _ driver: SetRollouts) async {
    rollouts[name] = nil
    toldSets[name] = nil
    await driver.stop()
    do { try await store.rollouts.release(name) } catch {
      logger.error("rollouts not released", metadata: ["set": "\(name)", "reason": "\(error)"])
    }
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

  func stage(_ name: String, _ staging: Staging?) async {
    guard let managed = applications[name], let entry = roster.entries[name], !entry.isDeparted else { return }
    guard await managed.take(entry.application, owner: entry.owner, staging: staging) else { return }
    request(name, after: 0)
  }

  /// Shows an Application's rollout how it stands.
  func showRollouts(_ name: String, _ application: ManagedApplication) async {
    guard let owner = roster.entries[name]?.owner, let driver = rollouts[owner] else { return }
    await driver.see(name, await application.sighting)
  }

  /// Goes on with analyses, and has rollouts look at those that came on.
  func followAnalyses() async {
    do { try await analyses.resume() } catch {
      logger.error("analyses not resumed", metadata: ["reason": "\(error)"])
    }
    for await _ in analyses.changes() { for driver in rollouts.values { await driver.ring() } }
  }

  func reviewRollouts() async {
    for driver in rollouts.values { await driver.review() }
  }
}
