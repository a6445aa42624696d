import Fleet
import HTTPClient
import Kubernetes
import Manifest

// MARK: - Sessions of clusters

extension HubEngine {
  /// Makes a session for each cluster that has none, or is reached another way by now.
  func updateSessions(_ registry: Registry, isComplete: Bool) async {
    var seen: Set<ClusterName> = []
    for cluster in registry.clusters {
      seen.insert(cluster.name)
      if let known = sessions[cluster.name], known.cluster.isReached(as: cluster) {
        if known.cluster.isIdentical(to: cluster) { continue }
        sessions[cluster.name]?.cluster = cluster
        if known.cluster.project != cluster.project || known.cluster.cordoned != cluster.cordoned {
          // Others may be permitted there by now, or it is in service again.
          for application in roster.applications(in: cluster.name) { request(application, after: 0) }
        }
        holdRollouts(of: cluster)
        continue
      }
      sessions[cluster.name]?.session.stop()
      await connect(cluster)
    }
    // A registry that could not be read whole takes nobody out (DESIGN §3.6).
    guard isComplete else { return }
    for name in Set(sessions.keys).union(connectionProblems.keys).subtracting(seen) { endSession(of: name) }
  }

  /// Rollouts in a cluster that is cordoned, or under a name that is not used, stand still.
  func holdRollouts(of cluster: Cluster) {
    sessions[cluster.name]?.session.cordon.set(cluster.cordoned || duplicates[cluster.name] != nil)
  }

  func endSession(of name: ClusterName) {
    sessions[name]?.session.stop()
    sessions[name] = nil
    connectionProblems[name] = nil
    retries.forget(name)
  }

  /// A person took these out by command: their tokens are let go of whether or not the fleet repository can be read
  /// whole.
  func endSessions(unregistered names: Set<String>) {
    for name in names.compactMap({ ClusterName($0) }).sorted() {
      guard sessions[name]?.cluster.credentials == .registered || registry[name] == nil else { continue }
      endSession(of: name)
      for application in roster.applications(in: name) { request(application, after: 0) }
      changeLog.send(["cluster/" + name.text])
    }
  }

  private func connect(_ cluster: Cluster) async {
    let name = cluster.name
    // Before the files are read: a change in between is seen at the next look.
    let stamps = connector.stamps(of: cluster)
    do {
      let access = try await connector.access(to: cluster)
      begin(cluster, access, stamps)
    } catch {
      sessions[name] = nil
      let failure = KubernetesClient.failure(from: error, subject: "cluster \(name)", stage: "connect")
      if failure.retry == .never {
        retries.forget(name)
      } else {
        retries.failed(name, now: Seconds.now, random: .random(in: 0..<1))
      }
      wakeConnections()
      guard connectionProblems.updateValue(failure.message, forKey: name) != failure.message else { return }
      logger.warning("cluster cannot be reached", metadata: ["cluster": "\(name)", "reason": "\(failure.message)"])
      changeLog.send(["cluster/" + name.text])
      // They are to be shown as out of reach, and not as they were last seen.
      for application in roster.applications(in: name) { request(application, after: 0) }
    }
  }

  private func begin(_ cluster: Cluster, _ access: ClusterAccess, _ stamps: [LocalFiles.Stamp?]) {
    let name = cluster.name
    let client = KubernetesClient(
      access: access, transport: MeasuredTransport(next: transport, measurements: measurements),
      userAgent: options.userAgent,
      deadlines: HTTPDeadlines(connect: 5, firstByte: 30, idle: 30, total: 60))
    sessionCount += 1
    let number = sessionCount
    let session = ClusterSession(
      name: name, client: client, namespaces: cluster.namespaces, logger: logger, scripts: scripts,
      customizations: customizations, rollouts: rolloutServices
    ) { news in
      self.post.yield { await self.take(news, from: name, number) }
    }
    connectionProblems[name] = nil
    retries.forget(name)
    sessions[name] = Session(cluster: cluster, session: session, number: number, stamps: stamps)
    holdRollouts(of: cluster)
    post.yield { await session.run() }
  }

  private func take(_ news: ClusterNews, from name: ClusterName, _ number: Int) async {
    // What a session says that was ended meanwhile is no news.
    guard sessions[name]?.number == number else { return }
    switch news {
    case .changed(let applySets):
      for set in applySets { if let application = bySet[set] { request(application, after: 0) } }
    case .parentsChanged(let applySets):
      for set in applySets { if let application = bySet[set] { request(application, after: 0) } }
      await adoptDeparted(in: name)
    case .reachable, .unreachable:
      if case .reachable(let uid) = news {
        retries.heard(name)
        if let uid { noteIdentity(uid, of: name) }
      } else {
        retries.lost(name)
      }
      let isFirst = sessions[name]?.isHeard == false
      sessions[name]?.isHeard = true
      // Parents that were told of before are looked at now.
      if isFirst { await adoptDeparted(in: name) }
      wakeConnections()
      for application in roster.applications(in: name) { request(application, after: 0) }
      changeLog.send(["cluster/" + name.text])
    }
  }

  /// Whether there is a cluster of the name, reached or not.
  func isRegistered(_ name: ClusterName?) -> Bool {
    guard let name else { return false }
    return sessions[name] != nil || connectionProblems[name] != nil || registry[name] != nil
  }

  /// Why nothing can be done in a cluster that has no session.
  func absence(of name: ClusterName?) -> String {
    guard let name, let problem = connectionProblems[name] else { return "its cluster is not registered" }
    return "cluster \(name) cannot be reached: \(problem)"
  }

  // MARK: Connecting again

  /// Shortest pause between two reviews: of many clusters that fail, several are tried in one.
  private static let pause = 0.5

  /// Tries again what could not be connected, and looks at the files of what is out of reach.
  func followConnections() async {
    while !Task.isCancelled {
      do {
        try await turn.run { await reviewConnections() }
      } catch {
        // Cancelled while it waited: the hub stops.
        return
      }
      let now = Seconds.now
      connectionsSleepUntil = max(min(retries.next ?? .infinity, now + 3_600), now + Self.pause)
      await connectionAlarm.wait(upTo: .seconds(connectionsSleepUntil - now))
    }
  }

  private func wakeConnections() {
    guard let next = retries.next, next < connectionsSleepUntil else { return }
    connectionsSleepUntil = next
    connectionAlarm.ring()
  }

  private func reviewConnections() async {
    let due = retries.takeDue(now: Seconds.now)
    for name in due.connections {
      guard sessions[name] == nil, let cluster = registry[name] else {
        retries.forget(name)
        continue
      }
      await connect(cluster)
    }
    for name in due.files {
      guard let known = sessions[name], !known.stamps.isEmpty,
        connector.stamps(of: known.cluster) != known.stamps
      else { continue }
      logger.info("cluster is connected anew, since its kubeconfig changed", metadata: ["cluster": "\(name)"])
      known.session.stop()
      await connect(known.cluster)
    }
  }
}
