import Fleet
import Manifest

/// One of Argo CD's repository Secrets: how one repository, or every one whose address begins alike, lets us in
/// (Argo CD, operator manual, "Declarative setup"; `util/db/repository_secrets.go`).
struct RepositorySecret: Sendable {
  enum Kind: String, Sendable, CaseIterable {
    case repository
    /// For all addresses that begin with its own.
    case credentials = "repo-creds"
    /// As the two above, for pushing.
    case writing = "repository-write"
    case writingCredentials = "repo-write-creds"
  }

  let name: String
  let kind: Kind
  /// What addresses are compared with; nil where its own cannot be read.
  let address: RepositoryPattern?
  /// The project whose Applications it is for; empty for all.
  let project: String
  private(set) var login: Login
  /// Neither certificates nor host keys are checked.
  let isInsecure: Bool
  /// Why it cannot be used.
  private(set) var problem: String?

  /// What may prove us; empty where it is not said.
  struct Login: Sendable, Equatable {
    var user = Redacted("")
    var password = Redacted("")
    var bearerToken = Redacted("")
    var sshKey = Redacted("")
    var certificate = Redacted("")
    var certificateKey = Redacted("")
    /// The password is sent before anybody asks for it.
    var forcesBasic = false
    var proxy = Redacted("")
    var proxyExceptions = ""
    /// Another way of signing in, which only Argo CD knows.
    var foreign: String?

    /// Proxies are none.
    var isEmpty: Bool {
      foreign == nil
        && [user, password, bearerToken, sshKey, certificate].allSatisfy { $0.reveal().isEmpty }
    }
  }

  /// Nil for what is no such Secret.
  init?(_ node: Node) {
    guard let kind = node["metadata"]?["labels"]?[ClusterSecret.typeLabel]?.string.flatMap(Kind.init) else {
      return nil
    }
    self.kind = kind
    name = Visible.text(node["metadata"]?["name"]?.string ?? "")
    var values = SecretValues(node)
    project = values.text("project")
    let isChart = values.text("type").lowercased() == "helm" || values.flag("enableOCI")
    address = RepositoryPattern(values.text("url"), isChart: isChart)
    let flags = ["insecure", "insecureIgnoreHostKey"].map { values.flag($0) }
    isInsecure = flags.contains(true)
    login = Login(&values)
    problem = values.problem ?? (address == nil ? "its url is missing, or is none of a repository" : nil)
  }

  /// The same, with what `template` says where it says nothing itself.
  func completed(from template: RepositorySecret) -> RepositorySecret {
    var completed = self
    let proxied = login
    completed.login = template.login
    if !proxied.proxy.reveal().isEmpty { completed.login.proxy = proxied.proxy }
    if !proxied.proxyExceptions.isEmpty { completed.login.proxyExceptions = proxied.proxyExceptions }
    completed.problem = problem ?? template.problem
    return completed
  }
}

extension RepositorySecret.Login {
  /// `enableLfs` and `depth` mean nothing here: large files are no manifests, and mirrors are whole.
  fileprivate init(_ values: inout SecretValues) {
    user = Redacted(values.line("username"))
    password = Redacted(values.line("password"))
    bearerToken = Redacted(values.line("bearerToken"))
    sshKey = Redacted(values.text("sshPrivateKey"))
    certificate = Redacted(values.text("tlsClientCertData"))
    certificateKey = Redacted(values.text("tlsClientCertKey"))
    forcesBasic = values.flag("forceHttpBasicAuth")
    proxy = Redacted(values.line("proxy"))
    proxyExceptions = values.line("noProxy")
    foreign = Self.foreignLogin(&values)
  }

  private static func foreignLogin(_ values: inout SecretValues) -> String? {
    let table: [(keys: [String], name: String)] = [
      (["githubAppPrivateKey", "githubAppID"], "a GitHub App"),
      (["gcpServiceAccountKey"], "a Google service account"),
      (["azureServicePrincipalClientSecret", "azureServicePrincipalClientId"], "an Azure service principal"),
    ]
    for row in table where row.keys.contains(where: { !values.text($0).isEmpty }) { return row.name }
    return values.flag("useAzureWorkloadIdentity") ? "an Azure workload" : nil
  }
}

/// The values of a Secret as text: `stringData` before `data`, as on an API server.
private struct SecretValues {
  private let node: Node
  /// The first that cannot be read; no value is quoted.
  private(set) var problem: String?

  init(_ node: Node) { self.node = node }

  /// Empty where there is none.
  mutating func text(_ key: String) -> String {
    if let plain = node["stringData"]?[key], let text = Self.scalar(plain) { return text }
    guard let coded = node["data"]?[key]?.string else { return "" }
    if let text = Base64.decode(coded).flatMap({ String(validating: $0, as: UTF8.self) }) { return text }
    problem = problem ?? "data.\(key) is not base64 of UTF-8 text"
    return ""
  }

  /// Without the end of line that a file or `echo` leaves, and that git takes for none of the value either.
  mutating func line(_ key: String) -> String {
    var text = text(key)[...]
    while text.last?.isNewline == true { text.removeLast() }
    return String(text)
  }

  /// What Go's `strconv.ParseBool` takes.
  mutating func flag(_ key: String) -> Bool {
    switch line(key) {
    case "1", "t", "T", "true", "TRUE", "True": return true
    case "", "0", "f", "F", "false", "FALSE", "False": return false
    default:
      problem = problem ?? "\(key) is neither 'true' nor 'false'"
      return false
    }
  }

  /// In a file, numbers and switches may be written without quotes.
  private static func scalar(_ node: Node) -> String? {
    node.string ?? node.spelling ?? node.int.map { String($0) } ?? node.bool.map { $0 ? "true" : "false" }
  }
}
