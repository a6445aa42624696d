import Manifest

/// Where a provider's API is and who asks there.
extension GeneratorRun {
  /// The service behind a provider's block; nil, reported, where its token cannot be had or its address is none.
  mutating func service(_ provider: String, _ node: Node, _ mark: SourceMark) -> HostingService? {
    let given = Destination.normalized(server: node["api"]?.string ?? "")
    if !given.isEmpty, let problem = WebAddress.problem(with: given, schemes: ["https", "http"]) {
      report("generator.bad-api", "the provider's api \(problem)", mark)
      return nil
    }
    let base = Self.base(provider, given)
    let app = node["appSecretName"]?.string ?? ""
    let found = app.isEmpty ? credential(provider, node, mark) : installationToken(app, base, mark)
    guard let credential = found, let authorities = authorities(node["caRef"], mark) else {
      return nil
    }
    var service = HostingService(base: base)
    service.insecureTLS = node["insecure"]?.bool ?? false
    service.authorities = authorities
    if provider == "gitlab" { service.tokenHeader = "Private-Token" }
    if !credential.reveal().isEmpty { service.token = credential }
    return service
  }

  /// What the header says; empty for nothing. Nil, reported, where a reference leads nowhere.
  private mutating func credential(_ provider: String, _ node: Node, _ mark: SourceMark) -> Redacted<String>? {
    if let basic = node["basicAuth"], !basic.isNull {
      return password(basic["passwordRef"], of: basic["username"], mark)
    }
    if let bearer = node["bearerToken"], !bearer.isNull {
      return token(bearer["tokenRef"], mark).map { Redacted("Bearer " + $0.reveal()) }
    }
    if provider == "bitbucket", let reference = node["appPasswordRef"], !reference.isNull {
      return password(reference, of: node["user"], mark)
    }
    guard let token = token(node["tokenRef"] ?? node["accessTokenRef"], mark) else { return nil }
    guard !token.reveal().isEmpty else {
      guard provider == "azureDevOps" else { return token }
      report("generator.no-secret", "no access token is given: Azure DevOps needs an accessTokenRef", mark)
      return nil
    }
    switch provider {
    case "gitlab": return token
    case "gitea": return Redacted("token " + token.reveal())
    case "azuredevops", "azureDevOps": return Self.basic("", token)
    default: return Redacted("Bearer " + token.reveal())
    }
  }

  private mutating func password(_ reference: Node?, of user: Node?, _ mark: SourceMark) -> Redacted<String>? {
    token(reference, mark).map { Self.basic(user?.string ?? "", $0) }
  }

  private static func basic(_ user: String, _ password: Redacted<String>) -> Redacted<String> {
    Redacted("Basic " + Base64.encode(Array((user + ":" + password.reveal()).utf8)))
  }

  /// The certificates that a `caRef` names; empty where there is no reference. Nil, reported, where it leads nowhere.
  private mutating func authorities(_ reference: Node?, _ mark: SourceMark) -> String? {
    guard let reference, !reference.isNull else { return "" }
    let name = reference["configMapName"]?.string ?? ""
    let key = reference["key"]?.string ?? ""
    let lookup = configMap(name)
    if case .unknown = lookup { return nil }
    guard case .found(let map) = lookup, let text = map["data"]?[key]?.string else {
      report(
        "generator.no-config-map",
        "there is no ConfigMap '\(DNSName.shown(name))' with the key '\(DNSName.shown(key))' for caRef", mark)
      return nil
    }
    guard text.contains("-----BEGIN CERTIFICATE-----") else {
      report("generator.bad-ca", "the ConfigMap of caRef holds no certificate in PEM", mark)
      return nil
    }
    return text
  }

  private static func base(_ provider: String, _ given: String) -> String {
    switch provider {
    case "github":
      if given.isEmpty { return "https://api.github.com" }
      let host = given.drop { $0 != ":" }.dropFirst(3)
      let isAPIHost = host.hasPrefix("api.") || host.contains(".api.") || given.hasSuffix("/api/v3")
      return isAPIHost ? given : given + "/api/v3"
    case "gitlab": return (given.isEmpty ? "https://gitlab.com" : given) + "/api/v4"
    case "gitea": return (given.isEmpty ? "https://gitea.com" : given) + "/api/v1"
    case "azuredevops", "azureDevOps": return given.isEmpty ? "https://dev.azure.com" : given
    case "bitbucketServer": return (given.hasSuffix("/rest") ? given : given + "/rest") + "/api/1.0"
    case "bitbucket": return given.isEmpty ? "https://api.bitbucket.org/2.0" : given
    default: return given
    }
  }
}
