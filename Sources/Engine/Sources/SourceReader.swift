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
    /// The repository did not answer, and the last good state stands in.
    var staleBecause: Failure?
  }

  private let mirrors: GitMirrors
  private let cache: RenderCache<Rendering>
  private let files = ParsedFileCache()

  init(mirrors: GitMirrors) {
    self.mirrors = mirrors
    cache = RenderCache { rendering in rendering.documents.count * 4_096 }
  }

  var renderCount: Int { cache.renderCount }

  /// The commit that an Application's source stands at.
  func revision(of application: Application, fresh: Bool) async throws -> String {
    guard let source = application.sources.first else { return "" }
    return try await mirrors.resolve(
      try GitURL(source.repoURL), revision: source.targetRevision, freshness: fresh ? .now : .polled
    ).commit.hex
  }

  /// - Throws: ``Failure`` of Git, ``Diagnostics`` of the files.
  func read(_ application: Application, fresh: Bool) async throws -> Answer {
    guard let source = application.sources.first, application.sources.count == 1 else {
      throw Failure(
        "source.multiple", subject: "application \(application.name)", stage: "render",
        "several sources are not supported yet", retry: .never)
    }
    guard source.chart.isEmpty else {
      throw Failure(
        "source.helm-unsupported", subject: "application \(application.name)", stage: "render",
        "helm charts are not supported yet", retry: .never)
    }
    let url = try GitURL(source.repoURL)
    let resolved = try await mirrors.resolve(url, revision: source.targetRevision, freshness: fresh ? .now : .polled)
    guard let path = TreePath(source.path) else {
      throw Failure(
        "source.path", subject: "application \(application.name)", stage: "render",
        "the path '\(source.path)' leads out of the repository", retry: .never)
    }
    let options = try SourceOptions.render(source)
    let tree = await mirrors.tree(url, at: resolved.commit)
    let files = files
    let rendered = try await cache.render(
      .init(repository: url.identity, parameters: path.text + "\n" + SourceOptions.identity(source)),
      version: resolved.commit.hex, tree: tree
    ) { tree in
      var options = options
      options.cache = files
      return try renderSource(tree, at: path, options: options)
    }
    return Answer(
      objects: try rendered.output.objects(), warnings: rendered.output.warnings, identity: rendered.identity,
      revision: resolved.commit.hex, staleBecause: resolved.staleBecause)
  }
}
