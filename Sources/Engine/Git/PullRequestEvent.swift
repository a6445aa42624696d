import Fleet
import Manifest

/// What a webhook says of pull requests: in which repository one came, changed or went.
///
/// The events are those that change what a generator lists: comments and reviews are none.
enum PullRequestEvent {
  private static let gitActions: Set<String> = [
    "opened", "closed", "reopened", "edited", "labeled", "unlabeled",
    // GitHub's and Gitea's words for new commits, and Gitea's for labels.
    "synchronize", "synchronized", "label_updated", "label_cleared",
  ]
  private static let mergeRequestActions: Set<String> = ["open", "close", "reopen", "update", "merge"]
  private static let eventKeys: Set<String> = [
    "pullrequest:created", "pullrequest:updated", "pullrequest:fulfilled", "pullrequest:rejected", "pr:opened",
    "pr:from_ref_updated", "pr:modified", "pr:merged", "pr:declined", "pr:deleted",
  ]
  private static let azureEvents: Set<String> = [
    "git.pullrequest.created", "git.pullrequest.updated", "git.pullrequest.merged",
  ]

  /// - Parameter urls: the repository's addresses in the payload.
  /// - Returns: the repository by every name that a generator may know it by; none for other events.
  static func repositories(
    in payload: Node, urls: [String], header: (String) -> String?
  ) -> Set<RepositoryName> {
    let byAddress = { Set(urls.compactMap { (try? GitURL($0))?.webhookKey }.compactMap(repository)) }
    if payload["object_kind"]?.string == "merge_request" {
      guard isOneOf(mergeRequestActions, payload["object_attributes"]?["action"]) else { return [] }
      return mergeRequest(payload["project"], byAddress())
    }
    if isOneOf(azureEvents, payload["eventType"]) { return azure(payload["resource"]?["repository"]) }
    if let key = header("x-event-key") {
      guard eventKeys.contains(key) else { return [] }
      return bitbucketServer(payload["pullRequest"]?["toRef"]?["repository"]).union(byAddress())
    }
    let names = ["x-gitea-event", "x-forgejo-event", "x-gogs-event", "x-github-event"]
    if let event = names.lazy.compactMap(header).first, event != "pull_request" { return [] }
    guard payload["pull_request"]?.mapping != nil, isOneOf(gitActions, payload["action"]) else { return [] }
    return byAddress()
  }

  private static func isOneOf(_ words: Set<String>, _ node: Node?) -> Bool {
    node?.string.map(words.contains) ?? false
  }

  private static func repository(_ key: String) -> RepositoryName? {
    guard let slash = key.firstIndex(of: "/") else { return nil }
    return RepositoryName(host: String(key[..<slash]), path: String(key[key.index(after: slash)...]))
  }

  private static func mergeRequest(_ project: Node?, _ known: Set<RepositoryName>) -> Set<RepositoryName> {
    guard let number = project?["id"]?.int else { return known }
    let hosts = known.compactMap { $0.key.split(separator: "/").first.map(String.init) }
    return known.union(hosts.map { RepositoryName(host: $0, project: Int(number)) })
  }

  private static func azure(_ repository: Node?) -> Set<RepositoryName> {
    guard let name = repository?["name"]?.string, let project = repository?["project"]?["name"]?.string else {
      return []
    }
    return [RepositoryName(azureProject: project, name: name)]
  }

  private static func bitbucketServer(_ repository: Node?) -> Set<RepositoryName> {
    guard let slug = repository?["slug"]?.string, let project = repository?["project"]?["key"]?.string else {
      return []
    }
    return [RepositoryName(bitbucketProject: project, name: slug)]
  }
}
