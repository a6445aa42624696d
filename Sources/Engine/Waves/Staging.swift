import Fleet

/// At what an Application is kept while rollouts go over its set.
struct Staging: Sendable, Equatable {
  /// Nil where nothing was approved yet: it is looked at, and nothing of it is applied.
  var version: ApplicationVersion?
  /// The id of the sync that is to bring it about; nil where that is over.
  var request: String?
  /// Whether that sync takes it back.
  var isWayBack = false
  /// Whether any step selects it; nothing else is ever synced.
  var isSelected = true
  /// Whose sync it is: `rollout web#3`.
  var actor = "hub"
}

extension ManagedApplication {
  /// Takes over what the hub says of it: the Application as it is wanted, or as a rollout has it for now.
  /// - Returns: whether anything changed.
  func take(_ wanted: Application, owner: String?, staging new: Staging?) -> Bool {
    let isUpdated = update(new?.version?.application ?? wanted, owner: owner)
    return stage(new) || isUpdated
  }

  private func stage(_ new: Staging?) -> Bool {
    guard new != staging else { return false }
    if new?.version != staging?.version { forgetDesired() }
    staging = new
    return true
  }

  /// What is to be synced next: what a person asked for, else what a rollout did. That is asked for until it is begun, and
  /// only by a pass that sees the version that is meant.
  var pending: SyncRequest? {
    guard let staging, let request = staging.request, !syncs.knows(request), staging.version?.id == readVersion else {
      return requested
    }
    if var requested {
      // One sync is both.
      requested.id = request
      return requested
    }
    return SyncRequest(
      options: .init(prune: application.syncPolicy.automated?.prune ?? false), approvals: .init(),
      actor: staging.actor, cause: staging.isWayBack ? .rollback : .rollout, id: request)
  }

  /// Whether it waits for its wave, with nothing approved before.
  var isOnlyLookedAt: Bool { staging.map { $0.version == nil } ?? false }

  /// Whether the sync that a rollout asked for is still to come: nothing else begins before it.
  var awaitsRequest: Bool { staging?.request.map { !syncs.knows($0) } ?? false }

  /// Whether news of these repositories, by their identities, may change what it is made from: not where a rollout keeps it
  /// at its commits, and those were read.
  func follows(_ repositories: Set<String>) -> Bool {
    let names = application.sources.contains { source in
      (try? GitURL(source.repoURL)).map { repositories.contains($0.identity) } ?? false
    }
    guard names, let version = staging?.version, version.id == seenVersion, status.sync != .unknown else {
      return names
    }
    return status.conditions.contains { $0.type == "RepositoryUnreachable" }
  }

  /// The Application with the commits that were approved.
  var approved: Application {
    staging?.version?.fixed ?? application
  }

  /// How it stands, as a rollout sees it.
  var sighting: SetRollouts.Sighting {
    SetRollouts.Sighting(
      target: seenTarget, identity: readIdentity,
      isNew: parent == nil && records.isEmpty && syncs.open == nil && syncs.last == nil)
  }

  private var seenTarget: WaveScene.Target {
    let operation = syncs.open ?? syncs.last
    var target = WaveScene.Target(
      version: seenVersion, isReachable: status.stage != "connect" && status.stage != "registry", sync: status.sync,
      health: status.health,
      message: pin.map { "rolled back by \($0.actor) to \($0.revision.prefix(12))" } ?? status.message,
      operation: operation.map {
        WaveScene.Operation(
          request: $0.request, phase: $0.phase, message: $0.message, startedAt: $0.startedAt, finishedAt: $0.finishedAt)
      }, observedAt: seenAt)
    target.isHeld = status.conditions.contains { $0.type == "SyncWindow" }
    return target
  }
}
