import Manifest

/// Whether the projects and clusters that Applications name are among the manifests that are looked at with them.
///
/// Warnings only: a cluster may be registered with the hub alone, and a project may stand elsewhere. Where there is no
/// cluster, or no project, at all, nothing is said of them.
struct FleetReferences {
  private var applications: [Application] = []
  private var projects: Set<String> = []
  private var clusters: [Cluster] = []

  mutating func add(_ manifest: FleetManifest) {
    switch manifest {
    case .application(let application): applications.append(application)
    case .project(let project): projects.insert(project.name)
    case .cluster(let cluster): clusters.append(cluster)
    case .applicationSet, .analysisTemplate, .configMap: break
    }
  }

  var diagnostics: [Diagnostic] {
    let registry = Registry(clusters)
    return applications.flatMap { application in
      [projectProblem(application), destinationProblem(application, registry)].compactMap(\.self)
    }
  }

  private func projectProblem(_ application: Application) -> Diagnostic? {
    let project = application.project
    guard !projects.isEmpty, project != "default", !projects.contains(project) else { return nil }
    return warning(
      "application.unknown-project", "no AppProject among these files is named '\(DNSName.shown(project))'",
      application,
      NearestName.of(project, among: projects.sorted()))
  }

  private func destinationProblem(_ application: Application, _ registry: Registry) -> Diagnostic? {
    let destination = application.destination
    guard !clusters.isEmpty, registry.cluster(for: destination) == nil, destination.name != Destination.localName,
      destination.server != Destination.localServer, !(destination.name.isEmpty && destination.server.isEmpty)
    else { return nil }
    let name = destination.name.isEmpty ? ShownAddress.of(destination.server) : destination.name
    return warning(
      "application.unknown-cluster", "no cluster among these files is '\(DNSName.shown(name))'", application,
      NearestName.of(name, among: clusters.map(\.name.text).sorted()))
  }

  private func warning(
    _ code: String, _ message: String, _ application: Application, _ near: String?
  ) -> Diagnostic {
    Diagnostic(
      code, severity: .warning, "application '\(DNSName.shown(application.name))': \(message)", at: application.origin,
      help: near.map { "did you mean '\(DNSName.shown($0))'?" })
  }
}
