import Fleet
import Manifest

// MARK: - What lies in its namespace and belongs to nobody

extension ManagedApplication {
  private static let mostNamed = 20

  /// Argo CD's `OrphanedResourceWarning`; nil where the project does not ask for it, there is none, or nobody has looked yet.
  func orphanCondition(_ session: ClusterSession) async -> Condition? {
    let namespace = application.destination.namespace
    guard !namespace.isEmpty, let project = governance.projectThatWarnsOfOrphans(application),
      let found = await session.orphans.findings(in: namespace, for: applySet)
    else { return nil }
    let orphans = found.objects.filter { id in
      project.orphanedResources?.ignores(id) != true
        && project.permits(kind: id.groupKind, name: id.name, namespace: id.namespace).isPermitted
    }
    if orphans.isEmpty { return nil }
    let more = orphans.count > Self.mostNamed ? " and \(orphans.count - Self.mostNamed) more" : ""
    return Condition(
      "OrphanedResourceWarning",
      "Application has \(orphans.count)\(found.isCut ? " or more" : "") orphaned resources: "
        + orphans.prefix(Self.mostNamed).map(\.description).joined(separator: ", ") + more)
  }
}

extension Governance {
  fileprivate func projectThatWarnsOfOrphans(_ application: Application) -> AppProject? {
    guard !projects.isEmpty, let project = projects[application.project], project.orphanedResources?.warns == true
    else { return nil }
    return project
  }
}
