import Fleet
import Kustomize
import Manifest

/// Turns an Application's source into objects: repository, revision, render; each once for however many ask.
struct SourceReader: Sendable {
  struct Answer: Sendable {
    var objects: [Object]
    var warnings: [Diagnostic]
    /// Equal identities mean that nothing that was read has changed.
    var identity: UInt64
    var revision: String
    /// Of each source.
    var commits: [String] = []
    /// The repository did not answer, and the last good state stands in.
    var staleBecause: Failure?
    /// Another Application of the same sources may have other objects.
    var isParticular = false
    /// It was made from what stands elsewhere and may move by itself: bases in other repositories, charts of a range of versions.
    var looksElsewhere = false
  }

  /// Where the files of a source are.
  private struct Place: Sendable {
    var tree: any FileTree
    /// For the caches.
    var repository: String
    var version: String
    /// For people: the commit, or the version of a chart.
    var revision: String
    var staleBecause: Failure?
  }

  let mirrors: GitMirrors
  private let helm: Helm
  private let outside: OutsideReader
  private let cache: RenderCache<KustomizeDraft>
  private let folders: RenderCache<SourceFolder>
  private let files = ParsedFileCache()
  private let bases = BaseCache()

  /// - Parameters:
  ///   - helm: nil for the one of this machine, with the credentials of `mirrors`.
  ///   - baseHosts: that kustomizations may name bases on; empty for none, `*` for all.
  init(mirrors: GitMirrors, helm: Helm? = nil, baseHosts: Set<String> = []) {
    self.mirrors = mirrors
    let helm = helm ?? Helm(access: mirrors.access)
    self.helm = helm
    outside = OutsideReader(mirrors: mirrors, helm: helm, hosts: baseHosts)
    cache = RenderCache { $0.cost }
    folders = RenderCache(maximumCost: 32 << 20) { _ in 1_024 }
  }

  var renderCount: Int { cache.renderCount }

  /// The commits that an Application's sources stand at, joined as ``Answer/revision`` has them.
  func revision(of application: Application, fresh: Bool) async throws -> String {
    var revisions: [String] = []
    for source in application.sources {
      let revision = try await place(source, fresh: fresh).revision
      if !revisions.contains(revision) { revisions.append(revision) }
    }
    return revisions.joined(separator: ",")
  }

  /// Renders every source, in their order; one that others only refer to (`ref` without a path) gives no objects.
  /// - Parameters:
  ///   - cluster: what charts may ask about the cluster, asked for only where one does; nothing where it is not known.
  ///   - permits: why a repository that a kustomization names may not be read from; nil where it may.
  /// - Throws: ``Failure`` of Git and helm, ``Diagnostics`` of the files.
  func read(
    _ application: Application, fresh: Bool,
    cluster: @escaping ClusterQuestion = { ClusterCapabilities() },
    permits: @escaping OutsideReader.Permission = { _ in nil }
  ) async throws -> Answer {
    let request = Request(application: application, fresh: fresh, cluster: cluster, permits: permits)
    try Self.check(application)
    var answers: [Answer] = []
    for (index, source) in application.sources.enumerated() {
      do {
        answers.append(try await read(source, request))
      } catch var failure as Failure where application.sources.count > 1 {
        failure.message = Self.name(of: index, application) + ": " + failure.message
        throw failure
      }
    }
    return answers.count == 1 ? answers[0] : Self.joined(answers)
  }

  /// What a cluster serves, for those who need it.
  typealias ClusterQuestion = @Sendable () async throws -> ClusterCapabilities

  /// What is read, for whom.
  private struct Request: Sendable {
    var application: Application
    var fresh: Bool
    var cluster: ClusterQuestion
    var permits: OutsideReader.Permission
  }

  /// What can be said before anything is fetched.
  /// - Throws: ``Failure`` for an application with nothing to render, or a source that cannot be rendered here.
  static func check(_ application: Application) throws(Failure) {
    func refuse(_ code: String, _ message: String) -> Failure {
      Failure(code, subject: "application \(application.name)", stage: "render", message, retry: .never)
    }
    guard !application.sources.isEmpty else { throw refuse("source.none", "it has no source") }
    guard application.sources.contains(where: { !$0.isReference }) else {
      throw refuse("source.none", "its sources are only referred to (ref without path): there is nothing to render")
    }
  }

  /// `source 2 of 3 (values)`
  private static func name(of index: Int, _ application: Application) -> String {
    let source = application.sources[index]
    let name = source.name.isEmpty ? source.ref : source.name
    return "source \(index + 1) of \(application.sources.count)" + (name.isEmpty ? "" : " (\(name))")
  }

  private static func joined(_ answers: [Answer]) -> Answer {
    var hasher = ContentHasher()
    var revisions: [String] = []
    for answer in answers {
      hasher.add(answer.identity)
      if !revisions.contains(answer.revision) { revisions.append(answer.revision) }
    }
    return Answer(
      objects: answers.flatMap(\.objects), warnings: answers.flatMap(\.warnings),
      // Renderings are numbered from the other end.
      identity: hasher.digest.high | 1 << 63, revision: revisions.joined(separator: ","),
      commits: answers.flatMap(\.commits), staleBecause: answers.lazy.compactMap(\.staleBecause).first,
      isParticular: answers.contains(where: \.isParticular),
      looksElsewhere: answers.contains(where: \.looksElsewhere))
  }
}

extension SourceReader {
  private func place(_ source: ApplicationSource, fresh: Bool) async throws -> Place {
    if !source.chart.isEmpty {
      let chart = try await helm.chart(of: source, fresh: fresh)
      return Place(
        tree: chart.tree, repository: chart.identity, version: chart.version, revision: chart.version,
        staleBecause: chart.staleBecause)
    }
    let url = try GitURL(source.repoURL)
    let resolved = try await mirrors.resolve(url, revision: source.targetRevision, freshness: fresh ? .now : .polled)
    return Place(
      tree: await mirrors.tree(url, at: resolved.commit), repository: url.identity, version: resolved.commit.hex,
      revision: resolved.commit.hex, staleBecause: resolved.staleBecause)
  }

  private func read(_ source: ApplicationSource, _ request: Request) async throws -> Answer {
    let application = request.application
    let place = try await place(source, fresh: request.fresh)
    var answer = Answer(
      objects: [], warnings: [], identity: 0, revision: place.revision, commits: [place.revision],
      staleBecause: place.staleBecause)
    if source.isReference { return answer }
    guard let path = TreePath(source.path) else {
      throw Failure(
        "source.path", subject: "application \(application.name)", stage: "render",
        "the path '\(source.path)' leads out of the repository", retry: .never)
    }
    let folder = try await folders.render(
      .init(repository: place.repository, parameters: path.text), version: place.version, tree: place.tree
    ) { try SourceFolder($0, at: path) }.output
    var cluster = ClusterCapabilities()
    var prepared = PreparedSource(source, of: application, folder, revision: place.revision, cluster: cluster)
    // Only what depends on the cluster is made for each kind of cluster.
    if prepared.isChart || folder.overriding(source, of: application.name).asksForCluster {
      cluster = try await request.cluster()
      prepared = PreparedSource(source, of: application, folder, revision: place.revision, cluster: cluster)
    }
    let rendered =
      if prepared.isChart {
        try await renderChart(prepared, at: path, place, of: application, cluster)
      } else {
        try await render(prepared.source, at: path, place, request, &answer)
      }
    answer.objects = try rendered.output.objects()
    answer.warnings = rendered.output.warnings
    answer.identity = rendered.identity
    answer.isParticular = prepared.isParticular
    return answer
  }

  /// Renders, and as often again as something from elsewhere is asked for: what that came to is part of the render's key.
  private func render(
    _ source: ApplicationSource, at path: TreePath, _ place: Place, _ request: Request, _ answer: inout Answer
  ) async throws -> Rendered<Rendering> {
    let options = try SourceOptions.render(source)
    let (files, bases, allowsBases) = (files, bases, !outside.hosts.isEmpty)
    var planner = KustomizeChartPlanner(settings: helm.settings)
    var answers = OutsideAnswers()
    for _ in 0..<OutsideReader.mostRounds {
      let parameters = [
        path.text, SourceOptions.identity(source), answers.identity, planner.kubeVersion,
        planner.apiVersions.joined(separator: ","),
      ]
      let draft = try await cache.render(
        .init(repository: place.repository, parameters: parameters.joined(separator: "\n")),
        version: place.version, tree: place.tree
      ) { [planner, answers] tree in
        var options = options
        options.cache = files
        options.bases = bases
        return try KustomizeDraft.make(
          tree, at: path, options, OutsideSupply(answers, planner), allowsBases: allowsBases)
      }
      switch draft.output {
      case .done(let rendering):
        if let failure = answers.staleBecause { answer.staleBecause = answer.staleBecause ?? failure }
        answer.looksElsewhere = answers.mayMove
        return Rendered(output: rendering, identity: draft.identity)
      case .needs(let needs):
        if needs.asksForCluster, !planner.knowsCluster {
          // Its plans are made anew for the cluster: none of these is run.
          planner.take(source, try await request.cluster())
          continue
        }
        try await outside.answer(
          needs, own: place.tree, permits: request.permits, fresh: request.fresh, &answers)
      }
    }
    throw Diagnostics(
      Diagnostic(
        "kustomize.too-many-rounds", "more than \(OutsideReader.mostRounds) things from elsewhere need each other",
        at: SourceLocation(file: place.tree.displayPrefix + path.text)))
  }

  private func renderChart(
    _ prepared: PreparedSource, at path: TreePath, _ place: Place, of application: Application,
    _ cluster: ClusterCapabilities
  ) async throws -> Rendered<Rendering> {
    var request = Helm.Request(
      application, prepared.source, at: path, of: place.tree, repository: place.repository, version: place.version)
    request.cluster = cluster
    for other in application.sources where prepared.references.contains(other.ref) {
      // As it was resolved a moment ago, when it was read for itself.
      let place = try await self.place(other, fresh: false)
      request.references.append(
        .init(name: other.ref, repository: place.repository, version: place.version, tree: place.tree))
    }
    return try await helm.render(request)
  }
}
