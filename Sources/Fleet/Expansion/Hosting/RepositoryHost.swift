import Manifest
import Templating

/// How one service lists repositories, branches and contents.
struct RepositoryHost {
  enum Kind {
    case github, gitlab, gitea
  }

  var kind: Kind
  var service: HostingService

  /// What the service calls the size of a page.
  var sizeName: String { kind == .gitea ? "limit" : "per_page" }

  func branchesPath(_ repository: HostedRepository) -> String {
    kind == .gitlab
      ? "/projects/\(URLText.component(repository.id))/repository/branches" : repositoryPath(repository) + "/branches"
  }

  /// Asks for a path in a branch; 404 when it is not there.
  func contentRequest(_ branch: HostedRepository, _ path: String) -> WebInquiry {
    guard kind == .gitlab else {
      return service.request(repositoryPath(branch) + "/contents/" + URLText.path(path), [("ref", branch.branch)])
    }
    // GitLab lists directories only.
    let folder = SlashPath.directory(path)
    return service.request(
      "/projects/\(URLText.component(branch.id))/repository/tree",
      [("path", folder == "." ? "" : folder), ("ref", branch.branch), ("per_page", "100")])
  }

  /// Whether the answer to ``contentRequest(_:_:)`` has the path.
  func lists(_ path: String, in answer: Node) -> Bool {
    guard kind == .gitlab else { return true }
    return (answer.sequence ?? []).contains { $0["name"]?.string == SlashPath.base(path) }
  }

  private func repositoryPath(_ repository: HostedRepository) -> String {
    "/repos/\(URLText.component(repository.organization))/\(URLText.component(repository.name))"
  }

  func repository(_ node: Node) -> HostedRepository {
    func text(_ path: String...) -> String {
      path.reduce(Optional(node)) { $0?[$1] }?.value.scalarText ?? ""
    }
    if kind == .gitlab {
      let topics = node["topics"].texts
      return HostedRepository(
        organization: text("namespace", "full_path"), name: text("path"), id: text("id"),
        sshURL: text("ssh_url_to_repo"), httpURL: text("http_url_to_repo"), defaultBranch: text("default_branch"),
        labels: topics.isEmpty ? node["tag_list"].texts : topics)
    }
    return HostedRepository(
      organization: text("owner", "login"), name: text("name"), id: text("id"), sshURL: text("ssh_url"),
      httpURL: text("clone_url"), defaultBranch: text("default_branch"), labels: node["topics"].texts)
  }
}

extension GeneratorRun {
  mutating func host(_ provider: String, _ block: Node, _ mark: SourceMark) -> RepositoryHost? {
    let kinds: [String: RepositoryHost.Kind] = ["github": .github, "gitlab": .gitlab, "gitea": .gitea]
    guard let kind = kinds[provider] else {
      report("generator.unsupported", "the scmProvider \(provider) is not supported yet", mark)
      return nil
    }
    return service(provider, block, mark).map { RepositoryHost(kind: kind, service: $0) }
  }

  /// Every repository of the organisation or group, archived ones as the block wants.
  mutating func repositories(_ host: RepositoryHost, _ block: Node, _ mark: SourceMark) -> [HostedRepository]? {
    let answer: HostingAnswer<[Node]>
    switch host.kind {
    case .github:
      answer = pages(host.service, "/orgs/\(URLText.component(block["organization"]?.string ?? ""))/repos", [], mark)
    case .gitea:
      let owner = URLText.component(block["owner"]?.string ?? "")
      answer = pages(host.service, "/orgs/\(owner)/repos", [], sizeName: host.sizeName, mark)
    case .gitlab:
      let query = [
        ("include_subgroups", block["includeSubgroups"]?.bool == true ? "true" : "false"),
        ("with_shared", block["includeSharedProjects"]?.bool == false ? "false" : "true"),
        ("topic", block["topic"]?.string ?? ""),
      ].filter { !$0.1.isEmpty }
      answer = pages(host.service, "/groups/\(URLText.component(block["group"]?.string ?? ""))/projects", query, mark)
    }
    guard case .found(let nodes) = answer else {
      if case .notFound = answer {
        report("generator.organization-not-found", "the organisation was not found (status 404)", mark)
      }
      return nil
    }
    let skipsArchived =
      host.kind == .gitlab
      ? block["includeArchivedRepos"]?.bool != true : block["excludeArchivedRepos"]?.bool == true
    return nodes.filter { !(skipsArchived && $0["archived"]?.bool == true) }.map(host.repository)
  }
}
