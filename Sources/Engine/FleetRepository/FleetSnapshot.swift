package import Fleet
package import Manifest

/// Everything that a fleet repository says.
package struct FleetContent: Sendable, Equatable {
  package var registry: Registry
  /// Sorted by file and place, as all of these.
  package var applicationSets: [ApplicationSet]
  package var applications: [Application]
  package var projects: [AppProject]
  /// AnalysisTemplates and ClusterAnalysisTemplates.
  package var analysisTemplates: [AnalysisManifest] = []
  /// What cannot be read, was never read before, and may declare a project.
  package var projectGaps: [ProjectGap] = []
  /// ConfigMaps that generators may refer to.
  package var objects: [Node] = []

  package init(
    registry: Registry = .empty, applicationSets: [ApplicationSet] = [], applications: [Application] = [],
    projects: [AppProject] = []
  ) {
    self.registry = registry
    self.applicationSets = applicationSets
    self.applications = applications
    self.projects = projects
  }
}

/// The fleet repository at one moment: never emptied by a fault, and complete only when there was none.
package struct FleetSnapshot: Sendable {
  /// What is known; what was last good stands in for files that are broken or cannot be read.
  package let answer: Answer<FleetContent>
  /// The commit, or a digest of the files of a directory; empty before the first good read.
  package let revision: String
  /// Grows with each snapshot of a repository.
  package let number: Int

  package var content: FleetContent { answer.known }
  package var diagnostics: [Diagnostic] { answer.diagnostics }
  package var failures: [Failure] { answer.failures }
  /// Whether what is missing here is really gone: only then may anything be deleted (DESIGN §3.6).
  package var isComplete: Bool { if case .complete = answer { true } else { false } }

  /// Whether it says the same as `other`, whatever their numbers.
  package func saysTheSame(as other: FleetSnapshot) -> Bool {
    revision == other.revision && diagnostics == other.diagnostics && failures == other.failures
      && content == other.content
  }
}
