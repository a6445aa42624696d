import Manifest

/// What the manifests of a cluster must hold beyond the right types, whichever form they have.
struct ClusterRules {
  private let file: String
  private(set) var diagnostics: [Diagnostic] = []

  init(file: String) { self.file = file }

  mutating func checkName(_ name: Node?, isDNS: Bool, in node: Node) {
    let text = name?.string ?? ""
    let problem = isDNS ? DNSName.problem(withSubdomain: text) : ClusterName.problem(with: text)
    guard let problem else { return }
    report("cluster.bad-name", "the cluster's name '\(DNSName.shown(text))' \(problem)", name ?? node)
  }

  mutating func checkServer(_ server: Node?) {
    guard let server, let text = server.string else { return }
    if let problem = WebAddress.problem(with: text, schemes: ["https", "http"]) {
      report(
        "cluster.bad-server", "the server's URL \(problem)", server, help: "write it like https://10.0.0.1:6443")
    } else if WebAddress.isPlainBeyondLoopback(text) {
      report(
        "cluster.plain-http", "the server's URL is plain http, which would send credentials in the clear", server,
        help: "use https; plain http is for servers on this machine")
    }
  }

  mutating func checkProxy(_ proxy: Node?) {
    guard let proxy, let text = proxy.string, !text.isEmpty else { return }
    if let problem = WebAddress.problem(with: text, schemes: ["http", "https", "socks5"], userInfo: true) {
      report("cluster.bad-proxy", "the proxy's URL \(problem)", proxy)
    }
  }

  /// Certificates in base64, as kubeconfigs carry them.
  mutating func certificates(_ node: Node?) -> [UInt8]? {
    guard let node, let text = node.string, !text.isEmpty else { return nil }
    guard let bytes = Base64.decode(text) else {
      report("cluster.bad-ca", "caData is not base64", node)
      return nil
    }
    if !String(decoding: bytes, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----") {
      report("cluster.bad-ca", "caData holds no PEM certificate", node)
    }
    return bytes
  }

  mutating func checkTrust(_ holder: Node, insecure: Bool) {
    func has(_ field: String) -> Bool { !(holder[field]?.string ?? "").isEmpty }
    if insecure, has("caData") || has("caFile") {
      report(
        "cluster.insecure-with-ca", "the connection is insecure and has a CA as well", holder,
        help: "remove the insecure setting, or the CA")
    }
    if has("caData"), has("caFile") { report("cluster.two-cas", "both caData and caFile are given", holder) }
  }

  mutating func reference(_ node: Node?) -> CredentialsReference? {
    guard let node, let mapping = node.mapping else { return nil }
    let given = mapping.members.filter {
      !$0.value.isNull && $0.value.bool != false && $0.value.string?.isEmpty != true
    }.map(\.key)
    guard given.count == 1, let one = given.first else {
      report(
        "cluster.credentials",
        given.isEmpty ? "the credentials are empty" : "the credentials name \(given.joined(separator: " and "))",
        node, help: "give exactly one of kubeconfig, tokenFile, exec, inCluster: true, registered: true")
      return nil
    }
    switch one {
    case "kubeconfig":
      return .kubeconfig(path: node[one]?["path"].filledText, context: node[one]?["context"].filledText)
    case "tokenFile": return .tokenFile(node[one]?.string ?? "")
    case "exec":
      let plugin = ExecPlugin(node[one] ?? .null)
      check(plugin, node[one] ?? node)
      return .exec(plugin)
    case "inCluster": return .inCluster
    default: return .registered
    }
  }

  mutating func check(_ plugin: ExecPlugin, _ node: Node) {
    if !ExecPlugin.versions.contains(plugin.apiVersion) {
      report(
        "cluster.exec-version",
        "credential plugins of apiVersion '\(DNSName.shown(plugin.apiVersion))' are not run",
        node["apiVersion"] ?? node,
        help: "the plugin has to speak \(ExecPlugin.versions.joined(separator: " or "))")
    }
    if plugin.command.isEmpty { report("cluster.exec-command", "the credential plugin has no command", node) }
  }

  mutating func report(_ code: String, _ message: String, _ node: Node, help: String? = nil) {
    diagnostics.append(Diagnostic(code, message, at: SourceLocation(file: file, mark: node.mark), help: help))
  }
}

extension Node? {
  /// The text of a field of a connection; nil for an empty one, which Argo CD, client-go and the tools that write
  /// manifests for them take for an absent one.
  var filledText: String? { self?.string.flatMap { $0.isEmpty ? nil : $0 } }
}

extension ExecPlugin {
  /// What of client-go's API is spoken; v1alpha1 went with Kubernetes 1.24.
  static let versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]

  /// From the fields that a kubeconfig's `exec` has.
  init(_ node: Node) {
    var environment: [String: Redacted<String>] = [:]
    for variable in node["env"]?.sequence ?? [] {
      guard let name = variable["name"]?.string else { continue }
      environment[name] = Redacted(variable["value"]?.string ?? "")
    }
    self.init(
      apiVersion: node["apiVersion"].filledText ?? "client.authentication.k8s.io/v1",
      command: node["command"]?.string ?? "", args: node["args"].texts, environment: environment,
      installHint: node["installHint"]?.string ?? "")
  }
}

/// The rules for URLs of servers and proxies.
enum WebAddress {
  /// What is wrong with `text`, continuing a sentence that says which URL it is; never quotes user info.
  static func problem(with text: String, schemes: [String], userInfo: Bool = false) -> String? {
    guard text.utf8.count <= 2048, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return "holds characters that a URL cannot hold"
    }
    guard let colon = text.firstRange(of: "://") else { return "has no scheme" }
    let scheme = text[..<colon.lowerBound].lowercased()
    guard schemes.contains(scheme) else {
      return "has the scheme '\(DNSName.shown(scheme))', not \(schemes.joined(separator: " or "))"
    }
    let authority = text[colon.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if authority.contains("@"), !userInfo { return "carries a user name or password, which belongs into credentials" }
    return hostProblem(authority.split(separator: "@", omittingEmptySubsequences: false).last ?? "")
  }

  /// Whether requests to `text`, which has no ``problem(with:schemes:userInfo:)``, leave this machine unencrypted.
  static func isPlainBeyondLoopback(_ text: String) -> Bool {
    guard let colon = text.firstRange(of: "://"), text[..<colon.lowerBound].lowercased() == "http" else { return false }
    let authority = text[colon.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }.lowercased()
    if authority == "[::1]" || authority.hasPrefix("[::1]:") { return false }
    let host = authority.prefix { $0 != ":" }
    if host == "localhost" || host.hasSuffix(".localhost") { return false }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return !(parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil })
  }

  private static func hostProblem(_ hostAndPort: Substring) -> String? {
    var port: Substring = ""
    var host = hostAndPort
    if hostAndPort.hasPrefix("[") {
      guard let close = hostAndPort.firstIndex(of: "]") else { return "has an unclosed IPv6 address" }
      host = hostAndPort[...close]
      let rest = hostAndPort[hostAndPort.index(after: close)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return "has something odd behind its IPv6 address" }
      port = rest.dropFirst()
    } else if let colon = hostAndPort.firstIndex(of: ":") {
      host = hostAndPort[..<colon]
      port = hostAndPort[hostAndPort.index(after: colon)...]
      guard !port.isEmpty else { return "has a colon but no port" }
    }
    if host.isEmpty { return "has no host" }
    if !port.isEmpty, UInt16(port) == nil || port == "0" { return "has the port '\(DNSName.shown(String(port)))'" }
    return nil
  }
}
