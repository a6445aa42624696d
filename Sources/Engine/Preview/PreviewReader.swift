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

  /// - Parameters:
  ///   - helm: nil for the one of this machine, with the credentials of `mirrors`.
  ///   - baseHosts: that kustomizations may name bases on; empty for none, `*` for all.
  package init(mirrors: GitMirrors, world: OutsideWorld, helm: Helm? = nil, baseHosts: Set<String> = []) {
    self.mirrors = mirrors
    self.world = world
    sources = SourceReader(mirrors: mirrors, helm: helm, baseHosts: baseHosts)
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
        rendered: rendered[RenderKey(application, isNamed: true)] ?? rendered[RenderKey(application)])
    }
    var refusals = PreviewedRefusals(content)
    for application in side.fleet.applications.values { refusals.check(application) }
    side.diagnostics += refusals.diagnostics
    side.commits = await choice.commits
    return side
  }

  // MARK: Rendering

  /// Applications of the same key render to the same objects, unless their sources tell them apart by their names.
  private struct RenderKey: Hashable {
    var sources: String
    var namespace: String
    var restartsOnConfig: Bool
    var name: String

    init(_ application: Application, isNamed: Bool = false) {
      name = isNamed ? application.name : ""
      let spec = application.root["spec"]
      sources = JSON.text(spec?["sources"] ?? spec?["source"] ?? .null)
      namespace = application.destination.namespace
      restartsOnConfig = ConfigRestart.isWanted(by: application)
    }
  }

  /// What came of one Application, and whether it is good for no other.
  private struct RenderAnswer: Sendable {
    var key: RenderKey
    var name: String
    var result: Result<RenderedObjects, any Error>
    var isParticular: Bool
  }

  private func render(
    _ applications: [Application], _ choice: RevisionChoice, _ side: inout Side
  ) async -> [RenderKey: RenderedObjects] {
    var distinct: [RenderKey: Application] = [:]
    for application in applications where distinct[RenderKey(application)] == nil {
      distinct[RenderKey(application)] = application
    }
    var answers = await render(distinct, choice)
    let particular = Set(answers.lazy.filter(\.isParticular).map(\.key))
    var others: [RenderKey: Application] = [:]
    for application in applications where particular.contains(RenderKey(application)) {
      guard distinct[RenderKey(application)]?.name != application.name else { continue }
      others[RenderKey(application, isNamed: true)] = application
    }
    answers += await render(others, choice)
    var rendered: [RenderKey: RenderedObjects] = [:]
    for answer in answers {
      do {
        rendered[answer.key] = try answer.result.get()
      } catch let diagnostics as Diagnostics {
        side.diagnostics += diagnostics.all
      } catch let diagnostic as Diagnostic {
        side.diagnostics.append(diagnostic)
      } catch {
        side.failures.append(
          KubernetesClient.failure(from: error, subject: "application \(answer.name)", stage: "render"))
      }
    }
    return rendered
  }

  /// In the order of names.
  private func render(
    _ applications: [RenderKey: Application], _ choice: RevisionChoice
  ) async -> [RenderAnswer] {
    let work = applications.sorted { $0.value.name < $1.value.name }
    return await withTaskGroup(of: RenderAnswer.self) { group in
      var answers: [RenderAnswer] = []
      for (position, (key, application)) in work.enumerated() {
        if position >= Self.width, let answer = await group.next() { answers.append(answer) }
        group.addTask { await self.render(application, key, choice) }
      }
      for await answer in group { answers.append(answer) }
      return answers.sorted { $0.name < $1.name }
    }
  }

  private func render(_ application: Application, _ key: RenderKey, _ choice: RevisionChoice) async -> RenderAnswer {
    do {
      try SourceReader.check(application)
      var chosen = application
      // A chart of a chart repository stands where its version says.
      for index in chosen.sources.indices where chosen.sources[index].chart.isEmpty {
        let source = chosen.sources[index]
        chosen.sources[index].targetRevision = try await choice.commit(
          of: try GitURL(source.repoURL), at: source.targetRevision)
      }
      let answer = try await sources.read(chosen, fresh: false)
      let objects = try placement.place(answer, of: application)
      return RenderAnswer(
        key: key, name: application.name, result: .success(objects), isParticular: answer.isParticular)
    } catch {
      return RenderAnswer(key: key, name: application.name, result: .failure(error), isParticular: false)
    }
  }
}
