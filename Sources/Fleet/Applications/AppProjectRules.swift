import Manifest

/// What an AppProject must hold beyond the right types (Argo CD's ValidateProject).
struct AppProjectRules {
  private let file: String
  private(set) var diagnostics: [Diagnostic] = []

  init(file: String) { self.file = file }

  mutating func check(_ node: Node) {
    let name = node["metadata"]?["name"]
    if let problem = DNSName.problem(withSubdomain: name?.string ?? "") {
      report("project.bad-name", "the project's name '\(DNSName.shown(name?.string ?? ""))' \(problem)", name ?? node)
    }
    guard let spec = node["spec"], spec.mapping != nil else { return }
    checkDestinations(spec["destinations"]?.sequence ?? [])
    checkRepeats(of: "source repository", spec["sourceRepos"]?.sequence ?? []) { $0.string }
    checkRepeats(of: "role", spec["roles"]?.sequence ?? []) { $0["name"]?.string }
    for window in spec["syncWindows"]?.sequence ?? [] { checkWindow(window) }
  }

  private mutating func checkDestinations(_ destinations: [Node]) {
    var seen: [AppProject.AllowedDestination: Node] = [:]
    for node in destinations where node.mapping != nil {
      let destination = AppProject.destination(node)
      if let first = seen[destination] {
        report("project.repeated", "the destination is given already", node, first: first)
      }
      seen[destination] = seen[destination] ?? node
      if destination.server == "!*" || destination.name == "!*" {
        report("project.denies-all", "the destination '!*' denies every cluster", node)
      }
      if destination.server.isEmpty, destination.name.isEmpty {
        report("project.destination", "the destination has neither server nor name", node)
      }
    }
  }

  private mutating func checkRepeats(of what: String, _ nodes: [Node], _ text: (Node) -> String?) {
    var seen: [String: Node] = [:]
    for node in nodes {
      guard let text = text(node) else { continue }
      if let first = seen[text] {
        report("project.repeated", "the \(what) '\(DNSName.shown(text))' is given already", node, first: first)
      } else {
        seen[text] = node
      }
    }
  }

  private mutating func checkWindow(_ window: Node) {
    guard let duration = window["duration"], let text = duration.string else { return }
    if GoDuration.seconds(text) == nil {
      report("project.bad-duration", "the sync window's duration '\(DNSName.shown(text))' is no duration", duration)
    }
  }

  private mutating func report(_ code: String, _ message: String, _ node: Node, first: Node? = nil) {
    let notes = first.map {
      [Diagnostic.Note("first given here", at: SourceLocation(file: file, mark: $0.mark))]
    }
    diagnostics.append(
      Diagnostic(code, message, at: SourceLocation(file: file, mark: node.mark), notes: notes ?? []))
  }
}
