import HTTPClient
import Kubernetes
import Logging
import Manifest
import Testing

@testable import Engine

@Suite struct ControlSecretsTests {
  private let secret = """
    apiVersion: v1
    kind: Secret
    metadata: {name: NAME, namespace: NAMESPACE}
    stringData: {token: VALUE}

    """

  private func secret(_ name: String, _ namespace: String, _ value: String) -> String {
    secret.replacing("NAMESPACE", with: namespace).replacing("NAME", with: name).replacing("VALUE", with: value)
  }

  @Test func aFolderThatCannotBeReadIsAProblemUntilItCan() throws {
    let folder = try TemporaryFolder()
    let control = ControlFolder(folder.path + "/control")
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    #expect(control.objects(logger).isEmpty)
    let problem = try #require(control.problem)
    #expect(problem.code == "control.not-read" && problem.severity == .warning)
    #expect(!problem.message.contains("Failure("), "\(problem.message)")
    try folder.write(secret("a", "argocd", "hunter2"), to: "control/a.yaml")
    #expect(control.objects(logger).count == 1 && control.problem == nil)
    try folder.write("stringData: {token: hunter2", to: "control/a.yaml")
    #expect(control.objects(logger).count == 1, "what it last held counts")
    #expect(control.problem?.message.contains("yaml.syntax") == true)
    #expect(control.problem?.message.contains("hunter2") == false)
  }

  @Test func valuesComeFromTheFolderThenFromTheManagementCluster() async throws {
    let folder = try TemporaryFolder()
    try folder.write(
      secret("here", "argocd", "a") + "---\n" + secret("elsewhere", "other", "b"), to: "secrets.yaml")
    let transport = AnsweringTransport { request in
      guard request.url.hasSuffix("/secrets/there") else {
        return HTTPResponse(404, #"{"kind": "Status", "code": 404}"#)
      }
      return HTTPResponse(
        200, #"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "there"}, "data": {"token": "Yw=="}}"#)
    }
    let management = ManagementCluster(namespace: "argocd", transport: transport, userAgent: "test") {
      ClusterAccess(server: "https://m", endpoint: HTTPEndpoint(), credentials: StaticCredentials.none)
    }
    let secrets = ControlSecrets(
      controlFolder: folder.path, management: management, logger: Logger(label: "test"))
    let table: [(name: String, key: String, namespace: String, value: String?)] = [
      ("here", "token", "", "a"), ("here", "token", "argocd", "a"), ("here", "token", "other", nil),
      ("here", "other", "", nil), ("elsewhere", "token", "", nil), ("elsewhere", "token", "other", "b"),
      ("there", "token", "", "c"), ("nowhere", "token", "", nil), ("../x", "token", "", nil),
    ]
    for row in table {
      let lookup = secrets.lookup(namespace: row.namespace)
      do {
        #expect(try await lookup(row.name, row.key).reveal() == row.value, "\(row)")
      } catch let failure as Failure {
        #expect(row.value == nil && failure.code == "analysis.no-secret" && failure.retry == .never, "\(row)")
      }
    }
    #expect(!transport.requests.contains { $0.url.contains("..") })
  }

  @Test func aClusterThatDoesNotAnswerIsAskedAgain() async throws {
    let transport = AnsweringTransport { _ in throw TransportError.unreachable(reason: "refused") }
    let management = ManagementCluster(namespace: "argocd", transport: transport, userAgent: "test") {
      ClusterAccess(server: "https://m", endpoint: HTTPEndpoint(), credentials: StaticCredentials.none)
    }
    let secrets = ControlSecrets(controlFolder: nil, management: management, logger: Logger(label: "test"))
    do {
      _ = try await secrets.lookup()("a", "b")
      Issue.record("no failure")
    } catch let failure as Failure {
      #expect(failure.retry != .never)
    }
  }
}
