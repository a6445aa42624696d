import HTTPClient
import Kubernetes
import Manifest
import Synchronization
import Testing

private let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
private let key = "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"

private func files(_ contents: [String: String]) -> LocalFiles {
  LocalFiles { (path, limit) throws(LocalFiles.Problem) in
    guard let text = contents[path] else { throw .missing }
    guard text.utf8.count <= limit else { throw .tooLarge(limit: limit) }
    return Array(text.utf8)
  }
}

/// A kubeconfig of one context, whose cluster and user are given in flow style.
private func config(cluster: String = "{server: https://h:1}", user: String = "{token: abc}") -> String {
  """
  apiVersion: v1
  kind: Config
  current-context: c
  clusters: [{name: cl, cluster: \(cluster)}]
  users: [{name: u, user: \(user)}]
  contexts: [{name: c, context: {cluster: cl, user: u, namespace: n}}]
  """
}

private func context(_ text: String, _ environment: AccessEnvironment = .init(files: files([:]))) throws(Diagnostics)
  -> KubeconfigContext
{
  try Kubeconfig(Array(text.utf8), file: "/etc/kc.yaml").context(in: environment)
}

struct KubeconfigTests {
  @Test func everyWayOfProvingIsRead() async throws {
    let environment = AccessEnvironment(
      files: files(["/etc/t": "fromfile\n", "/etc/pki/ca": pem, "/c": pem, "/k": key]))
    let ca = Base64.encode(Array(pem.utf8))
    let cases: [(user: String, header: String?)] = [
      ("{token: abc}", "Bearer abc"), ("{tokenFile: t}", "Bearer fromfile"),
      ("{token: abc, tokenFile: t}", "Bearer fromfile"),
      ("{username: me, password: 'a:b'}", "Basic " + Base64.encode(Array("me:a:b".utf8))),
      ("{client-certificate: /c, client-key: /k}", nil), ("{}", nil),
    ]
    for (user, header) in cases {
      let found = try context(
        config(
          cluster: "{server: 'https://h:1/prefix/', certificate-authority: pki/ca, tls-server-name: s}", user: user),
        environment)
      #expect(try await found.access.credentials.authorization()?.reveal() == header, "\(user)")
      #expect(found.access.server == "https://h:1/prefix")
      #expect(found.access.endpoint.trust == .authorities(pem: Array(pem.utf8)))
      #expect(found.access.endpoint.serverName == "s")
      #expect(found.namespace == "n", "kept as it was written, though YAML 1.1 reads a boolean")
      #expect((found.access.endpoint.clientCertificate != nil) == user.contains("client-key"))
    }
    let data = try context(
      config(cluster: "{server: https://h, certificate-authority-data: \(ca), proxy-url: 'http://p:1'}"))
    #expect(data.access.endpoint.proxy == HTTPSecret("http://p:1"))
    let impersonating = try context(config(user: "{token: a, as: jane, as-groups: [g], as-user-extra: {A/b: [x]}}"))
    #expect(
      impersonating.access.impersonation == [
        HTTPHeader("Impersonate-User", "jane"), HTTPHeader("Impersonate-Group", "g"),
        HTTPHeader("Impersonate-Extra-a%2Fb", "x"),
      ])
  }

  @Test func whatIsWrongIsSaidWithItsPlace() {
    let cases: [(text: String, code: String, line: UInt32)] = [
      ("- a\n- b\n", "kubeconfig.shape", 1), ("", "kubeconfig.empty", 0), ("kind: Pod\n", "kubeconfig.kind", 1),
      ("a: [\n", "yaml.syntax", 0),
      (config(cluster: "{server: 'https://u:CANARY@h'}"), "kubeconfig.bad-server", 4),
      (config(cluster: "{server: 'file:///etc'}"), "kubeconfig.bad-server", 4),
      (config(cluster: "{server: 'https://h:99999'}"), "kubeconfig.bad-server", 4),
      (config(cluster: "{server: 'http://h:1'}"), "kubeconfig.plain-http", 4),
      (config(cluster: "{}"), "kubeconfig.no-server", 4),
      (config(cluster: "{server: https://h, certificate-authority-data: '*'}"), "kubeconfig.bad-base64", 4),
      (config(cluster: "{server: https://h, certificate-authority-data: aGVsbG8=}"), "kubeconfig.bad-ca", 4),
      (config(cluster: "{server: https://h, certificate-authority: nowhere}"), "kubeconfig.unreadable-file", 4),
      (config(cluster: "{server: https://h, proxy-url: '::::'}"), "kubeconfig.bad-proxy", 4),
      (config(cluster: "{server: https://h, insecure-skip-tls-verify: 3}"), "kubeconfig.shape", 4),
      (config(user: "{token: \"abc\\r\\nX: CANARY\"}"), "kubeconfig.bad-token", 5),
      (config(user: "{token: abc, username: CANARY}"), "kubeconfig.two-credentials", 5),
      (config(user: "{auth-provider: {name: gcp}}"), "kubeconfig.auth-provider", 5),
      (config(user: "{exec: {command: x}}"), "kubeconfig.exec-version", 5),
      (config(user: "{client-key-data: AAAA}"), "kubeconfig.half-certificate", 5),
      (config() + "\n" + "users: []\n", "yaml.duplicate-key", 7),
      (config().replacing("cluster: cl,", with: "cluster: cx,"), "kubeconfig.unknown-cluster", 6),
      (config().replacing("current-context: c", with: "current-context: d"), "kubeconfig.unknown-context", 3),
    ]
    for (text, code, line) in cases {
      do {
        _ = try context(text)
        Issue.record("accepted: \(text)")
      } catch {
        #expect(error.all.contains { $0.code == code }, "\(code): \(error.all.map(\.code))")
        if line > 0 { #expect(error.all.first { $0.code == code }?.location?.mark.line == line, "\(code)") }
        #expect(!"\(error)".contains("CANARY"), "\(code)")
      }
    }
  }

  @Test func nearNamesAreSuggested() throws {
    let kubeconfig = try Kubeconfig(Array(config().replacing("name: c,", with: "name: edge-01,").utf8), file: "kc")
    do {
      _ = try kubeconfig.context("edge-1")
      Issue.record("found")
    } catch { #expect(error.all.first?.help == "did you mean 'edge-01'?") }
  }

  @Test func ofSeveralFilesTheFirstWins() throws {
    let second = config(cluster: "{server: https://second}").replacing("name: c,", with: "name: other,")
    let disk = files(["/a": config(cluster: "{server: https://first}"), "/b": second])
    let merged = try Kubeconfig.load(paths: ["/missing", "/a", "/b"], from: disk)
    #expect(merged.contextNames == ["c", "other"])
    #expect(try merged.context("other").access.server == "https://first")
    #expect(throws: Diagnostics.self) { try Kubeconfig.load(paths: ["/missing"], from: disk) }
  }

  @Test func anEmptyFileOfSeveralIsOneWithoutEntries() throws {
    for empty in ["", "\n", "# nothing here\n", "---\n", "null\n"] {
      let disk = files(["/empty": empty, "/a": config()])
      for paths in [["/empty", "/a"], ["/a", "/empty"], ["/missing", "/empty", "/a"]] {
        #expect(try Kubeconfig.load(paths: paths, from: disk).contextNames == ["c"], "\(paths) \(empty)")
      }
      do {
        _ = try Kubeconfig.load(paths: ["/missing", "/empty"], from: disk)
        Issue.record("accepted: \(empty)")
      } catch { #expect(error.all.map(\.code) == ["kubeconfig.unreadable", "kubeconfig.empty"], "\(empty)") }
    }
    // What is wrong in one of them is wrong.
    #expect(throws: Diagnostics.self) {
      try Kubeconfig.load(paths: ["/a", "/b"], from: files(["/a": config(), "/b": "kind: Pod\n"]))
    }
  }

  @Test func variablesOfAPluginAreTexts() async throws {
    func environment(_ env: String) async throws -> [String: String] {
      let seen = Mutex<[String: String]>([:])
      let commands = ScriptedCommands(hands: Hands()) { _, command in
        seen.withLock { $0 = command.environment.mapValues { $0.reveal() } }
        return .exited(code: 1)
      }
      let user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: plug, env: \(env)}}"
      let found = try context(config(user: user), AccessEnvironment(files: files([:]), commands: commands))
      _ = try? await found.access.credentials.authorization()
      return seen.withLock { $0 }
    }
    // As kubectl, which takes numbers and booleans for texts where texts belong.
    let read = try await environment("[{name: A, value: 8080}, {name: B, value: yes}, {name: C, value: ''}, {name: D}]")
    #expect(read["A"] == "8080" && read["B"] == "yes" && read["C"] == "" && read["D"] == "")
    for wrong in ["[{name: A, value: [CANARY]}]", "[{name: A, value: {b: CANARY}}]"] {
      let error = await #expect(throws: Diagnostics.self) { try await environment(wrong) }
      let first = try #require(error?.all.first)
      #expect(first.code == "kubeconfig.shape" && first.message.contains("'A' in env of exec"), "\(first.message)")
      #expect(first.location?.mark.line == 5 && !"\(first)".contains("CANARY"))
    }
  }

  @Test func anArgoConfigIsRead() async throws {
    let place = SourceLocation(file: "s.yaml", mark: SourceMark(line: 9, column: 3))
    func access(_ json: String) throws(Diagnostics) -> ClusterAccess {
      try ClusterAccess(argoServer: "https://h", config: Redacted(Array(json.utf8)), at: place, subject: "cluster x")
    }
    let token = try access(#"{"bearerToken":"abc","tlsClientConfig":{"insecure":true,"serverName":"s"}}"#)
    #expect(try await token.credentials.authorization()?.reveal() == "Bearer abc")
    #expect(token.endpoint.trust == .insecure)
    let bad = [
      "{": "json.", "[]": "kubeconfig.shape", #"{"awsAuthConfig":{}}"#: "kubeconfig.aws-auth",
      #"{"tlsClientConfig":{"insecure":true,"caData":"eA=="}}"#: "kubeconfig.insecure-with-ca",
      #"{"tlsClientConfig":{"certData":"eA=="}}"#: "kubeconfig.half-certificate",
      #"{"execProviderConfig":{"apiVersion":"client.authentication.k8s.io/v1","command":"x","env":{"A":1}}}"#:
        "kubeconfig.exec-env",
    ]
    for (json, code) in bad {
      do {
        _ = try access(json)
        Issue.record("accepted \(json)")
      } catch {
        #expect(error.all.contains { $0.code.hasPrefix(code) && $0.location == place }, "\(json): \(error)")
      }
    }
  }

  @Test func thePodsAccountIsFound() async throws {
    let folder = "/var/run/secrets/kubernetes.io/serviceaccount"
    let environment = AccessEnvironment(files: files([folder + "/ca.crt": pem, folder + "/token": "tok"]))
    let variables = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
    let access = try ClusterAccess.inCluster(variables: variables, in: environment)
    #expect(access.server == "https://[fd00::1]:443")
    #expect(try await access.credentials.authorization()?.reveal() == "Bearer tok")
    #expect(throws: Failure.self) { try ClusterAccess.inCluster(variables: [:], in: environment) }
  }
}

/// A clock that only tests move, and a counter.
private final class Hands: Sendable {
  let time = Mutex(1_000.0)
  let count = Mutex(0)
  var clock: WallClock { WallClock { [self] in time.withLock { $0 } } }
  func advance(_ seconds: Double) { time.withLock { $0 += seconds } }
}

private struct ScriptedCommands: CommandRunner {
  let hands: Hands
  let ending: @Sendable (_ run: Int, _ command: CredentialCommand) -> CredentialCommandEnding

  func run(_ command: CredentialCommand) async throws -> CredentialCommandEnding {
    let run = hands.count.withLock { count in
      count += 1
      return count
    }
    await Task.yield()
    return ending(run, command)
  }
}

struct CredentialsTests {
  private let plugin = ExecCredentialPlugin(
    version: .v1, command: "plug", environment: ["A": Redacted("b")], providesClusterInfo: true)

  private func credentials(
    _ hands: Hands, _ ending: @escaping @Sendable (Int, CredentialCommand) -> CredentialCommandEnding
  ) -> ExecCredentials {
    ExecCredentials(
      plugin: plugin, cluster: ExecClusterInfo(server: "https://h"), subject: "cluster x",
      runner: ScriptedCommands(hands: hands, ending: ending), clock: hands.clock)
  }

  private static func output(_ status: String) -> CredentialCommandEnding {
    .finished(
      output: Redacted(
        Array(
          #"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":\#(status)}"#.utf8)))
  }

  @Test func aPluginRunsOnceUntilItsTimeIsOver() async throws {
    let hands = Hands()
    let credentials = credentials(hands) { run, command in
      #expect(command.environment["KUBERNETES_EXEC_INFO"]?.reveal().contains(#""server":"https://h""#) == true)
      return Self.output(#"{"token":"t\#(run)","expirationTimestamp":"1970-01-01T00:20:00Z"}"#)
    }
    try await withThrowingTaskGroup(of: String?.self) { group in
      for _ in 0..<20 { group.addTask { try await credentials.authorization()?.reveal() } }
      for try await header in group { #expect(header == "Bearer t1") }
    }
    hands.advance(189)
    #expect(try await credentials.authorization()?.reveal() == "Bearer t1")
    hands.advance(2)
    #expect(try await credentials.authorization()?.reveal() == "Bearer t2")
  }

  @Test func aRefusalRunsItAgainOnce() async throws {
    let hands = Hands()
    let credentials = credentials(hands) { run, _ in Self.output(#"{"token":"t\#(run)"}"#) }
    let first = try await credentials.authorization()
    #expect(await credentials.refused(first))
    #expect(try await credentials.authorization()?.reveal() == "Bearer t2")
    #expect(await credentials.refused(first))
    #expect(try await credentials.authorization()?.reveal() == "Bearer t2")
  }

  @Test func aFailingPluginSaysWhyWithoutItsOutput() async throws {
    let endings: [(CredentialCommandEnding, String)] = [
      (.exited(code: 3), "exit code 3"), (.notFound, "not installed"), (.tooSlow, "longer than"),
      (.finished(output: Redacted(Array("CANARY".utf8))), "not JSON"), (Self.output("{}"), "neither a token"),
      (Self.output(#"{"token":"CANARY\n\nX"}"#), "characters"),
      (Self.output(#"{"token":"a","expirationTimestamp":"CANARY"}"#), "RFC 3339"),
    ]
    for (ending, words) in endings {
      let hands = Hands()
      let credentials = credentials(hands) { _, _ in ending }
      for _ in 0..<2 {
        do {
          _ = try await credentials.authorization()
          Issue.record("gave credentials: \(words)")
        } catch let failure as Failure {
          #expect(failure.message.contains(words), "\(failure.message)")
          #expect(!"\(failure)".contains("CANARY"))
        }
      }
      #expect(hands.count.withLock { $0 } == 1, "a failing plugin pauses")
    }
  }

  @Test func aTokenFileIsReadAgainEachMinuteAndAfterARefusal() async throws {
    let hands = Hands()
    let text = Mutex("one\n")
    let disk = LocalFiles { (_, _) throws(LocalFiles.Problem) in
      hands.count.withLock { $0 += 1 }
      let text = text.withLock { $0 }
      guard !text.isEmpty else { throw .missing }
      return Array(text.utf8)
    }
    let credentials = TokenFileCredentials(path: "/t", subject: "cluster x", files: disk, clock: hands.clock)
    let one = try await credentials.authorization()
    text.withLock { $0 = "two" }
    hands.advance(59)
    #expect(try await credentials.authorization() == one)
    #expect(hands.count.withLock { $0 } == 1)
    hands.advance(2)
    #expect(try await credentials.authorization()?.reveal() == "Bearer two")
    text.withLock { $0 = "three" }
    #expect(await credentials.refused(Redacted("Bearer two")))
    #expect(try await credentials.authorization()?.reveal() == "Bearer three")
    text.withLock { $0 = "" }
    hands.advance(61)
    #expect(try await credentials.authorization()?.reveal() == "Bearer three")
    #expect(await credentials.refused(Redacted("Bearer three")) == false)
  }

  @Test func instantsAndTokensAreRead() {
    let instants: [(String, Double?)] = [
      ("1970-01-01T00:00:00Z", 0), ("2026-11-24T12:34:56Z", 1_795_523_696),
      ("2024-02-29T00:00:00+01:00", 1_709_161_200),
      ("2026-11-24T12:34:56.5Z", 1_795_523_696.5), ("2026-13-01T00:00:00Z", nil), ("tomorrow", nil),
      ("2026-11-24T12:34:56", nil),
    ]
    for (text, seconds) in instants { #expect(Timestamp.seconds(text) == seconds, "\(text)") }
    let written: [(Double, String?)] = [
      (0, "1970-01-01T00:00:00Z"), (12.9, "1970-01-01T00:00:12Z"), (1_795_523_696, "2026-11-24T12:34:56Z"),
      (1_709_164_800, "2024-02-29T00:00:00Z"), (1_709_251_199, "2024-02-29T23:59:59Z"),
      (951_782_400, "2000-02-29T00:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
      (-62_135_596_800, "0001-01-01T00:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
      (253_402_300_800, nil), (.infinity, nil), (.nan, nil), (-1e300, nil),
    ]
    for (seconds, text) in written { #expect(Timestamp.text(seconds) == text, "\(seconds)") }
    for day in stride(from: -700_000.0, to: 2_900_000, by: 997) {
      let text = Timestamp.text(day * 86_400 + 3_661)
      #expect(text.flatMap { Timestamp.seconds($0) } == day * 86_400 + 3_661, "\(text ?? "")")
    }
    let claims = Base64.encode(Array(#"{"exp":12}"#.utf8)).filter { $0 != "=" }
    #expect(BearerToken.expiry(of: Redacted("a.\(claims).b")) == 12)
    #expect(BearerToken.expiry(of: Redacted("a.b")) == nil)
    #expect(BearerToken.cleaned(Array("a b".utf8)) == nil)
  }
}
