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
  }

  let mirrors: GitMirrors
  private let cache: RenderCache<Rendering>
  private let files = ParsedFileCache()
  private let bases = BaseCache()

  init(mirrors: GitMirrors) {
    self.mirrors = mirrors
    cache = RenderCache { rendering in rendering.documents.count * 4_096 }
  }

  var renderCount: Int { cache.renderCount }

  /// The commits that an Application's sources stand at, joined as ``Answer/revision`` has them.
  func revision(of application: Application, fresh: Bool) async throws -> String {
    var revisions: [String] = []
    for source in application.sources {
      let commit = try await mirrors.resolve(
        try GitURL(source.repoURL), revision: source.targetRevision, freshness: fresh ? .now : .polled
      ).commit.hex
      if !revisions.contains(commit) { revisions.append(commit) }
    }
    return revisions.joined(separator: ",")
  }

  /// Renders every source, in their order; one that others only refer to (`ref` without a path) gives no objects.
  /// - Throws: ``Failure`` of Git, ``Diagnostics`` of the files.
  func read(_ application: Application, fresh: Bool) async throws -> Answer {
    try Self.check(application)
    var answers: [Answer] = []
    for (index, source) in application.sources.enumerated() {
      do {
        answers.append(try await read(source, of: application, fresh: fresh))
      } catch var failure as Failure where application.sources.count > 1 {
        failure.message = Self.name(of: index, application) + ": " + failure.message
        throw failure
      }
    }
    return answers.count == 1 ? answers[0] : Self.joined(answers)
  }

  /// What can be said before anything is fetched.
  /// - Throws: ``Failure`` for an application with nothing to render, or a source that cannot be rendered here.
  static func check(_ application: Application) throws(Failure) {
    func refuse(_ code: String, _ message: String) -> Failure {
      Failure(code, subject: "application \(application.name)", stage: "render", message, retry: .never)
    }
    guard !application.sources.isEmpty else { throw refuse("source.none", "it has no source") }
    for (index, source) in application.sources.enumerated() {
      let place = application.sources.count > 1 ? name(of: index, application) + ": " : ""
      if !source.chart.isEmpty {
        throw refuse("source.helm-unsupported", place + "helm charts are not supported yet")
      }
      if case .helm = source.tool {
        throw refuse("source.helm-unsupported", place + "helm is not supported yet, nor what it reads by $ref")
      }
    }
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
      commits: answers.flatMap(\.commits), staleBecause: answers.lazy.compactMap(\.staleBecause).first)
  }

  private func read(_ source: ApplicationSource, of application: Application, fresh: Bool) async throws -> Answer {
    let url = try GitURL(source.repoURL)
    let resolved = try await mirrors.resolve(url, revision: source.targetRevision, freshness: fresh ? .now : .polled)
    if source.isReference {
      return Answer(
        objects: [], warnings: [], identity: 0, revision: resolved.commit.hex, commits: [resolved.commit.hex],
        staleBecause: resolved.staleBecause)
    }
    guard let path = TreePath(source.path) else {
      throw Failure(
        "source.path", subject: "application \(application.name)", stage: "render",
        "the path '\(source.path)' leads out of the repository", retry: .never)
    }
    let tree = await mirrors.tree(url, at: resolved.commit)
    let name = application.name
    let changed = try await RenderThreads.shared.run {
      try SourceOverrides.apply(to: source, of: name, in: tree, at: path)
    }
    let environment = BuildEnvironment(application, source, revision: resolved.commit.hex)
    let options = try SourceOptions.render(changed, environment: environment)
    let (files, bases) = (files, bases)
    let rendered = try await cache.render(
      .init(
        repository: url.identity,
        parameters: path.text + "\n" + SourceOptions.identity(changed, environment: environment)),
      version: resolved.commit.hex, tree: tree
    ) { tree in
      var options = options
      options.cache = files
      options.bases = bases
      return try renderSource(tree, at: path, options: options)
    }
    return Answer(
      objects: try rendered.output.objects(), warnings: rendered.output.warnings, identity: rendered.identity,
      revision: resolved.commit.hex, commits: [resolved.commit.hex],
      staleBecause: resolved.staleBecause)
  }
}
