import Manifest
import Templating

/// How one service lists repositories, branches and contents.
struct RepositoryHost {
  enum Kind: String {
    case github, gitlab, gitea, bitbucketServer, bitbucket, azureDevOps
  }

  var kind: Kind
  var service: HostingService
  /// Of the provider's block, where the service's paths need it.
  var project = ""
  var organization = ""

  var paging: HostingPaging {
    switch kind {
    case .github, .gitlab: .numbered(size: "per_page")
    case .gitea: .numbered(size: "limit")
    case .bitbucketServer: .fromStart
    case .bitbucket: .byAddress
    case .azureDevOps: .none
    }
  }

  // MARK: Branches

  func branchesPath(_ repository: HostedRepository) -> String {
    switch kind {
    case .github, .gitea, .bitbucketServer: repositoryPath(repository) + "/branches"
    case .gitlab: repositoryPath(repository) + "/repository/branches"
    case .bitbucket: repositoryPath(repository) + "/refs/branches"
    case .azureDevOps: repositoryPath(repository) + "/stats/branches"
    }
  }

  func defaultBranchRequest(_ repository: HostedRepository) -> WebInquiry {
    let name = repository.defaultBranch
    switch kind {
    case .bitbucketServer: return service.request(branchesPath(repository) + "/default")
    case .azureDevOps: return service.request(branchesPath(repository), [("name", name), ("api-version", "7.1")])
    case .github, .gitlab, .gitea, .bitbucket:
      return service.request(branchesPath(repository) + "/" + URLText.component(name))
    }
  }

  func branch(_ node: Node, of repository: HostedRepository) -> HostedRepository {
    var branch = repository
    branch.branch = node["name"]?.string ?? node["displayId"]?.string ?? ""
    let commit = node["commit"]
    branch.sha =
      commit?["sha"]?.string ?? commit?["id"]?.string ?? commit?["commitId"]?.string ?? node["target"]?["hash"]?.string
      ?? node["latestCommit"]?.string ?? ""
    return branch
  }

  // MARK: Contents

  /// Asks for a path in a branch; 404 when it is not there.
  func contentRequest(_ branch: HostedRepository, _ path: String) -> WebInquiry {
    let base = repositoryPath(branch)
    switch kind {
    case .github, .gitea:
      return service.request(base + "/contents/" + URLText.path(path), [("ref", branch.branch)])
    case .gitlab:
      // GitLab lists directories only.
      let folder = SlashPath.directory(path)
      return service.request(
        base + "/repository/tree",
        [("path", folder == "." ? "" : folder), ("ref", branch.branch), ("per_page", "100")])
    case .bitbucketServer:
      return service.request(
        base + "/browse/" + URLText.path(path), [("at", branch.branch), ("limit", "100"), ("type", "true")])
    case .bitbucket:
      return service.request(
        base + "/src/\(URLText.component(branch.sha))/" + URLText.path(path), [("format", "meta")])
    case .azureDevOps:
      return service.request(
        base + "/items", [("path", path), ("versionDescriptor.version", branch.branch), ("api-version", "7.1")])
    }
  }

  /// Whether the answer to ``contentRequest(_:_:)`` has the path.
  func lists(_ path: String, in answer: Node) -> Bool {
    guard kind == .gitlab else { return true }
    return (answer.sequence ?? []).contains { $0["name"]?.string == SlashPath.base(path) }
  }

  // MARK: Repositories

  private func repositoryPath(_ repository: HostedRepository) -> String {
    let name = URLText.component(repository.name)
    switch kind {
    case .github, .gitea: return "/repos/\(URLText.component(repository.organization))/\(name)"
    case .gitlab: return "/projects/\(URLText.component(repository.id))"
    case .bitbucketServer: return "/projects/\(URLText.component(repository.organization))/repos/\(name)"
    case .bitbucket: return "/repositories/\(URLText.component(repository.organization))/\(name)"
    case .azureDevOps:
      return
        "/\(URLText.component(repository.organization))/\(URLText.component(project))/_apis/git/repositories/\(name)"
    }
  }

  /// Nil for one that cannot be used: Azure DevOps has repositories without a branch.
  func repository(_ node: Node) -> HostedRepository? {
    func text(_ path: String...) -> String {
      path.reduce(Optional(node)) { $0?[$1] }?.value.scalarText ?? ""
    }
    func link(_ name: String) -> String {
      let links = node["links"]?["clone"]?.sequence ?? []
      return links.first { $0["name"]?.string == name }?["href"]?.string ?? ""
    }
    switch kind {
    case .github, .gitea:
      return HostedRepository(
        organization: text("owner", "login"), name: text("name"), id: text("id"), sshURL: text("ssh_url"),
        httpURL: text("clone_url"), defaultBranch: text("default_branch"), labels: node["topics"].texts)
    case .gitlab:
      let topics = node["topics"].texts
      return HostedRepository(
        organization: text("namespace", "full_path"), name: text("path"), id: text("id"),
        sshURL: text("ssh_url_to_repo"), httpURL: text("http_url_to_repo"), defaultBranch: text("default_branch"),
        labels: topics.isEmpty ? node["tag_list"].texts : topics)
    case .bitbucketServer:
      return HostedRepository(
        organization: text("project", "key"), name: text("name"), id: text("id"), sshURL: link("ssh"),
        httpURL: link("http"), defaultBranch: "", labels: [])
    case .bitbucket:
      return HostedRepository(
        organization: organization, name: text("slug"), id: text("uuid"), sshURL: link("ssh"),
        httpURL: link("https"), defaultBranch: text("mainbranch", "name"), labels: [])
    case .azureDevOps:
      let branch = text("defaultBranch")
      let url = text("remoteUrl")
      guard !text("name").isEmpty, !branch.isEmpty, !url.isEmpty, !text("id").isEmpty else { return nil }
      return HostedRepository(
        organization: organization, name: text("name"), id: text("id"), sshURL: url, httpURL: url,
        defaultBranch: branch.hasPrefix("refs/heads/") ? String(branch.dropFirst(11)) : branch, labels: [])
    }
  }
}

extension GeneratorRun {
  mutating func host(_ provider: String, _ block: Node, _ mark: SourceMark) -> RepositoryHost? {
    guard let kind = RepositoryHost.Kind(rawValue: provider) else {
      report(
        "generator.unsupported",
        "the scmProvider \(provider) is not supported: it needs requests signed with AWS credentials", mark,
        help: "list the repositories, or ask a plugin for them")
      return nil
    }
    return service(provider, block, mark).map {
      RepositoryHost(
        kind: kind, service: $0, project: block["teamProject"]?.string ?? block["project"]?.string ?? "",
        organization: block["organization"]?.string ?? block["owner"]?.string ?? "")
    }
  }

  /// Every repository of the organisation or group, archived ones as the block wants.
  mutating func repositories(_ host: RepositoryHost, _ block: Node, _ mark: SourceMark) -> [HostedRepository]? {
    let (path, query) = Self.listing(host, block)
    let answer = pages(host.service, path, query, host.paging, mark)
    guard case .found(let nodes) = answer else {
      if case .notFound = answer {
        report("generator.organization-not-found", "the organisation was not found (status 404)", mark)
      }
      return nil
    }
    let skipsArchived =
      host.kind == .gitlab
      ? block["includeArchivedRepos"]?.bool != true : block["excludeArchivedRepos"]?.bool == true
    return nodes.filter { !(skipsArchived && $0["archived"]?.bool == true) }.compactMap(host.repository)
  }

  private static func listing(_ host: RepositoryHost, _ block: Node) -> (path: String, query: [(String, String)]) {
    let organization = URLText.component(host.organization)
    switch host.kind {
    case .github, .gitea: return ("/orgs/\(organization)/repos", [])
    case .gitlab:
      let query = [
        ("include_subgroups", block["includeSubgroups"]?.bool == true ? "true" : "false"),
        ("with_shared", block["includeSharedProjects"]?.bool == false ? "false" : "true"),
        ("topic", block["topic"]?.string ?? ""),
      ].filter { !$0.1.isEmpty }
      return ("/groups/\(URLText.component(block["group"]?.string ?? ""))/projects", query)
    case .bitbucketServer: return ("/projects/\(URLText.component(host.project))/repos", [])
    case .bitbucket: return ("/repositories/\(organization)", [("role", "member")])
    case .azureDevOps:
      return (
        "/\(organization)/\(URLText.component(host.project))/_apis/git/repositories", [("api-version", "7.1")]
      )
    }
  }
}
