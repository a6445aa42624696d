import Manifest
import Templating

/// An open pull or merge request.
struct PullRequest {
  var number: String
  var title: String
  var branch: String
  var targetBranch: String
  var headSHA: String
  var author: String
  var labels: [String]
}

extension GeneratorRun {
  private static var providers: [String] {
    ["github", "gitlab", "gitea", "bitbucketServer", "bitbucket", "azuredevops"]
  }

  /// The open pull requests of a repository, in the service's order.
  mutating func pullRequests(_ node: Node, _ mark: SourceMark) -> [ParameterSet]? {
    guard let provider = Self.providers.first(where: { node[$0]?.mapping != nil }), let block = node[provider] else {
      report("generator.no-provider", "the pullRequest generator names no provider", mark)
      return nil
    }
    guard let filters = pullRequestFilters(node["filters"], mark) else { return nil }
    guard let requests = pullRequests(provider, block, node, mark) else { return nil }
    let chosen = requests.filter { request in filters.isEmpty || filters.contains { $0.admits(request) } }
    var sets: [ParameterSet] = []
    for request in chosen {
      guard let set = adding(node["values"], to: parameters(of: request)) else { return nil }
      sets.append(set)
    }
    return sets
  }

  private struct Filter {
    var branch: LinearRegex?
    var target: LinearRegex?
    var title: LinearRegex?

    func admits(_ request: PullRequest) -> Bool {
      branch?.matches(request.branch) ?? true && target?.matches(request.targetBranch) ?? true
        && title?.matches(request.title) ?? true
    }
  }

  private mutating func pullRequestFilters(_ node: Node?, _ mark: SourceMark) -> [Filter]? {
    var filters: [Filter] = []
    for filter in node?.sequence ?? [] {
      guard let branch = expression(filter["branchMatch"], mark),
        let target = expression(filter["targetBranchMatch"], mark), let title = expression(filter["titleMatch"], mark)
      else { return nil }
      filters.append(Filter(branch: branch, target: target, title: title))
    }
    return filters
  }

  private func parameters(of request: PullRequest) -> ParameterSet {
    let slug = { (text: String) in NameText.slug(text, maximum: 50, wholeWords: true) }
    var root: Mapping = [
      "number": .string(request.number), "title": .string(request.title), "branch": .string(request.branch),
      "branch_slug": .string(slug(request.branch)), "target_branch": .string(request.targetBranch),
      "target_branch_slug": .string(slug(request.targetBranch)), "head_sha": .string(request.headSHA),
      "head_short_sha": .string(String(request.headSHA.prefix(8))),
      "head_short_sha_7": .string(String(request.headSHA.prefix(7))), "author": .string(request.author),
    ]
    if isGo { root["labels"] = .sequence(request.labels.map(Node.string)) }
    return ParameterSet(Parameters(root), origins: [ParameterSet.Origin("pull request \(request.number)")])
  }

  // MARK: Services

  private mutating func pullRequests(
    _ provider: String, _ block: Node, _ node: Node, _ mark: SourceMark
  ) -> [PullRequest]? {
    guard var service = service(provider, block, mark) else { return nil }
    service.pullRequestsOf = RepositoryName(provider, block, base: service.base)
    let labels = block["labels"].texts
    let answer: HostingAnswer<[Node]>
    switch provider {
    case "github":
      let path = "/repos/" + Self.path(block, "owner", "repo") + "/pulls"
      answer = pages(service, path, [("state", "open")], .numbered(size: "per_page"), mark)
    case "gitlab":
      var query: [(String, String)] = labels.isEmpty ? [] : [("labels", labels.joined(separator: ","))]
      if let state = block["pullRequestState"]?.string, !state.isEmpty { query.append(("state", state)) }
      let project = URLText.component(block["project"]?.string ?? "")
      answer = pages(service, "/projects/\(project)/merge_requests", query, .numbered(size: "per_page"), mark)
    case "gitea":
      let path = "/repos/" + Self.path(block, "owner", "repo") + "/pulls"
      answer = pages(service, path, [("state", "open")], .numbered(size: "limit"), mark)
    case "azuredevops":
      let path =
        "/\(Self.path(block, "organization", "project"))/_apis/git/repositories/\(Self.path(block, "repo"))/pullrequests"
      answer = pages(service, path, [("searchCriteria.status", "active"), ("api-version", "7.1")], .none, mark)
    case "bitbucketServer":
      let path = "/projects/\(Self.path(block, "project"))/repos/\(Self.path(block, "repo"))/pull-requests"
      answer = pages(service, path, [], .fromStart, mark)
    case "bitbucket":
      answer = pages(
        service, "/repositories/" + Self.path(block, "owner", "repo") + "/pullrequests/", [], .byAddress, mark)
    default:
      report("generator.unsupported", "pull requests of \(provider) are not supported yet", mark)
      return nil
    }
    switch answer {
    case .found(let nodes):
      return nodes.map { Self.pullRequest($0, provider) }.filter { request in
        labels.allSatisfy { request.labels.contains($0) }
      }
    case .unknown: return nil
    case .notFound:
      if node["continueOnRepoNotFoundError"]?.bool == true { return [] }
      report("generator.repository-not-found", "the repository was not found at \(service.base) (status 404)", mark)
      return nil
    }
  }

  private static func path(_ block: Node, _ fields: String...) -> String {
    fields.map { URLText.component(block[$0]?.string ?? "") }.joined(separator: "/")
  }

  private static func pullRequest(_ node: Node, _ provider: String) -> PullRequest {
    func text(_ path: String...) -> String {
      path.reduce(Optional(node)) { $0?[$1] }?.value.scalarText ?? ""
    }
    let named = (node["labels"]?.sequence ?? []).compactMap { $0["name"]?.string ?? $0.string }
    switch provider {
    case "gitlab":
      return PullRequest(
        number: text("iid"), title: text("title"), branch: text("source_branch"), targetBranch: text("target_branch"),
        headSHA: text("sha"), author: text("author", "username"), labels: named)
    case "azuredevops":
      let branch = { (ref: String) in ref.hasPrefix("refs/heads/") ? String(ref.dropFirst(11)) : ref }
      return PullRequest(
        number: text("pullRequestId"), title: text("title"), branch: branch(text("sourceRefName")),
        targetBranch: branch(text("targetRefName")), headSHA: text("lastMergeSourceCommit", "commitId"),
        author: String(text("createdBy", "uniqueName").prefix { $0 != "@" }), labels: named)
    case "bitbucketServer":
      return PullRequest(
        number: text("id"), title: text("title"), branch: text("fromRef", "displayId"),
        targetBranch: text("toRef", "displayId"), headSHA: text("fromRef", "latestCommit"),
        author: text("author", "user", "name"), labels: [])
    case "bitbucket":
      return PullRequest(
        number: text("id"), title: text("title"), branch: text("source", "branch", "name"),
        targetBranch: text("destination", "branch", "name"), headSHA: text("source", "commit", "hash"),
        author: text("author", "nickname"), labels: [])
    default:
      let login = text("user", "login")
      return PullRequest(
        number: text("number"), title: text("title"), branch: text("head", "ref"), targetBranch: text("base", "ref"),
        headSHA: text("head", "sha"), author: login.isEmpty ? text("user", "username") : login, labels: named)
    }
  }
}
