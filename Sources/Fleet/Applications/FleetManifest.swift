package import Manifest

/// A document of the fleet repository, by its kind.
package enum FleetManifest: Sendable {
  case cluster(Cluster)
  case application(Application)
  case applicationSet(ApplicationSet)
  case project(AppProject)
  /// An AnalysisTemplate or a ClusterAnalysisTemplate.
  case analysisTemplate(AnalysisManifest)
  /// A ConfigMap that generators may refer to. Only a fleet repository makes something of it.
  case configMap(Node, origin: SourceLocation)

  /// What a document says it is.
  private enum Kind {
    case cluster, clusterSecret, application, applicationSet, project, analysisTemplate

    init?(_ node: Node) {
      switch (node["apiVersion"]?.string ?? "", node["kind"]?.string ?? "") {
      case ("argoproj.io/v1alpha1", "Application"): self = .application
      case ("argoproj.io/v1alpha1", "ApplicationSet"): self = .applicationSet
      case ("argoproj.io/v1alpha1", "AppProject"): self = .project
      case ("argoproj.io/v1alpha1", "AnalysisTemplate"), ("argoproj.io/v1alpha1", "ClusterAnalysisTemplate"):
        self = .analysisTemplate
      case ("muster.dev/v1alpha1", "Cluster"): self = .cluster
      case ("v1", "Secret") where ClusterSecret.isOne(node): self = .clusterSecret
      default: return nil
      }
    }
  }

  /// Whether the document is one of the kinds that a fleet is made of.
  package static func isOne(_ node: Node) -> Bool { Kind(node) != nil }

  /// Reads a document; nil when it is of no kind of ours.
  /// - Parameter file: its name as the user knows it.
  package static func read(_ node: Node, file: String) -> Reading<FleetManifest>? {
    switch Kind(node) {
    case .application: Application.read(node, file: file).map(FleetManifest.application)
    case .applicationSet: ApplicationSet.read(node, file: file).map(FleetManifest.applicationSet)
    case .project: AppProject.read(node, file: file).map(FleetManifest.project)
    case .analysisTemplate: AnalysisManifest.read(node, file: file)?.map(FleetManifest.analysisTemplate)
    case .cluster: ClusterManifest.read(node, file: file).map(FleetManifest.cluster)
    case .clusterSecret: ClusterSecret.read(node, file: file).map(FleetManifest.cluster)
    case nil: nil
    }
  }

  /// Everything that can be said about a document without looking anything up; empty for kinds that are not ours.
  package static func check(_ node: Node, file: String) -> [Diagnostic] {
    read(node, file: file)?.diagnostics ?? []
  }
}
