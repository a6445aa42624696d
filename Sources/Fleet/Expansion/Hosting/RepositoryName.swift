import Manifest

/// A repository as pull request generators and webhooks both can name it.
///
/// With its host where both know it: `github.com/owner/repo`. Azure DevOps and Bitbucket Server name repositories in
/// webhooks without one; theirs are told apart by project and name alone, as in Argo CD.
package struct RepositoryName: Sendable, Hashable {
  package let key: String

  package init(host: String, path: String) { key = (host + "/" + path).lowercased() }

  /// GitLab also goes by numbers.
  package init(host: String, project number: Int) { key = host.lowercased() + "#\(number)" }

  package init(azureProject project: String, name: String) { key = "azure:\(project)/\(name)".lowercased() }

  package init(bitbucketProject project: String, name: String) { key = "bitbucket:\(project)/\(name)".lowercased() }

  /// What the provider's block of a pull request generator looks at; nil where it does not say.
  /// - Parameter base: the address of the provider's API.
  init?(_ provider: String, _ block: Node, base: String) {
    func text(_ field: String) -> String { block[field]?.string ?? "" }
    let host = Self.host(of: base)
    switch provider {
    case "github":
      // GitHub's API has a host of its own, but on a server of one's own.
      self.init(
        host: host.hasPrefix("api.") ? String(host.dropFirst(4)) : host, path: text("owner") + "/" + text("repo"))
    case "gitea": self.init(host: host, path: text("owner") + "/" + text("repo"))
    case "gitlab":
      let project = text("project")
      if let number = Int(project) {
        self.init(host: host, project: number)
      } else {
        self.init(host: host, path: project.replacing("%2F", with: "/").replacing("%2f", with: "/"))
      }
    case "azuredevops": self.init(azureProject: text("project"), name: text("repo"))
    case "bitbucketServer": self.init(bitbucketProject: text("project"), name: text("repo"))
    case "bitbucket": self.init(host: "bitbucket.org", path: text("owner") + "/" + text("repo"))
    default: return nil
    }
  }

  /// Without port.
  private static func host(of address: String) -> String {
    guard let scheme = address.firstRange(of: "://") else { return "" }
    let authority = address[scheme.upperBound...].prefix { $0 != "/" }
    if authority.hasPrefix("[") { return String(authority.prefix { $0 != "]" }) + "]" }
    return String(authority.prefix { $0 != ":" })
  }
}
