package import Manifest
import Templating

/// Something that an expansion has to know from outside: it says what, is given the answer, and runs again.
///
/// Expansion itself stays a function of values. Whoever drives it fetches what it asks for, as often as it asks.
package enum Inquiry: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The files of a repository at a revision; an empty revision means HEAD.
  case repository(url: String, revision: String)
  /// An answer over HTTP.
  case web(WebInquiry)
  /// Objects of the management cluster.
  case control(ControlInquiry)

  package var description: String {
    switch self {
    case .repository(let url, let revision): "repository \(url) at \(revision.isEmpty ? "HEAD" : revision)"
    case .web(let request): "\(request.method.rawValue) \(request.url)"
    case .control(let request): request.description
    }
  }

  package static func < (a: Inquiry, b: Inquiry) -> Bool { a.description < b.description }
}

/// What an expansion is told about the world.
package struct ExpansionInputs: Sendable {
  /// The registered clusters; nil when nobody knows them, so that destinations are not looked up.
  package var registry: Registry?
  /// The AppProjects that there are, `default` among them; nil when nobody declares any, so that they are not looked up.
  package var projects: Set<String>?
  /// ConfigMaps, Secrets and decision resources of the control namespace.
  package var objects: [Node]
  /// The system's zone database, for templates that name a time zone; nil takes all of them for UTC.
  package var zones: (any FileTree)?
  /// By ``Inquiry/repository(url:revision:)``.
  package var repositories: [Inquiry: Result<any FileTree, Failure>]
  /// By ``Inquiry/web(_:)``.
  package var answers: [Inquiry: Result<WebAnswer, Failure>]
  /// Whether there is a cluster to ask for objects that ``objects`` lacks, and for resources with decisions.
  package var hasManagementCluster = false
  /// By ``Inquiry/control(_:)``.
  package var control: [Inquiry: Result<[Node], Failure>] = [:]

  package init(
    registry: Registry?, objects: [Node] = [], repositories: [Inquiry: Result<any FileTree, Failure>] = [:],
    answers: [Inquiry: Result<WebAnswer, Failure>] = [:], zones: (any FileTree)? = nil, projects: Set<String>? = nil
  ) {
    self.registry = registry
    self.objects = objects
    self.repositories = repositories
    self.answers = answers
    self.zones = zones
    self.projects = projects
  }

  /// The names that Applications may go by as their project.
  package static func projects(_ declared: [AppProject]) -> Set<String>? {
    declared.isEmpty ? nil : Set(declared.map(\.name)).union(["default"])
  }

  /// What templates see of the world.
  var world: TemplateWorld {
    guard let zones else { return TemplateWorld() }
    return TemplateWorld(zone: { name in
      // Go reads zones by their exact names; so does a tree.
      TreePath(name).flatMap { $0.text == name ? try? zones.read($0, limit: 1 << 20).bytes : nil }
    })
  }

  /// Whether the inquiry has an answer, good or bad.
  package func answers(_ inquiry: Inquiry) -> Bool {
    switch inquiry {
    case .repository: repositories[inquiry] != nil
    case .web: answers[inquiry] != nil
    case .control: control[inquiry] != nil
    }
  }
}
