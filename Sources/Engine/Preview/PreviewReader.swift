package import Fleet
import Kubernetes
package import Manifest

/// Reads a whole fleet at one revision, and renders all of it: one side of a preview.
package struct PreviewReader: Sendable {
  package struct Side: Sendable {
    package var fleet: PreviewedFleet
    /// What was read, by the repositories' addresses.
    package var commits: [String: String]
    package var diagnostics: [Diagnostic]
    package var failures: [Failure]

    package var isSound: Bool { failures.isEmpty && !diagnostics.contains { $0.severity == .error } }
  }

  /// Where the fleet is.
  package enum Place: Sendable {
    /// A folder of a repository.
    case git(GitURL, folder: TreePath)
    /// A folder that is in no repository: the same on both sides.
    case folder(String)
  }

  /// Renders under way at once; the threads that compute are fewer.
  private static let width = 8

  private let mirrors: GitMirrors
  private let world: OutsideWorld
  private let sources: SourceReader
  private let placement = ObjectPlacement()

  package init(mirrors: GitMirrors, world: OutsideWorld) {
    self.mirrors = mirrors
    self.world = world
    sources = SourceReader(mirrors: mirrors)
  }

  /// - Parameter revision: of the fleet's repository, or, for a plain folder, of the repositories that it names.
  /// - Throws: ``Failure`` where the fleet itself cannot be read.
  package func read(_ place: Place, at revision: String, objects: [Node] = []) async throws -> Side {
    var files = FleetFiles()
    let choice: RevisionChoice
    switch place {
    case .git(let url, let folder):
      let commit = try await mirrors.resolve(url, revision: revision, freshness: .now).commit
      choice = RevisionChoice(fleet: (url, commit.hex), revision: revision, mirrors: mirrors)
      let tree = await mirrors.tree(url, at: commit)
      files = try await RenderThreads.shared.run {
        var files = FleetFiles()
        files.update(from: tree, root: folder)
        return files
      }
    case .folder(let path):
      choice = RevisionChoice(fleet: nil, revision: revision, mirrors: mirrors)
      files.update(from: try LocalFileTree(path))
    }
    return try await expand(files.answer(), objects, choice)
  }

  private func expand(
    _ answer: Answer<FleetContent>, _ objects: [Node], _ choice: RevisionChoice
  ) async throws -> Side {
    let content = answer.known
    var side = Side(
      fleet: PreviewedFleet(
        applications: [:], sets: content.applicationSets, clusters: Set(content.registry.clusters.map(\.name))),
      commits: [:],
      diagnostics: answer.diagnostics, failures: answer.failures)
    if case .incomplete = answer { side.fleet.isComplete = false }
    let world = world.choosing { try await choice.commit(of: $0, at: $1) }
    var applications = content.applications.map { ($0, owner: String?.none) }
    for set in content.applicationSets {
      side.fleet.breakers[set.name] = Breaker(of: set, projects: content.projects)
      let expander = ApplicationSetExpander(set)
      var inputs = ExpansionInputs(
        registry: content.registry, objects: content.objects + objects, zones: TimeZones.installed,
        projects: ExpansionInputs.projects(content.projects))
      let expansion = try await world.answer(&inputs) { expander.expand($0) }
      if case .incomplete = expansion.applications { side.fleet.incompleteSets.insert(set.name) }
      side.diagnostics += expansion.applications.diagnostics
      side.failures += expansion.applications.failures
      applications += expansion.applications.known.map { ($0, owner: set.name) }
    }
    let rendered = await render(applications.map(\.0), choice, &side)
    for (application, owner) in applications where side.fleet.applications[application.name] == nil {
      side.fleet.applications[application.name] = PreviewedApplication(
        application: application, owner: owner, cluster: content.registry.cluster(for: application.destination)?.name,
        rendered: rendered[RenderKey(application)])
    }
    side.commits = await choice.commits
    return side
  }

  // MARK: Rendering

  /// Applications of the same key render to the same objects.
  private struct RenderKey: Hashable {
    var sources: String
    var namespace: String

    init(_ application: Application) {
      let spec = application.root["spec"]
      sources = JSON.text(spec?["sources"] ?? spec?["source"] ?? .null)
      namespace = application.destination.namespace
    }
  }

  private func render(
    _ applications: [Application], _ choice: RevisionChoice, _ side: inout Side
  ) async -> [RenderKey: RenderedObjects] {
    var distinct: [RenderKey: Application] = [:]
    for application in applications where distinct[RenderKey(application)] == nil {
      distinct[RenderKey(application)] = application
    }
    let work = distinct.sorted { $0.value.name < $1.value.name }
    let results = await withTaskGroup(of: (RenderKey, Result<RenderedObjects, any Error>, String).self) { group in
      var results: [(RenderKey, Result<RenderedObjects, any Error>, String)] = []
      for (position, (key, application)) in work.enumerated() {
        if position >= Self.width, let result = await group.next() { results.append(result) }
        group.addTask { (key, await self.render(application, choice), application.name) }
      }
      for await result in group { results.append(result) }
      return results.sorted { $0.2 < $1.2 }
    }
    var rendered: [RenderKey: RenderedObjects] = [:]
    for (key, result, name) in results {
      do {
        rendered[key] = try result.get()
      } catch let diagnostics as Diagnostics {
        side.diagnostics += diagnostics.all
      } catch let diagnostic as Diagnostic {
        side.diagnostics.append(diagnostic)
      } catch {
        side.failures.append(KubernetesClient.failure(from: error, subject: "application \(name)", stage: "render"))
      }
    }
    return rendered
  }

  private func render(
    _ application: Application, _ choice: RevisionChoice
  ) async -> Result<RenderedObjects, any Error> {
    do {
      try SourceReader.check(application)
      var chosen = application
      for index in chosen.sources.indices {
        let source = chosen.sources[index]
        chosen.sources[index].targetRevision = try await choice.commit(
          of: try GitURL(source.repoURL), at: source.targetRevision)
      }
      let answer = try await sources.read(chosen, fresh: false)
      return .success(try placement.place(answer, namespace: application.destination.namespace))
    } catch {
      return .failure(error)
    }
  }
}
