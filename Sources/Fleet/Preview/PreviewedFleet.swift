package import Manifest

/// What an Application renders to, shared by all that render to the same.
package final class RenderedObjects: Sendable {
  /// Equal numbers mean equal objects.
  package let identity: UInt64
  /// Normalised and placed, each id once.
  package let objects: [Object]

  package init(identity: UInt64, objects: [Object]) {
    self.identity = identity
    self.objects = objects
  }
}

/// An Application as one revision of the fleet has it.
package struct PreviewedApplication: Sendable {
  package var application: Application
  /// The ApplicationSet that it comes from; nil for a manifest of its own.
  package var owner: String?
  package var cluster: ClusterName?
  /// Nil where it could not be rendered.
  package var rendered: RenderedObjects?

  package init(application: Application, owner: String?, cluster: ClusterName?, rendered: RenderedObjects?) {
    self.application = application
    self.owner = owner
    self.cluster = cluster
    self.rendered = rendered
  }
}

/// A fleet at one revision, with everything that its Applications render to: what ``FleetPreview`` compares.
package struct PreviewedFleet: Sendable {
  /// By name.
  package var applications: [String: PreviewedApplication]
  package var sets: [ApplicationSet]
  /// Sets whose expansion is incomplete: what is missing of them is not gone.
  package var incompleteSets: Set<String>
  /// Whether the repository itself was read whole.
  package var isComplete: Bool
  /// What one pass may remove of a set's Applications, where that is not the usual.
  package var breakers: [String: Breaker] = [:]
  /// The registered clusters.
  package var clusters: Set<ClusterName>

  package init(
    applications: [String: PreviewedApplication], sets: [ApplicationSet], incompleteSets: Set<String> = [],
    isComplete: Bool = true, clusters: Set<ClusterName> = []
  ) {
    self.applications = applications
    self.sets = sets
    self.incompleteSets = incompleteSets
    self.isComplete = isComplete
    self.clusters = clusters
  }

  /// Whether what `application` put into its cluster goes with it when it is absent here.
  func takesObjects(of application: PreviewedApplication) -> Bool {
    application.application.deletesResources && application.cluster.map(clusters.contains) ?? false
  }

  /// Whether an Application that is absent here is really gone.
  func isGone(_ owner: String?) -> Bool { isComplete && !(owner.map(incompleteSets.contains) ?? false) }
}
