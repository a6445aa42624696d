package import Manifest

extension AppProject {
  /// Whether Applications may read their manifests from there.
  package func permits(source: ApplicationSource) -> ProjectVerdict {
    if sources.permits(source.repoURL) { return .permitted }
    return .denied(
      .init(
        .source,
        "application repo \(DNSName.shown(ShownAddress.of(source.repoURL))) is not permitted in project '\(name)'"))
  }

  /// Whether Applications may go to a namespace of a cluster.
  /// - Parameters:
  ///   - cluster: the registered cluster; nil where it is not known, and then only what `destination` itself says counts.
  ///   - destination: as the Application has it, or with an object's own namespace.
  package func permits(_ destination: Destination, on cluster: Cluster?) -> ProjectVerdict {
    let server = cluster?.server ?? destination.server
    let clusterName = cluster?.name.text ?? destination.name
    if let denial = clusterDenial(cluster, clusterName) { return .denied(denial) }
    if isOwn(cluster) { return permitsOwn(destination, cluster) }
    if destinations.permits(
      server: Destination.normalized(server: server), name: clusterName, namespace: destination.namespace)
    {
      return .permitted
    }
    return .denied(destinationDenial(destination, server, clusterName))
  }

  private func isOwn(_ cluster: Cluster?) -> Bool { cluster.map { $0.project == name } ?? false }

  private func clusterDenial(_ cluster: Cluster?, _ clusterName: String) -> ProjectVerdict.Denial? {
    guard permitOnlyProjectScopedClusters, let cluster, cluster.project != name else { return nil }
    let owner = cluster.project.isEmpty ? "has no project" : "belongs to project '\(cluster.project)'"
    return .init(
      .projectCluster, "project '\(name)' permits only clusters of its own, and '\(clusterName)' \(owner)")
  }

  /// A project's own cluster is a destination of it, in all the namespaces that it is registered with; what a `!` denies
  /// stays denied.
  private func permitsOwn(_ destination: Destination, _ cluster: Cluster?) -> ProjectVerdict {
    let (server, clusterName) = (cluster?.server ?? "", cluster?.name.text ?? "")
    let implicit = (cluster?.namespaces ?? []).isEmpty ? ["*"] : cluster?.namespaces ?? []
    let all = DestinationRules(
      destinations.entries + implicit.map { AllowedDestination(server: server, name: "", namespace: $0) })
    if all.permits(server: server, name: clusterName, namespace: destination.namespace) { return .permitted }
    return .denied(destinationDenial(destination, server, clusterName))
  }

  private func destinationDenial(
    _ destination: Destination, _ server: String, _ clusterName: String
  ) -> ProjectVerdict.Denial {
    let shown = destination.name.isEmpty ? ShownAddress.of(server) : clusterName
    return .init(
      .destination,
      "application destination server '\(DNSName.shown(shown))' and namespace '\(DNSName.shown(destination.namespace))' do not match any of the allowed destinations in project '\(name)'"
    )
  }

  /// Whether an object of the kind may be applied, or may be seen and pruned where it is live.
  /// - Parameter namespace: empty for cluster-scoped objects.
  package func permits(kind: GroupKind, name objectName: String, namespace: String) -> ProjectVerdict {
    if resources.permits(kind, name: objectName, isNamespaced: !namespace.isEmpty) { return .permitted }
    return .denied(
      .init(.kind, "resource \(kind.group):\(kind.kind) is not permitted in project '\(self.name)'"))
  }

  /// The same with the namespace that the object goes to, which has to be a permitted destination too.
  package func permits(_ id: ObjectID, in destination: Destination, on cluster: Cluster?) -> ProjectVerdict {
    let verdict = permits(kind: id.groupKind, name: id.name, namespace: id.namespace)
    guard verdict.isPermitted, !id.namespace.isEmpty else { return verdict }
    var there = destination
    there.namespace = id.namespace
    let place = permits(there, on: cluster)
    guard let denial = place.denial, denial.rule == .destination else { return place }
    return .denied(
      .init(.namespace, "namespace \(DNSName.shown(id.namespace)) is not permitted in project '\(self.name)'"))
  }

  /// Everything about an Application that its project does not permit; empty when it may be synced.
  package func refusals(of application: Application, on cluster: Cluster?) -> [ProjectVerdict.Denial] {
    application.sources.compactMap { permits(source: $0).denial }
      + [permits(application.destination, on: cluster).denial].compactMap(\.self)
  }
}
