import Manifest
import Templating

/// A repository of an organisation, and the branch that is looked at.
struct HostedRepository {
  var organization: String
  var name: String
  var id: String
  var sshURL: String
  var httpURL: String
  var defaultBranch: String
  var labels: [String]
  var branch = ""
  var sha = ""
}

/// A filter's conditions. Those on branches are tested after those on repositories.
struct RepositoryFilter {
  var name: LinearRegex?
  var label: LinearRegex?
  var branch: LinearRegex?
  var pathsExist: [String]
  var pathsDoNotExist: [String]

  /// A filter with any condition on branches counts as a filter of branches alone.
  var isOnBranches: Bool { branch != nil || !pathsExist.isEmpty || !pathsDoNotExist.isEmpty }

  func admits(_ repository: HostedRepository) -> Bool {
    name?.matches(repository.name) ?? true && label.map { repository.labels.contains(where: $0.matches) } ?? true
  }
}

extension GeneratorRun {
  private static var providers: [String] {
    ["github", "gitlab", "gitea", "bitbucketServer", "bitbucket", "azureDevOps", "awsCodeCommit"]
  }

  /// The repositories of an organisation, with their default or all branches.
  mutating func repositories(_ node: Node, _ mark: SourceMark) -> [ParameterSet]? {
    guard let provider = Self.providers.first(where: { node[$0]?.mapping != nil }), let block = node[provider] else {
      report("generator.no-provider", "the scmProvider generator names no provider", mark)
      return nil
    }
    let useHTTP = node["cloneProtocol"]?.string
    guard [nil, "", "ssh", "https"].contains(useHTTP) else {
      report("generator.clone-protocol", "unknown cloneProtocol '\(DNSName.shown(useHTTP ?? ""))'", mark)
      return nil
    }
    guard let filters = repositoryFilters(node["filters"], mark), let host = host(provider, block, mark),
      let repositories = repositories(host, block, mark)
    else { return nil }
    let onRepositories = filters.filter { !$0.isOnBranches }
    let chosen = repositories.filter { repository in
      onRepositories.isEmpty || onRepositories.contains { $0.admits(repository) }
    }
    guard let branches = branches(of: chosen, host, block, filters.filter(\.isOnBranches), mark) else { return nil }
    var sets: [ParameterSet] = []
    for branch in branches {
      guard let set = adding(node["values"], to: parameters(of: branch, useHTTP: useHTTP == "https")) else {
        return nil
      }
      sets.append(set)
    }
    return sets
  }

  private mutating func repositoryFilters(_ node: Node?, _ mark: SourceMark) -> [RepositoryFilter]? {
    var filters: [RepositoryFilter] = []
    for filter in node?.sequence ?? [] {
      guard let name = expression(filter["repositoryMatch"], mark), let label = expression(filter["labelMatch"], mark),
        let branch = expression(filter["branchMatch"], mark)
      else { return nil }
      filters.append(
        RepositoryFilter(
          name: name, label: label, branch: branch, pathsExist: filter["pathsExist"].texts,
          pathsDoNotExist: filter["pathsDoNotExist"].texts))
    }
    return filters
  }

  private func parameters(of repository: HostedRepository, useHTTP: Bool) -> ParameterSet {
    let root: Mapping = [
      "organization": .string(repository.organization), "repository": .string(repository.name),
      "repository_id": .string(repository.id), "url": .string(useHTTP ? repository.httpURL : repository.sshURL),
      "branch": .string(repository.branch), "branchNormalized": .string(NameText.normalized(repository.branch)),
      "sha": .string(repository.sha), "short_sha": .string(String(repository.sha.prefix(8))),
      "short_sha_7": .string(String(repository.sha.prefix(7))),
      "labels": .string(repository.labels.joined(separator: ",")),
    ]
    let origin = ParameterSet.Origin("repository '\(repository.name)' at '\(repository.branch)'")
    return ParameterSet(Parameters(root), origins: [origin])
  }

  // MARK: Branches

  private mutating func branches(
    of repositories: [HostedRepository], _ host: RepositoryHost, _ block: Node, _ filters: [RepositoryFilter],
    _ mark: SourceMark
  ) -> [HostedRepository]? {
    var chosen: [HostedRepository] = []
    var isKnown = true
    // All that can be asked at once is asked at once, so that a round of answers serves every repository.
    for repository in repositories {
      guard let branches = branches(of: repository, host, allBranches: block["allBranches"]?.bool ?? false, mark) else {
        isKnown = false
        continue
      }
      for branch in branches {
        switch admits(branch, host, filters, mark) {
        case true?: chosen.append(branch)
        case false?: break
        case nil: isKnown = false
        }
      }
    }
    return isKnown ? chosen : nil
  }

  private mutating func branches(
    of repository: HostedRepository, _ host: RepositoryHost, allBranches: Bool, _ mark: SourceMark
  ) -> [HostedRepository]? {
    let answer: HostingAnswer<[Node]>
    if allBranches {
      answer = pages(host.service, host.branchesPath(repository), [], host.paging, mark)
    } else {
      switch json(host.defaultBranchRequest(repository), mark) {
      case .found(let (node, _)): answer = .found([node])
      case .notFound: answer = .notFound
      case .unknown: answer = .unknown
      }
    }
    switch answer {
    case .found(let nodes): return nodes.map { host.branch($0, of: repository) }
    case .notFound: return []
    case .unknown: return nil
    }
  }

  /// Nil when it is not known yet.
  private mutating func admits(
    _ branch: HostedRepository, _ host: RepositoryHost, _ filters: [RepositoryFilter], _ mark: SourceMark
  ) -> Bool? {
    var isKnown = true
    for filter in filters where filter.admits(branch) && filter.branch?.matches(branch.branch) ?? true {
      var fits: Bool? = true
      let wanted = filter.pathsExist.map { ($0, true) } + filter.pathsDoNotExist.map { ($0, false) }
      for (path, shouldExist) in wanted where fits == true {
        fits = exists(path, in: branch, host, mark).map { $0 == shouldExist }
      }
      if fits == true { return true }
      if fits == nil { isKnown = false }
    }
    return filters.isEmpty ? true : isKnown ? false : nil
  }

  private mutating func exists(
    _ path: String, in branch: HostedRepository, _ host: RepositoryHost, _ mark: SourceMark
  ) -> Bool? {
    switch json(host.contentRequest(branch, path), mark) {
    case .found(let (node, _)): host.lists(path, in: node)
    case .notFound: false
    case .unknown: nil
    }
  }
}
