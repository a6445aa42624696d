import HTTPClient
import Manifest

/// What a kubeconfig's `user` proves with.
struct KubeconfigUser {
  private(set) var certificate: HTTPClientCertificate?
  private(set) var credentials: any CredentialsProvider = StaticCredentials.none
  /// `Impersonate-…` headers.
  private(set) var impersonation: [HTTPHeader] = []

  /// Problems are left in `reader`.
  /// - Parameter cluster: what an exec plugin may be told.
  init(_ reader: inout FieldReader, cluster: Connection?, environment: AccessEnvironment, subject: String) {
    certificate = Self.certificate(&reader, environment.files)
    impersonation = Self.impersonation(&reader)
    if reader.node["auth-provider"]?.isNull == false {
      reader.report(
        "auth-provider", "\(reader.owner) uses auth-provider, which Kubernetes removed in 1.26",
        reader.node["auth-provider"], help: "use an exec credential plugin instead")
    }
    var ways: [(String, any CredentialsProvider)] = []
    if let token = Self.token(&reader, environment, subject) { ways.append(("a token", token)) }
    if let basic = Self.basic(&reader) { ways.append(("a user name", basic)) }
    if let exec = Self.exec(&reader, cluster, environment, subject) { ways.append(("an exec plugin", exec)) }
    if ways.count > 1 {
      let all = ways.map(\.0).joined(separator: " and ")
      reader.report("two-credentials", "\(reader.owner) has \(all), where one is meant", help: "keep one of them")
    }
    if let way = ways.first { credentials = way.1 }
  }

  private static func certificate(_ reader: inout FieldReader, _ files: LocalFiles) -> HTTPClientCertificate? {
    let before = reader.diagnostics.count
    let chain = reader.base64("client-certificate-data") ?? reader.file("client-certificate", from: files)
    let key = reader.base64("client-key-data") ?? reader.file("client-key", from: files)
    guard reader.diagnostics.count == before else { return nil }
    switch (chain, key) {
    case (nil, nil): return nil
    case (let chain?, let key?):
      let place = reader.node["client-certificate-data"] ?? reader.node["client-certificate"]
      if !PEM.hasCertificate(chain) {
        reader.report("bad-certificate", "the client certificate of \(reader.owner) is not PEM", place)
      }
      if !PEM.hasPrivateKey(key) {
        let place = reader.node["client-key-data"] ?? reader.node["client-key"]
        reader.report("bad-key", "the client key of \(reader.owner) is not a PEM private key", place)
      }
      return HTTPClientCertificate(chain: chain, key: key)
    default:
      let (there, missing) = chain == nil ? ("key", "certificate") : ("certificate", "key")
      reader.report("half-certificate", "\(reader.owner) has a client \(there) without its \(missing)")
      return nil
    }
  }

  /// client-go prefers the file to the token beside it.
  private static func token(
    _ reader: inout FieldReader, _ environment: AccessEnvironment, _ subject: String
  ) -> (any CredentialsProvider)? {
    if let path = reader.path("tokenFile") {
      if let bytes = reader.file("tokenFile", from: environment.files), BearerToken.cleaned(bytes) == nil {
        reader.report(
          "bad-token", "the token file '\(path)' of \(reader.owner) holds no usable token", reader.node["tokenFile"])
      }
      return TokenFileCredentials(path: path, subject: subject, files: environment.files, clock: environment.clock)
    }
    guard let text = reader.text("token") else { return nil }
    guard let token = BearerToken.cleaned(Array(text.utf8)) else {
      reader.report(
        "bad-token", "the token of \(reader.owner) holds characters that an HTTP header cannot carry",
        reader.node["token"])
      return nil
    }
    return StaticCredentials(bearerToken: token)
  }

  private static func basic(_ reader: inout FieldReader) -> StaticCredentials? {
    let name = reader.text("username")
    let password = reader.text("password")
    guard let name else {
      if password != nil { reader.report("half-basic", "\(reader.owner) has a password without a username") }
      return nil
    }
    return StaticCredentials(username: name, password: Redacted(password ?? ""))
  }

  private static func exec(
    _ reader: inout FieldReader, _ cluster: Connection?, _ environment: AccessEnvironment, _ subject: String
  ) -> (any CredentialsProvider)? {
    guard let node = reader.node["exec"], !node.isNull else { return nil }
    var exec = FieldReader(node: node, file: reader.file, owner: "exec of \(reader.owner)", location: reader.location)
    let plugin = ExecCredentialPlugin(&exec)
    reader.add(exec.diagnostics)
    guard let plugin else { return nil }
    guard let runner = environment.commands else { return UnrunnableCredentials(plugin: plugin, subject: subject) }
    return ExecCredentials(
      plugin: plugin, cluster: cluster?.info, subject: subject, runner: runner, clock: environment.clock)
  }

  /// `as`, `as-uid`, `as-groups`, `as-user-extra`.
  private static func impersonation(_ reader: inout FieldReader) -> [HTTPHeader] {
    var headers: [HTTPHeader] = []
    if let name = reader.text("as") { headers.append(HTTPHeader("Impersonate-User", name)) }
    if let uid = reader.text("as-uid") { headers.append(HTTPHeader("Impersonate-Uid", uid)) }
    headers += reader.texts("as-groups").map { HTTPHeader("Impersonate-Group", $0) }
    for extra in reader.node["as-user-extra"]?.mapping ?? Mapping() {
      let name = "Impersonate-Extra-" + PercentEncoding.segment(extra.key.lowercased())
      headers += (extra.value.sequence ?? []).compactMap(\.string).map { HTTPHeader(name, $0) }
    }
    for header in headers where !header.value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
      reader.report("bad-impersonation", "\(header.name) of \(reader.owner) is not plain ASCII", reader.node["as"])
    }
    if let first = headers.first, first.name != "Impersonate-User" {
      reader.report("bad-impersonation", "\(reader.owner) impersonates without naming a user in 'as'")
    }
    return headers
  }
}

extension ExecCredentialPlugin {
  /// From a kubeconfig's `exec`; nil, with diagnostics in `reader`, when it is none.
  init?(_ reader: inout FieldReader) {
    let version = Version(rawValue: reader.text("apiVersion") ?? "")
    if version == nil {
      let known = Version.allCases.map(\.rawValue).joined(separator: " or ")
      reader.report("exec-version", "\(reader.owner) needs apiVersion \(known)", reader.node["apiVersion"])
    }
    let command = reader.text("command")
    if command == nil { reader.report("exec-command", "\(reader.owner) names no command") }
    let mode = reader.text("interactiveMode")
    if let mode, !["Never", "IfAvailable"].contains(mode) {
      reader.report(
        "exec-interactive", "\(reader.owner) has interactiveMode '\(mode.prefix(40))', but there is no terminal",
        reader.node["interactiveMode"], help: "use interactiveMode: Never")
    }
    let environment = Self.environment(&reader)
    let arguments = reader.texts("args")
    let hint = reader.text("installHint") ?? ""
    let providesClusterInfo = reader.flag("provideClusterInfo")
    guard let version, let command, reader.diagnostics.isEmpty else { return nil }
    self.init(
      version: version, command: command.contains("/") ? reader.resolve(command) : command, arguments: arguments,
      environment: environment, installHint: hint, providesClusterInfo: providesClusterInfo)
  }

  private static func environment(_ reader: inout FieldReader) -> [String: Redacted<String>] {
    var environment: [String: Redacted<String>] = [:]
    for variable in reader.node["env"]?.sequence ?? [] {
      guard let name = variable["name"]?.string, !name.isEmpty, !name.contains("="), !name.contains("\0") else {
        reader.report("exec-env", "a variable in env of \(reader.owner) has no usable name", variable)
        continue
      }
      var value = FieldReader(
        node: variable, file: reader.file, owner: "'\(name.prefix(100))' in env of \(reader.owner)",
        location: reader.location)
      environment[name] = Redacted(value.text("value") ?? "")
      reader.add(value.diagnostics)
    }
    return environment
  }
}

/// Stands where an exec plugin is named and no program may be run.
private struct UnrunnableCredentials: CredentialsProvider {
  let plugin: ExecCredentialPlugin
  let subject: String

  func authorization() async throws -> Redacted<String>? {
    throw Failure(
      "cluster.credentials-plugin", subject: subject, stage: "authenticate",
      "the credential plugin '\(plugin.command)' is not run by this command", retry: .never)
  }

  func refused(_ header: Redacted<String>?) async -> Bool { false }
}
