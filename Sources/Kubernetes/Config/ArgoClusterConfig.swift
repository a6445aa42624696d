import HTTPClient
package import Manifest

extension ClusterAccess {
  /// From an Argo CD cluster Secret: its `server`, and the JSON of its `config`.
  ///
  /// Source: Argo CD, "Declarative Setup", clusters: `username`, `password`, `bearerToken`, `tlsClientConfig`
  /// (`insecure`, `serverName`, `caData`, `certData`, `keyData`), `execProviderConfig`, `proxyUrl`.
  /// - Parameters:
  ///   - location: where `config` stands in the user's file; every diagnostic points there, since the text is decoded.
  ///   - subject: what failures are about, such as `cluster edge-01`.
  /// - Throws: ``Diagnostics`` with codes `json.…` and `kubeconfig.…`, without values of the config.
  package init(
    argoServer server: String, config: Redacted<[UInt8]>, at location: SourceLocation, subject: String,
    in environment: AccessEnvironment = AccessEnvironment()
  ) throws(Diagnostics) {
    let root: Node
    do {
      root = try JSON.parse(config.reveal(), file: location.file, limits: TextLimits(bytes: 1 << 20, depth: 30))
    } catch {
      throw Diagnostics(Diagnostic(error.code, "config is not JSON", at: location))
    }
    guard root.mapping != nil else {
      throw Diagnostics(Diagnostic("kubeconfig.shape", "config is a JSON object", at: location))
    }
    var reader = ArgoConfigReader(root: root, location: location, subject: subject, environment: environment)
    self = try reader.access(server: server)
  }
}

private struct ArgoConfigReader {
  let root: Node
  let location: SourceLocation
  let subject: String
  let environment: AccessEnvironment

  mutating func access(server: String) throws(Diagnostics) -> ClusterAccess {
    var fields = FieldReader(node: root, file: location.file, owner: "config", location: location)
    var tls = FieldReader(
      node: root["tlsClientConfig"] ?? Node(.mapping([:])), file: location.file, owner: "tlsClientConfig",
      location: location)
    let words = ConnectionWords(server: "server", authorities: "caData", insecure: "insecure", proxy: "proxyUrl")
    let connection = Connection(
      &tls, words: words, server: server, authorities: tls.base64("caData"), isInsecure: tls.flag("insecure"),
      serverName: tls.text("serverName"), proxy: fields.text("proxyUrl"), environment: environment)
    let certificate = clientCertificate(&tls)
    if root["awsAuthConfig"]?.isNull == false {
      fields.report(
        "aws-auth", "config uses awsAuthConfig, which is not supported",
        help: "use execProviderConfig with 'aws eks get-token'")
    }
    let credentials = credentials(&fields, connection)
    let problems = tls.diagnostics + fields.diagnostics
    guard problems.isEmpty, let connection else { throw Diagnostics(problems) }
    var endpoint = connection.endpoint
    endpoint.clientCertificate = certificate
    return ClusterAccess(server: connection.server.text, endpoint: endpoint, credentials: credentials)
  }

  private func clientCertificate(_ tls: inout FieldReader) -> HTTPClientCertificate? {
    let chain = tls.base64("certData")
    let key = tls.base64("keyData")
    guard let chain, let key else {
      if chain != nil || key != nil, tls.diagnostics.isEmpty {
        tls.report("half-certificate", "tlsClientConfig needs certData and keyData together")
      }
      return nil
    }
    if !PEM.hasCertificate(chain) || !PEM.hasPrivateKey(key) {
      tls.report("bad-certificate", "certData and keyData of tlsClientConfig are not both PEM")
    }
    return HTTPClientCertificate(chain: chain, key: key)
  }

  private func credentials(_ fields: inout FieldReader, _ connection: Connection?) -> any CredentialsProvider {
    if let node = root["execProviderConfig"], !node.isNull {
      return exec(node, &fields, connection) ?? StaticCredentials.none
    }
    if let text = fields.text("bearerToken") {
      if let token = BearerToken.cleaned(Array(text.utf8)) { return StaticCredentials(bearerToken: token) }
      fields.report("bad-token", "bearerToken holds characters that an HTTP header cannot carry")
    }
    if let name = fields.text("username") {
      return StaticCredentials(username: name, password: Redacted(fields.text("password") ?? ""))
    }
    return StaticCredentials.none
  }

  private func exec(
    _ node: Node, _ fields: inout FieldReader, _ connection: Connection?
  ) -> (any CredentialsProvider)? {
    var exec = FieldReader(node: node, file: location.file, owner: "execProviderConfig", location: location)
    let version = ExecCredentialPlugin.Version(rawValue: exec.text("apiVersion") ?? "")
    if version == nil {
      let known = ExecCredentialPlugin.Version.allCases.map(\.rawValue).joined(separator: " or ")
      exec.report("exec-version", "execProviderConfig needs apiVersion \(known)")
    }
    let command = exec.text("command")
    if command == nil { exec.report("exec-command", "execProviderConfig names no command") }
    var variables: [String: Redacted<String>] = [:]
    for variable in node["env"]?.mapping ?? Mapping() {
      guard let value = variable.value.string else {
        exec.report("exec-env", "'\(variable.key.prefix(100))' in env of execProviderConfig is not a string")
        continue
      }
      variables[variable.key] = Redacted(value)
    }
    let arguments = exec.texts("args")
    fields.add(exec.diagnostics)
    guard let version, let command, let runner = environment.commands else {
      if version != nil, command != nil {
        fields.report("exec-unavailable", "config needs a credential plugin, which is not run here")
      }
      return nil
    }
    let plugin = ExecCredentialPlugin(
      version: version, command: command, arguments: arguments, environment: variables,
      installHint: exec.text("installHint") ?? "", providesClusterInfo: true)
    return ExecCredentials(
      plugin: plugin, cluster: connection?.info, subject: subject, runner: runner, clock: environment.clock)
  }
}
