import Kustomize
import Manifest

/// Fetches what kustomizations need from elsewhere: bases in other repositories, and charts.
struct OutsideReader: Sendable {
  let mirrors: GitMirrors
  let helm: Helm
  /// That bases may be on; empty for none.
  let hosts: Set<String>

  /// Rounds of one render: a base may name another one, a chart is fetched before it is rendered.
  static let mostRounds = 64
  /// Repositories, and charts, of one render.
  private static let most = 64

  /// Why an address may not be read from; nil where it may.
  typealias Permission = @Sendable (String) -> String?

  /// Answers what a render asked for.
  /// - Parameter own: the files of the repository that is rendered.
  /// - Throws: ``Failure``, for what is not allowed too, with its place; ``Diagnostics`` of charts.
  func answer(
    _ needs: OutsideNeeds, own: any FileTree, permits: Permission, fresh: Bool, _ answers: inout OutsideAnswers
  ) async throws {
    let count = max(answers.bases.count + needs.bases.count, answers.inflations.count + needs.inflations.count)
    guard count <= Self.most else {
      throw Diagnostics(
        Diagnostic(
          "kustomize.too-many-imports",
          "a kustomization may name at most \(Self.most) bases in other repositories, and \(Self.most) charts",
          at: needs.inflations.first?.location))
    }
    for reference in needs.bases {
      let (base, staleBecause) = try await base(reference, permits, fresh)
      if let staleBecause { answers.staleBecause = staleBecause }
      answers.bases[reference] = base
    }
    for (reference, location) in needs.charts.sorted(by: { $0.value.text < $1.value.text }) {
      let chart = try await placed(location) {
        try check(reference.repository, permits)
        return try await helm.chart(reference, fresh: fresh)
      }
      if let failure = chart.staleBecause { answers.staleBecause = failure }
      answers.charts[reference] = chart
    }
    for inflation in needs.inflations {
      guard let tree = tree(inflation.place, own, answers) else { continue }
      answers.inflations[inflation.plan.digest] = try await placed(inflation.location) {
        try await helm.render(inflation.plan, of: tree)
      }
    }
  }

  private func tree(_ place: OutsideNeeds.Place, _ own: any FileTree, _ answers: OutsideAnswers) -> (any FileTree)? {
    switch place {
    case .own: own
    case .base(let reference): answers.bases[reference]?.tree
    case .chart(let reference): answers.charts[reference]?.tree
    }
  }

  private func base(
    _ reference: RemoteReference, _ permits: Permission, _ fresh: Bool
  ) async throws -> (OutsideAnswers.Base, staleBecause: Failure?) {
    let resolved: ResolvedRevision
    let url: GitURL
    do {
      url = try MirrorBases.allowed(reference, hosts)
      try check(reference.repository, permits)
      resolved = try await mirrors.resolve(url, revision: reference.revision, freshness: fresh ? .now : .polled)
    } catch var failure as Failure {
      failure.message = "base \(ShownAddress.of(reference.repository)): " + failure.message
      throw failure
    }
    let tree = await mirrors.tree(url, at: resolved.commit)
    return (.init(tree: tree, commit: resolved.commit.hex), resolved.staleBecause)
  }

  private func check(_ address: String, _ permits: Permission) throws {
    guard let refusal = permits(address) else { return }
    throw Failure("source.not-permitted", subject: "source", stage: "render", refusal, retry: .never)
  }

  /// With the place that asks in front of what goes wrong.
  private func placed<T>(_ location: SourceLocation, _ body: () async throws -> T) async throws -> T {
    do {
      return try await body()
    } catch var failure as Failure {
      failure.message = location.text + ": " + failure.message
      throw failure
    } catch let diagnostics as Diagnostics {
      throw Diagnostics(
        diagnostics.all.map { diagnostic in
          var diagnostic = diagnostic
          diagnostic.notes.append(.init("it is named here", at: location))
          return diagnostic
        })
    }
  }
}

/// How far a render came.
enum KustomizeDraft: Sendable {
  case done(Rendering)
  case needs(OutsideNeeds)

  /// Renders with what is known, and says what else it takes.
  static func make(
    _ tree: any FileTree, at path: TreePath, _ options: RenderOptions, _ supply: OutsideSupply, allowsBases: Bool
  ) throws -> KustomizeDraft {
    var options = options
    if allowsBases { options.remotes = supply }
    options.charts = supply
    let result = Result { try renderSource(tree, at: path, options: options) }
    let needs = supply.needs
    // What it was told to wait for is no error of its.
    return needs.isEmpty ? .done(try result.get()) : .needs(needs)
  }

  var cost: Int {
    switch self {
    case .done(let rendering): rendering.documents.count * 4_096
    case .needs(let needs): 4_096 + needs.inflations.reduce(0) { $0 + $1.plan.files.count * 160 }
    }
  }
}
