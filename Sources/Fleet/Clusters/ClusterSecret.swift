package import Manifest

/// Reads Argo CD's cluster Secrets: label `argocd.argoproj.io/secret-type: cluster`, keys `name`, `server`, `config`.
package enum ClusterSecret {
  package static let typeLabel = "argocd.argoproj.io/secret-type"
  package static let typeValue = "cluster"

  static let shape = Shape.object(
    [
      "apiVersion": .string, "kind": .string, "metadata": .metadata, "type": .string, "immutable": .boolean,
      "data": .stringMapping, "stringData": .stringMapping,
    ], required: ["metadata"])

  package static func isOne(_ node: Node) -> Bool {
    node["kind"]?.string == "Secret" && node["metadata"]?["labels"]?[typeLabel]?.string == typeValue
  }

  package static func read(_ node: Node, file: String) -> Reading<Cluster> {
    var node = node
    var check = ShapeCheck(file: file, isSecret: true)
    check.check(&node, shape)
    var reader = SecretReader(node: node, file: file)
    let cluster = reader.read()
    return Reading(check.diagnostics + reader.diagnostics) { cluster }
  }
}

/// One reading of one cluster Secret.
private struct SecretReader {
  let node: Node
  let file: String
  private var rules: ClusterRules
  private var problems: [Diagnostic] = []

  init(node: Node, file: String) {
    self.node = node
    self.file = file
    rules = ClusterRules(file: file)
  }

  var diagnostics: [Diagnostic] { rules.diagnostics + problems }

  mutating func read() -> Cluster? {
    let server = field("server")
    if server?.string?.isEmpty ?? true {
      rules.report("cluster.no-server", "the cluster Secret has no server", node)
    }
    rules.checkServer(server)
    // Argo CD calls a cluster without a name by its server.
    let name = field("name").flatMap { $0.string?.isEmpty ?? true ? nil : $0 } ?? server
    rules.checkName(name, isDNS: false, in: node)
    var connection = Cluster.Connection(server: server?.string ?? "")
    let credentials = readConfig(into: &connection)
    guard let name = name?.string.flatMap(ClusterName.init) else { return nil }
    return cluster(named: name, connection, credentials)
  }

  private mutating func cluster(
    named name: ClusterName, _ connection: Cluster.Connection, _ credentials: InlineCredentials
  ) -> Cluster {
    let metadata = node["metadata"] ?? .null
    let namespaces = (field("namespaces")?.string ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
    return Cluster(
      name: name, connection: connection, credentials: .inline(credentials), labels: metadata["labels"].textMembers,
      annotations: metadata["annotations"].textMembers, project: field("project")?.string ?? "",
      namespaces: namespaces.filter { !$0.isEmpty },
      clusterResources: namespaces.isEmpty || field("clusterResources")?.string == "true",
      origin: SourceLocation(file: file, mark: node.mark), labelsMark: metadata["labels"]?.mark ?? metadata.mark)
  }

  /// A key of the Secret as text: `stringData` wins over `data`, as on an API server.
  private mutating func field(_ key: String) -> Node? {
    if let plain = node["stringData"]?[key], plain.string != nil { return plain }
    guard let coded = node["data"]?[key], let text = coded.string else { return nil }
    guard let bytes = Base64.decode(text), let decoded = String(validating: bytes, as: UTF8.self) else {
      rules.report("cluster.bad-secret", "data.\(key) is not base64 of UTF-8 text", coded)
      return nil
    }
    return Node(.string(decoded), mark: coded.mark)
  }

  // MARK: config

  private static let configShape = Shape.object([
    "username": .string, "password": .string, "bearerToken": .string, "proxyUrl": .string,
    "disableCompression": .boolean, "awsAuthConfig": .anyMapping,
    "tlsClientConfig": .object([
      "insecure": .boolean, "serverName": .string, "caData": .string, "certData": .string, "keyData": .string,
    ]),
    "execProviderConfig": .object(
      [
        "command": .string, "args": .strings, "env": .stringMapping, "apiVersion": .string, "installHint": .string,
      ], required: ["command"]),
  ])

  private mutating func readConfig(into connection: inout Cluster.Connection) -> InlineCredentials {
    guard let written = field("config"), let text = written.string, !text.isEmpty else { return InlineCredentials() }
    guard var config = try? JSON.parse(Array(text.utf8)) else {
      // The parser's own words would quote what may be secret.
      rules.report("cluster.bad-config", "the cluster Secret's config is not JSON", written)
      return InlineCredentials()
    }
    config = config.marked(written.mark)
    var check = ShapeCheck(file: file, isSecret: true)
    check.check(&config, Self.configShape, path: "config")
    problems += check.diagnostics
    if config["awsAuthConfig"]?.mapping != nil {
      rules.report(
        "cluster.aws-auth", "config.awsAuthConfig is not supported", written,
        help: "use execProviderConfig with 'aws eks get-token'")
    }
    readTrust(config, into: &connection)
    return credentials(config)
  }

  private mutating func readTrust(_ config: Node, into connection: inout Cluster.Connection) {
    rules.checkProxy(config["proxyUrl"])
    connection.proxyURL = config["proxyUrl"].filledText.map { Redacted($0) }
    guard let tls = config["tlsClientConfig"], tls.mapping != nil else { return }
    let insecure = tls["insecure"]?.bool ?? false
    rules.checkTrust(tls, insecure: insecure)
    connection.insecureSkipTLSVerify = insecure
    connection.tlsServerName = tls["serverName"].filledText
    connection.caData = insecure ? nil : rules.certificates(tls["caData"])
  }

  private mutating func credentials(_ config: Node) -> InlineCredentials {
    var credentials = InlineCredentials()
    credentials.bearerToken = token(config["bearerToken"])
    if let username = config["username"]?.string, !username.isEmpty {
      credentials.basic = InlineCredentials.Basic(
        username: username, password: Redacted(config["password"]?.string ?? ""))
    }
    credentials.clientCertificate = clientCertificate(config["tlsClientConfig"])
    if let exec = config["execProviderConfig"], exec.mapping != nil {
      let plugin = ExecPlugin(
        apiVersion: exec["apiVersion"].filledText ?? "client.authentication.k8s.io/v1beta1",
        command: exec["command"]?.string ?? "", args: exec["args"].texts,
        environment: exec["env"].textMembers.mapValues { Redacted($0) }, installHint: exec["installHint"]?.string ?? "")
      rules.check(plugin, exec)
      credentials.exec = plugin
    }
    return credentials
  }

  private mutating func token(_ node: Node?) -> Redacted<String>? {
    guard let node, let text = node.string, !text.isEmpty else { return nil }
    // It becomes a header line.
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      rules.report("cluster.bad-token", "the bearer token holds characters that a header cannot hold", node)
      return nil
    }
    return Redacted(text)
  }

  private mutating func clientCertificate(_ tls: Node?) -> InlineCredentials.ClientCertificate? {
    guard let tls else { return nil }
    let (certData, keyData) = (tls["certData"].filledText, tls["keyData"].filledText)
    guard let certificate = certData, let key = keyData else {
      if (certData == nil) != (keyData == nil) {
        let (there, missing) = certData == nil ? ("keyData", "certData") : ("certData", "keyData")
        rules.report("cluster.half-certificate", "tlsClientConfig has \(there) without \(missing)", tls)
      }
      return nil
    }
    guard let certificateBytes = Base64.decode(certificate), let keyBytes = Base64.decode(key) else {
      rules.report("cluster.bad-certificate", "certData or keyData is not base64", tls)
      return nil
    }
    return InlineCredentials.ClientCertificate(certificate: certificateBytes, key: Redacted(keyBytes))
  }
}

extension Node {
  /// The same value with one mark throughout: for a text within a text, whose own lines nobody can find.
  fileprivate func marked(_ mark: SourceMark) -> Node {
    var copy = self
    copy.mark = mark
    switch value {
    case .sequence(let nodes): copy.value = .sequence(nodes.map { $0.marked(mark) })
    case .mapping(let mapping):
      var marked = Mapping(minimumCapacity: mapping.count)
      for member in mapping {
        marked.append(Mapping.Member(key: member.key, keyMark: mark, value: member.value.marked(mark)))
      }
      copy.value = .mapping(marked)
    case .null, .bool, .int, .uint, .double, .string: break
    }
    return copy
  }
}
