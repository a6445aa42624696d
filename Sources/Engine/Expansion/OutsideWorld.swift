package import Fleet
import Foundation
package import HTTPClient
import Kubernetes
import Manifest

/// What the world answered to an ``Inquiry``.
enum OutsideAnswer: Sendable {
  /// The files, and the commit that they are of.
  case repository(Result<(tree: any FileTree, commit: String), Failure>)
  case web(Result<WebAnswer, Failure>)
  case control(Result<[Node], Failure>)

  var failure: Failure? {
    switch self {
    case .repository(.failure(let failure)), .web(.failure(let failure)), .control(.failure(let failure)): failure
    default: nil
    }
  }

  /// Whether an expansion that read `other` need not be made again.
  func isSame(as other: OutsideAnswer) -> Bool {
    switch (self, other) {
    case (.repository(.success(let a)), .repository(.success(let b))): a.commit == b.commit
    case (.web(.success(let a)), .web(.success(let b))): a.status == b.status && a.link == b.link && a.body == b.body
    case (.control(.success(let a)), .control(.success(let b))): a == b
    default: failure != nil && failure == other.failure
    }
  }

  func give(to inputs: inout ExpansionInputs, for inquiry: Inquiry) {
    switch self {
    case .repository(let result): inputs.repositories[inquiry] = result.map(\.tree)
    case .web(let result): inputs.answers[inquiry] = result
    case .control(let result): inputs.control[inquiry] = result
    }
  }
}

/// Answers what expansions ask: Git repositories from mirrors, everything else over HTTP.
///
/// Every request has a deadline and a limit of bytes, and goes to allowed hosts only.
package struct OutsideWorld: Sendable {
  package struct Options: Sendable {
    /// Hosts that plugins and hosting services may be asked at; empty for all, as in Argo CD.
    package var allowedHosts: Set<String> = []
    package var userAgent = "muster"

    package init() {}
  }

  private static let maximumBodyBytes = 16 << 20
  /// Each round may ask for what the answers of the one before named: the next page, another repository.
  private static let maximumRounds = 200
  private static let width = 8

  private let mirrors: GitMirrors
  private let transport: any Transport
  private let options: Options
  /// Nil where there is none.
  private let management: ManagementCluster?
  /// Which commit stands for a revision of a repository; nil for the one that it names.
  private var choose: (@Sendable (GitURL, String) async throws -> String)?

  package init(
    mirrors: GitMirrors, transport: any Transport, options: Options = Options(), management: ManagementCluster? = nil
  ) {
    self.mirrors = mirrors
    self.transport = transport
    self.options = options
    self.management = management
  }

  var hasManagementCluster: Bool { management != nil }

  /// The same world, with repositories read at the commits that `choose` says.
  func choosing(_ choose: @escaping @Sendable (GitURL, String) async throws -> String) -> OutsideWorld {
    var world = self
    world.choose = choose
    return world
  }

  /// Runs `expand` again, with what it asked for, until it asks for nothing new.
  package func answer(
    _ inputs: inout ExpansionInputs, _ expand: @escaping @Sendable (ExpansionInputs) -> Expansion
  ) async throws -> Expansion {
    var expansion = expand(inputs)
    for _ in 0..<Self.maximumRounds {
      let open = expansion.inquiries.filter { !inputs.answers($0) }
      if open.isEmpty { break }
      for (inquiry, answer) in await ask(open.sorted()) { answer.give(to: &inputs, for: inquiry) }
      // Trees are read from git's objects, which may wait.
      let known = inputs
      expansion = try await RenderThreads.shared.run { expand(known) }
    }
    return expansion
  }

  private func ask(_ inquiries: [Inquiry]) async -> [(Inquiry, OutsideAnswer)] {
    await withTaskGroup(of: (Inquiry, OutsideAnswer).self) { group in
      var answers: [(Inquiry, OutsideAnswer)] = []
      for (position, inquiry) in inquiries.enumerated() {
        if position >= Self.width, let answer = await group.next() { answers.append(answer) }
        group.addTask { (inquiry, await ask(inquiry, fresh: true)) }
      }
      for await answer in group { answers.append(answer) }
      return answers
    }
  }

  /// - Parameter fresh: whether a repository is looked at now, rather than taken as polling last found it.
  func ask(_ inquiry: Inquiry, fresh: Bool) async -> OutsideAnswer {
    switch inquiry {
    case .repository(let url, let revision):
      .repository(await result(inquiry) { try await tree(url, revision, fresh) })
    case .web(let request): .web(await result(inquiry) { try await send(request) })
    case .control(let request): .control(await result(inquiry) { try await objects(request) })
    }
  }

  private func result<Value>(_ inquiry: Inquiry, _ body: () async throws -> Value) async -> Result<Value, Failure> {
    do {
      return .success(try await body())
    } catch {
      return .failure(KubernetesClient.failure(from: error, subject: "\(inquiry)", stage: "generate"))
    }
  }

  private func tree(
    _ address: String, _ revision: String, _ fresh: Bool
  ) async throws -> (tree: any FileTree, commit: String) {
    let url = try GitURL(address)
    if let choose {
      let commit = try await choose(url, revision)
      let resolved = try await mirrors.resolve(url, revision: commit, freshness: .polled)
      return (await mirrors.tree(url, at: resolved.commit), commit)
    }
    let resolved = try await mirrors.resolve(url, revision: revision, freshness: fresh ? .now : .polled)
    return (await mirrors.tree(url, at: resolved.commit), resolved.commit.hex)
  }

  private func objects(_ request: ControlInquiry) async throws -> [Node] {
    guard let management else {
      throw Failure(
        "generator.no-management-cluster", subject: "\(request)", stage: "generate", "no management cluster is named",
        retry: .never)
    }
    return try await management.objects(request)
  }

  private func send(_ request: WebInquiry) async throws -> WebAnswer {
    try checkHost(of: request.url)
    var headers = [HTTPHeader("Accept", "application/json"), HTTPHeader("User-Agent", options.userAgent)]
    if let token = request.token { headers.append(HTTPHeader(request.tokenHeader, token.reveal())) }
    if !request.body.isEmpty { headers.append(HTTPHeader("Content-Type", "application/json")) }
    let response = try await transport.send(
      HTTPRequest(
        method: request.method.rawValue, url: request.url, headers: headers,
        body: request.body.isEmpty ? nil : request.body,
        endpoint: HTTPEndpoint(trust: Self.trust(request)),
        deadlines: HTTPDeadlines(firstByte: request.deadline, idle: request.deadline, total: request.deadline),
        maximumBodyBytes: Self.maximumBodyBytes))
    if let wait = Self.rateLimit(response.head, now: Date()) {
      throw Failure(
        "generator.rate-limited", subject: Self.host(of: request.url), stage: "generate",
        "the service takes no more requests for \(Int(wait)) s", retry: .after(seconds: wait))
    }
    return WebAnswer(
      status: response.head.status, link: response.head.header("Link") ?? "", body: response.body)
  }

  private static func trust(_ request: WebInquiry) -> HTTPEndpoint.Trust {
    if request.insecureTLS { return .insecure }
    return request.authorities.isEmpty ? .system : .authorities(pem: Array(request.authorities.utf8))
  }

  private func checkHost(of url: String) throws {
    let host = Self.host(of: url)
    guard options.allowedHosts.isEmpty || options.allowedHosts.contains(host) else {
      throw Failure(
        "generator.host-not-allowed", subject: "host \(Visible.text(host))", stage: "generate",
        "generators may not ask '\(Visible.text(host))'; to allow it: --allow-host \(Visible.text(host))", retry: .never
      )
    }
  }

  private static func host(of url: String) -> String { URLComponents(string: url)?.host?.lowercased() ?? "" }

  /// Seconds that the server wants to be left alone; nil where it did not refuse for that.
  private static func rateLimit(_ head: HTTPResponseHead, now: Date) -> Double? {
    let isSpent = head.status == 403 && head.header("X-RateLimit-Remaining") == "0"
    guard head.status == 429 || isSpent else { return nil }
    let longest = 3_600.0
    if let seconds = head.header("Retry-After").flatMap(Double.init), seconds.isFinite {
      return min(max(seconds, 1), longest)
    }
    if let reset = head.header("X-RateLimit-Reset").flatMap(Double.init), reset.isFinite {
      return min(max(reset - now.timeIntervalSince1970, 1), longest)
    }
    return 60
  }
}
