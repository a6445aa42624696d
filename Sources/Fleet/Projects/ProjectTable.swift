package import Manifest

/// Something of a fleet that cannot be read, and of which nothing is known from before: it may declare a project.
package struct ProjectGap: Sendable, Equatable {
  /// The project's name, as far as it can be read; nil where it may be any.
  package var name: String?
  /// Where it is and what is wrong with it, as `templates/project.yaml:4:3 says: …`.
  package var reason: String

  package init(name: String?, reason: String) {
    self.name = name
    self.reason = reason
  }

  /// What an unreadable document or file says of itself.
  package init(name: String?, _ diagnostic: Diagnostic) {
    self.init(name: name, reason: (diagnostic.location.map { $0.text + " says: " } ?? "") + diagnostic.message)
  }
}

/// The projects of a fleet, by name.
package struct ProjectTable: Sendable, Equatable {
  private var byName: [String: AppProject] = [:]
  private let gaps: [ProjectGap]

  /// Where nobody declares a project, or may have declared one, none is looked up, and everything is permitted.
  package let isEmpty: Bool

  /// Of projects with one name the first counts.
  /// - Parameter gaps: what could not be read. A project that may be behind one is not known: nothing is permitted in its
  ///   name, since what it forbids cannot be told.
  package init(_ declared: [AppProject], gaps: [ProjectGap] = []) {
    self.gaps = gaps
    isEmpty = declared.isEmpty && gaps.isEmpty
    for project in declared where byName[project.name] == nil { byName[project.name] = project }
    if byName["default"] == nil, gap(of: "default") == nil { byName["default"] = .open }
  }

  /// The project that an Application names; nil when there is none, or when it cannot be read;
  /// ``AppProject/open`` where none is declared at all.
  package subscript(name: String) -> AppProject? { byName[name] ?? (isEmpty ? .open : nil) }

  /// Why an Application is not synced, in sentences; empty when its project permits it.
  package func refusals(of application: Application, in registry: Registry) -> [String] {
    if isEmpty { return [] }
    guard let project = self[application.project] else {
      let name = DNSName.shown(application.project)
      if let gap = gap(of: application.project) { return ["project '\(name)' is not known yet: \(gap.reason)"] }
      return ["application references project '\(name)' which does not exist"]
    }
    return project.refusals(of: application, on: registry.cluster(for: application.destination)).map(\.message)
  }

  /// What may hold the project; one that is known by its name before one that may hold any.
  private func gap(of name: String) -> ProjectGap? {
    gaps.first { $0.name == name } ?? gaps.first { $0.name == nil }
  }
}
