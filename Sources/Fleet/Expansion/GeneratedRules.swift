import Manifest

/// What must hold for generated Applications: names, and destinations that exist.
struct GeneratedRules {
  let set: ApplicationSet
  let registry: Registry?
  let projects: Set<String>?

  /// - Returns: the good ones, sorted by name, and what is wrong with the others. Of those that share a name none is good.
  func check(_ generated: [GeneratedApplication]) -> (applications: [Application], diagnostics: [Diagnostic]) {
    var diagnostics: [Diagnostic] = []
    // Sets over clusters, which come sorted, mostly are; then no two share a name.
    if Self.isAscending(generated) {
      return (generated.filter { isGood($0, &diagnostics) }.map(\.application), diagnostics)
    }
    var byName: [String: [GeneratedApplication]] = [:]
    for one in generated { byName[one.application.name, default: []].append(one) }
    var good: [Application] = []
    for name in byName.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let same = byName[name] ?? []
      if same.count > 1, !name.isEmpty {
        diagnostics.append(duplicate(name, same))
        continue
      }
      good += same.filter { isGood($0, &diagnostics) }.map(\.application)
    }
    return (good, diagnostics)
  }

  private static func isAscending(_ generated: [GeneratedApplication]) -> Bool {
    zip(generated, generated.dropFirst()).allSatisfy {
      $0.application.name.utf8.lexicographicallyPrecedes($1.application.name.utf8)
    }
  }

  private func isGood(_ one: GeneratedApplication, _ diagnostics: inout [Diagnostic]) -> Bool {
    let problems = nameProblems(one) + projectProblems(one) + destinationProblems(one)
    diagnostics += problems
    return problems.isEmpty
  }

  private func duplicate(_ name: String, _ same: [GeneratedApplication]) -> Diagnostic {
    Diagnostic(
      "application.duplicate-name",
      "the ApplicationSet contains applications with duplicate name: \(DNSName.shown(name))",
      at: location("metadata", "name"),
      notes: same.prefix(5).map { Diagnostic.Note("from \($0.parameters.name)") },
      help: "put a parameter that differs into metadata.name")
  }

  private func nameProblems(_ one: GeneratedApplication) -> [Diagnostic] {
    let name = one.application.name
    guard let problem = DNSName.problem(withSubdomain: name) else { return [] }
    return [
      diagnostic(
        "application.bad-name", "the application name '\(DNSName.shown(name))' \(problem)", one,
        location("metadata", "name"), help: "make a name of it with normalize or slugify")
    ]
  }

  private func projectProblems(_ one: GeneratedApplication) -> [Diagnostic] {
    let project = one.application.project
    guard let projects, !projects.contains(project) else { return [] }
    return [
      diagnostic(
        "application.unknown-project",
        "application '\(DNSName.shown(one.application.name))' references project '\(DNSName.shown(project))' which does not exist",
        one, location("spec", "project"),
        help: NearestName.of(project, among: projects.sorted()).map { "did you mean '\($0)'?" }
          ?? "declare it as an AppProject, or use 'default'")
    ]
  }

  private func destinationProblems(_ one: GeneratedApplication) -> [Diagnostic] {
    guard let problem = destinationProblem(one.application.destination) else { return [] }
    return [
      diagnostic(
        "application.bad-destination",
        "application '\(DNSName.shown(one.application.name))' has an invalid destination: \(problem)", one,
        location("spec", "destination"))
    ]
  }

  private func destinationProblem(_ destination: Destination) -> String? {
    let (server, name) = (destination.server, destination.name)
    if server.isEmpty, name.isEmpty { return "it has neither server nor name" }
    if !server.isEmpty, !name.isEmpty {
      return "it has both name '\(DNSName.shown(name))' and server '\(DNSName.shown(server))'"
    }
    // What is registered has been checked.
    if !server.isEmpty, registry?.cluster(server: server) != nil { return nil }
    if let problem = server.isEmpty ? nil : WebAddress.problem(with: server, schemes: ["https", "http"]) {
      return "the server's URL '\(DNSName.shown(server))' \(problem)"
    }
    guard let registry, server != Destination.localServer else { return nil }
    if !server.isEmpty {
      return registry.cluster(server: server) == nil ? "no cluster has the server '\(DNSName.shown(server))'" : nil
    }
    guard let clusterName = ClusterName(name) else { return "'\(DNSName.shown(name))' is no cluster name" }
    if registry.ambiguousNames.contains(clusterName) { return "there are several clusters named '\(clusterName)'" }
    let isKnown = registry.registration(named: clusterName) != nil || name == Destination.localName
    return isKnown ? nil : "no cluster is named '\(clusterName)'"
  }

  private func diagnostic(
    _ code: String, _ message: String, _ one: GeneratedApplication, _ location: SourceLocation, help: String? = nil
  ) -> Diagnostic {
    Diagnostic(code, message, at: location, notes: [Diagnostic.Note("for \(one.parameters.name)")], help: help)
  }

  /// Where the field stands in the template, or the nearest thing that stands there.
  private func location(_ path: String...) -> SourceLocation {
    var node = set.template
    for key in path { node = node[key] ?? node }
    return SourceLocation(file: set.origin.file, mark: node.mark)
  }
}
