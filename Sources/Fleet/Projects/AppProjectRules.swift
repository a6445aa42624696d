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
    for node in spec["sourceRepos"]?.sequence ?? [] where node.string == "!*" {
      report("project.denies-all", "the source repository '!*' denies every repository", node)
    }
    checkRepeats(of: "source namespace", spec["sourceNamespaces"]?.sequence ?? []) { $0.string }
    checkRepeats(of: "role", spec["roles"]?.sequence ?? []) { $0["name"]?.string }
    checkAccounts(spec["destinationServiceAccounts"]?.sequence ?? [])
    for window in spec["syncWindows"]?.sequence ?? [] where window.mapping != nil { checkWindow(window) }
  }

  /// Sync windows of an AppProject whose time zone does not exist; empty for documents of other kinds.
  static func zoneProblems(_ node: Node, file: String, _ zones: ZoneTable) -> [Diagnostic] {
    guard node["kind"]?.string == AppProject.kind else { return [] }
    return (node["spec"]?["syncWindows"]?.sequence ?? []).compactMap { window -> Diagnostic? in
      guard let name = window["timeZone"], let text = name.string else { return nil }
      do throws(ZoneTable.Problem) {
        _ = try zones.zone(text)
        return nil
      } catch {
        return Diagnostic(
          "project.unknown-zone", error.message, at: SourceLocation(file: file, mark: name.mark),
          help: "name it as the zone database does, such as Europe/Amsterdam")
      }
    }
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
      if destination.namespace == "!*" {
        report("project.denies-all", "the destination's namespace '!*' denies every namespace", node)
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
    if window["kind"] == nil { report("project.bad-window", "the sync window has no kind, allow or deny", window) }
    let schedule = window["schedule"]?.string ?? ""
    do throws(CronSchedule.Problem) {
      _ = try CronSchedule(schedule)
    } catch {
      report(
        "project.bad-schedule", "the sync window's schedule '\(DNSName.shown(schedule))' \(error.message)",
        window["schedule"] ?? window)
    }
    let duration = window["duration"]?.string ?? ""
    if SyncWindow.seconds(duration) == nil {
      report(
        "project.bad-duration", "the sync window's duration '\(DNSName.shown(duration))' is no duration above a second",
        window["duration"] ?? window)
    }
    if let description = window["description"], (description.string ?? "").utf8.count > 255 {
      report("project.bad-window", "the sync window's description is longer than 255 bytes", description)
    }
    if ["applications", "namespaces", "clusters"].allSatisfy({ (window[$0]?.sequence ?? []).isEmpty }) {
      report(
        "project.bad-window",
        "the sync window concerns nothing: it names neither applications, namespaces nor clusters",
        window)
    }
  }

  private mutating func checkAccounts(_ accounts: [Node]) {
    var seen: [[String]: Node] = [:]
    for node in accounts where node.mapping != nil {
      let place = ["server", "namespace"].map { node[$0]?.string ?? "" }
      if let first = seen[place] {
        report("project.repeated", "the destination has a service account already", node, first: first)
      }
      seen[place] = seen[place] ?? node
      if place.contains(where: { $0.contains("!") }) {
        report("project.bad-account", "the service account's server and namespace cannot be denied by '!'", node)
      }
      let account = node["defaultServiceAccount"]?.string ?? ""
      if account.allSatisfy({ $0 == " " }) || account.contains(where: { "!*[]{}\\/".contains($0) }) {
        report("project.bad-account", "'\(DNSName.shown(account))' is no service account", node)
      }
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
