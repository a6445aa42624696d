import Manifest
import Testing

@testable import Simulator

@Suite struct AccessTests {
  private let group = "rbac.authorization.k8s.io"

  /// A service account that may read ConfigMaps of its namespace, and a token of it.
  private func prepared() -> (ServerHarness, token: String) {
    var harness = ServerHarness()
    let namespace = "/api/v1/namespaces/default"
    _ = harness.send("POST", namespace + "/serviceaccounts", #"{"metadata":{"name":"reader"}}"#)
    let role = #"""
      {"metadata":{"name":"reader"},"rules":[{"apiGroups":[""],"resources":["configmaps"],"verbs":["get","list"],
      "resourceNames":[]},{"apiGroups":["apps"],"resources":["*/scale"],"verbs":["*"]}]}
      """#
    _ = harness.send("POST", "/apis/\(group)/v1/namespaces/default/roles", role)
    let binding = #"""
      {"metadata":{"name":"reader"},"roleRef":{"apiGroup":"\#(group)","kind":"Role","name":"reader"},
      "subjects":[{"kind":"ServiceAccount","name":"reader","namespace":"default"}]}
      """#
    _ = harness.send("POST", "/apis/\(group)/v1/namespaces/default/rolebindings", binding)
    let answer = harness.send(
      "POST", namespace + "/serviceaccounts/reader/token",
      #"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":600}}"#)
    return (harness, harness.json(answer)["status"]?["token"]?.string ?? "")
  }

  @Test func rolesGrantExactlyWhatTheySay() {
    var (harness, token) = prepared()
    let table: [(String, String, Int)] = [
      ("GET", "/api/v1/namespaces/default/configmaps", 200),
      ("GET", "/api/v1/namespaces/default/configmaps/kube-root-ca.crt", 200),
      ("GET", "/api/v1/namespaces/default/configmaps?watch=true", 403),
      ("GET", "/api/v1/configmaps", 403), ("GET", "/api/v1/namespaces/kube-system/configmaps", 403),
      ("GET", "/api/v1/namespaces/default/secrets", 403), ("GET", "/apis/apps/v1", 200), ("GET", "/version", 200),
      ("GET", "/apis/apps/v1/namespaces/default/deployments/none/scale", 404),
      ("GET", "/apis/apps/v1/namespaces/default/deployments/none", 403), ("GET", "/metrics", 403),
    ]
    for (method, path, status) in table {
      #expect(harness.send(method, path, token: token).status == status, "\(path)")
    }
    let review = #"{"spec":{"resourceAttributes":{"verb":"get","resource":"configmaps","namespace":"default"}}}"#
    let answer = harness.send("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review, token: token)
    #expect(harness.json(answer)["status"]?["allowed"]?.bool == true)
  }

  @Test func tokensEndWithTheirTimeAndTheirAccount() {
    var (harness, token) = prepared()
    let path = "/api/v1/namespaces/default/configmaps"
    #expect(harness.send("GET", path, token: token + "x").status == 401)
    harness.pass(.seconds(599))
    #expect(harness.send("GET", path, token: token).status == 200)
    harness.pass(.seconds(2))
    #expect(harness.send("GET", path, token: token).status == 401)
    (harness, token) = prepared()
    _ = harness.send("DELETE", "/api/v1/namespaces/default/serviceaccounts/reader")
    #expect(harness.send("GET", path, token: token).status == 401)
  }

  @Test func nobodyGrantsWhatTheyDoNotHold() {
    var (harness, token) = prepared()
    let role = #"""
      {"metadata":{"name":"granter"},"rules":[{"apiGroups":["\#(group)"],"resources":["roles","rolebindings"],
      "verbs":["create","get","update","patch"]}]}
      """#
    _ = harness.send("POST", "/apis/\(group)/v1/namespaces/default/roles", role)
    _ = harness.send(
      "POST", "/apis/\(group)/v1/namespaces/default/rolebindings",
      #"""
      {"metadata":{"name":"granter"},"roleRef":{"apiGroup":"\#(group)","kind":"Role","name":"granter"},
      "subjects":[{"kind":"ServiceAccount","name":"reader","namespace":"default"}]}
      """#)
    let roles = "/apis/\(group)/v1/namespaces/default/roles"
    func rule(_ name: String, _ resource: String) -> String {
      #"{"metadata":{"name":"\#(name)"},"rules":[{"apiGroups":[""],"resources":["\#(resource)"],"verbs":["get"]}]}"#
    }
    #expect(harness.send("POST", roles, rule("held", "configmaps"), token: token).status == 201)
    let refused = harness.send("POST", roles, rule("grab", "secrets"), token: token)
    #expect(refused.status == 403)
    let message = harness.json(refused)["message"]?.string ?? ""
    #expect(message.contains("is attempting to grant RBAC permissions not currently held"))
    #expect(harness.send("POST", roles, rule("grab", "secrets")).status == 201)
    let binding = #"""
      {"metadata":{"name":"grab"},"roleRef":{"apiGroup":"\#(group)","kind":"Role","name":"grab"},
      "subjects":[{"kind":"User","name":"me"}]}
      """#
    #expect(
      harness.send("POST", "/apis/\(group)/v1/namespaces/default/rolebindings", binding, token: token).status == 403)
  }
}
