package import Fleet
import Manifest

// MARK: - One cluster, one registration

extension HubEngine {
  /// Takes in which cluster answers under a name.
  func noteIdentity(_ uid: String, of name: ClusterName) {
    guard let cluster = sessions[name]?.cluster, identities.note(uid, of: cluster) else { return }
    reviewDuplicates()
  }

  /// Which clusters were registered is known before they answer.
  func noteRegisteredIdentities() {
    identities.keep(only: Set(registry.clusters.map(\.name)))
    for registration in registered {
      guard let cluster = ClusterName(registration.name).flatMap({ registry[$0] }), cluster.isRegistration,
        !identities.knows(cluster)
      else { continue }
      _ = identities.note(registration.clusterUID, of: cluster)
    }
  }

  func reviewDuplicates() {
    let before = duplicates
    duplicates = identities.duplicates(in: registry)
    guard duplicates != before else { return }
    for name in Set(before.keys).union(duplicates.keys) where before[name] != duplicates[name] {
      if let cluster = sessions[name]?.cluster { holdRollouts(of: cluster) }
      if let reason = duplication(of: name) {
        logger.warning("cluster is not used", metadata: ["cluster": "\(name)", "reason": "\(reason)"])
      } else {
        post.yield { await self.adoptDeparted(in: name) }
      }
      for application in roster.applications(in: name) { request(application, after: 0) }
      changeLog.send(["cluster/" + name.text])
    }
  }

  /// Why a cluster is not used although it answers; nil where it is.
  func duplication(of name: ClusterName) -> String? {
    duplicates[name].map { "cluster \(name) is cluster \($0) under another name, and is not used" }
  }

  /// What clusters are refused for, beyond what the reading of the fleet repository told.
  var clusterProblems: [Diagnostic] {
    let told = snapshot?.content.registry.conflicts ?? []
    let unused = registered.compactMap { ClusterName($0.name) }.sorted().compactMap { unusedRegistration($0) }
    let yielding = yieldingRegistrations.map { cluster, other in
      Diagnostic(
        "cluster.duplicate-server",
        "cluster '\(cluster.name)', registered by command, has the server of cluster '\(other.name)', and is not used",
        at: other.origin, help: "a cluster is registered once: muster cluster unregister \(cluster.name)")
    }
    let twice = duplicates.sorted { $0.key < $1.key }.compactMap { sameCluster($0.key, $0.value) }
    return registry.conflicts.filter { !told.contains($0) } + yielding + unused + twice
  }

  /// Registrations that are not used since a manifest has their server, each with the cluster that has it.
  var yieldingRegistrations: [(cluster: Cluster, other: Cluster)] {
    guard !registered.isEmpty, let content = snapshot?.content else { return [] }
    return ClusterRegistry.yielding(registered, to: content.registry)
  }

  private func unusedRegistration(_ name: ClusterName) -> Diagnostic? {
    guard let cluster = registry.registration(named: name), !cluster.isRegistration,
      cluster.credentials != .registered
    else { return nil }
    return Diagnostic(
      "cluster.unused-registration", severity: .warning,
      "cluster '\(name)' was registered by command, which counts for nothing beside the manifest of that name",
      at: cluster.origin,
      help: "muster cluster unregister \(name), or 'registered: true' as the manifest's credentials")
  }

  private func sameCluster(_ name: ClusterName, _ first: ClusterName) -> Diagnostic? {
    guard let cluster = registry[name], let other = registry[first] else { return nil }
    return Diagnostic(
      "cluster.same-cluster",
      "cluster '\(name)' is cluster '\(first)' under another name: its kube-system has the same uid",
      at: cluster.origin,
      notes: [Diagnostic.Note("the one that is used is here", at: other.origin)],
      help: cluster.isRegistration
        ? "muster cluster unregister \(name)" : "a cluster is registered once: remove one of the two files")
  }

  /// Why a cluster cannot be registered under a name; nil where it can.
  /// - Parameter clusterUID: the uid of its `kube-system`.
  package func refusal(
    ofRegistering name: ClusterName, server: String, clusterUID: String
  ) -> String? {
    if let known = registry.registration(named: name), !known.isRegistration, known.credentials != .registered {
      return "the fleet repository has a cluster '\(name)' with credentials of its own (\(known.origin.text))"
    }
    if let known = registry.cluster(server: server), known.name != name {
      return "cluster '\(known.name)' has this server already (\(known.origin.text))"
    }
    guard let known = identities.name(of: clusterUID, in: registry, besides: name) else { return nil }
    return "this is cluster '\(known)' already: its kube-system has the same uid"
  }
}
