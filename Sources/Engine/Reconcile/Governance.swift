import Fleet
import Manifest

/// What an Application's project lets it do, where, and when, and what its cluster is kept to.
struct Governance: Sendable {
  private static let zones = ZoneTable(TimeZones.installed)

  let projects: ProjectTable
  private let registry: Registry

  init(projects: ProjectTable = ProjectTable([]), registry: Registry = Registry([])) {
    self.projects = projects
    self.registry = registry
  }

  /// Why the Application as a whole may not be synced; nil when it may.
  func refusal(of application: Application) -> String? {
    let refusals = projects.refusals(of: application, in: registry)
    return refusals.isEmpty ? nil : refusals.joined(separator: "; ")
  }

  /// Why a repository that a kustomization of the Application names may not be read from; nil where it may.
  func sourcePermission(_ application: Application) -> OutsideReader.Permission {
    guard !projects.isEmpty else { return { _ in nil } }
    guard let project = projects[application.project] else { return { _ in "its project is not known" } }
    return { address in
      project.sources.permits(address)
        ? nil : "repository \(ShownAddress.of(address)) is not permitted in project '\(project.name)'"
    }
  }

  /// Whether an object is out of the Application's reach.
  func denies(_ id: ObjectID, of application: Application) -> Bool { denial(of: id, application) != nil }

  /// Why an object may not be applied; nil when it may.
  func denial(of id: ObjectID, _ application: Application) -> String? {
    let cluster = registry.cluster(for: application.destination)
    return cluster?.scope.denial(of: id) ?? projectDenial(of: id, application, on: cluster)
  }

  /// Why the namespace that the Application goes to may not be made for it; nil when it may.
  func denial(ofMaking namespace: String, _ application: Application) -> String? {
    let cluster = registry.cluster(for: application.destination)
    let id = ObjectID(group: "", kind: "Namespace", namespace: "", name: namespace)
    return cluster?.scope.denial(ofMaking: namespace) ?? projectDenial(of: id, application, on: cluster)
  }

  /// Why an object is outside of what the cluster is kept to; nil when it is not.
  func scopeDenial(of id: ObjectID, _ application: Application) -> String? {
    registry.cluster(for: application.destination)?.scope.denial(of: id)
  }

  private func projectDenial(of id: ObjectID, _ application: Application, on cluster: Cluster?) -> String? {
    guard !projects.isEmpty, let project = projects[application.project] else { return nil }
    return project.permits(id, in: application.destination, on: cluster).denial?.message
  }

  /// What the sync windows say of a sync now.
  /// - Parameters:
  ///   - now: seconds since 1970.
  ///   - startedAt: when it began, for one that is under way.
  func windows(_ application: Application, now: Int64, isManual: Bool, startedAt: Int64?) -> SyncWindowVerdict? {
    guard !projects.isEmpty, let project = projects[application.project], !project.windows.windows.isEmpty else {
      return nil
    }
    let cluster = registry.cluster(for: application.destination)
    return project.windows.concerning(application, on: cluster)
      .verdict(at: now, isManual: isManual, startedAt: startedAt, zones: Self.zones)
  }

  /// Whom requests of the Application act as; nil for the hub itself.
  /// - Throws: ``Failure`` `project.no-service-account` where the project names accounts and none is for the destination.
  func identity(of application: Application) throws -> String? {
    guard !projects.isEmpty, let project = projects[application.project] else { return nil }
    let server = registry.cluster(for: application.destination)?.server ?? application.destination.server
    switch project.serviceAccounts.identity(server: server, namespace: application.destination.namespace) {
    case .hub: return nil
    case .user(let user): return user
    case nil:
      throw Failure(
        "project.no-service-account", subject: "application \(application.name)", stage: "plan",
        "project '\(project.name)' names no service account for this destination (destinationServiceAccounts)",
        retry: .never)
    }
  }
}
