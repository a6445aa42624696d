import Manifest
import Testing

@testable import Simulator

@Suite struct DeletionTests {
  private let deployments = "/apis/apps/v1/namespaces/default/deployments"

  private func count(_ path: String, _ harness: inout ServerHarness) -> Int {
    harness.get(path)["items"]?.sequence?.count ?? -1
  }

  private func running() -> ServerHarness {
    var harness = ServerHarness()
    _ = harness.send("POST", deployments, Samples.workload("Deployment", replicas: 2))
    harness.pass(.seconds(10))
    return harness
  }

  @Test func dependentsGoWithTheirOwner() {
    var harness = running()
    #expect(count("/api/v1/namespaces/default/pods", &harness) == 2)
    #expect(harness.send("DELETE", deployments + "/web").status == 200)
    #expect(harness.send("GET", deployments + "/web").status == 404)
    harness.pass(.seconds(10))
    #expect(count("/api/v1/namespaces/default/pods", &harness) == 0)
    #expect(count("/apis/apps/v1/namespaces/default/replicasets", &harness) == 0)
  }

  @Test func aForegroundDeletionWaitsForDependents() {
    var harness = running()
    let answer = harness.send("DELETE", deployments + "/web?propagationPolicy=Foreground")
    #expect(harness.json(answer)["metadata"]?["finalizers"]?[0]?.string == "foregroundDeletion")
    #expect(harness.send("GET", deployments + "/web").status == 200)
    harness.pass(.seconds(10))
    #expect(harness.send("GET", deployments + "/web").status == 404)
    #expect(count("/api/v1/namespaces/default/pods", &harness) == 0)
  }

  @Test func orphansStayWithoutTheirOwner() {
    var harness = running()
    _ = harness.send("DELETE", deployments + "/web?propagationPolicy=Orphan")
    harness.pass(.seconds(10))
    #expect(harness.send("GET", deployments + "/web").status == 404)
    let sets = harness.get("/apis/apps/v1/namespaces/default/replicasets")
    #expect(sets["items"]?.sequence?.count == 1 && sets["items"]?[0]?["metadata"]?["ownerReferences"] == nil)
    #expect(count("/api/v1/namespaces/default/pods", &harness) == 2)
  }

  @Test func preconditionsGuardADeletion() {
    var harness = running()
    let live = harness.get(deployments + "/web")["metadata"]
    let uid = live?["uid"]?.string ?? ""
    let version = live?["resourceVersion"]?.string ?? ""
    func body(_ uid: String, _ version: String) -> String {
      #"{"preconditions":{"uid":"\#(uid)","resourceVersion":"\#(version)"}}"#
    }
    #expect(harness.send("DELETE", deployments + "/web", body("x", version)).status == 409)
    #expect(harness.send("DELETE", deployments + "/web", body(uid, "1")).status == 409)
    #expect(harness.send("DELETE", deployments + "/web?dryRun=All", body(uid, version)).status == 200)
    #expect(harness.send("DELETE", deployments + "/web", body(uid, version)).status == 200)
    #expect(harness.send("DELETE", deployments + "/web").status == 404)
  }

  @Test func aNamespaceIsEmptiedBeforeItGoes() {
    var harness = ServerHarness()
    _ = harness.send("POST", "/api/v1/namespaces", #"{"metadata":{"name":"prod"}}"#)
    let path = "/api/v1/namespaces/prod/configmaps"
    let held = #"{"metadata":{"name":"held","finalizers":["example.dev/hold"]}}"#
    _ = harness.send("POST", path, held)
    #expect(
      harness.json(harness.send("DELETE", "/api/v1/namespaces/prod"))["status"]?["phase"]?.string == "Terminating")
    #expect(harness.send("POST", path, Samples.configMap("late")).status == 403)
    harness.pass(.seconds(5))
    #expect(harness.send("GET", "/api/v1/namespaces/prod").status == 200)
    #expect(count(path, &harness) == 1)
    _ = harness.send("PUT", path + "/held", #"{"metadata":{"name":"held"}}"#)
    harness.pass(.seconds(5))
    #expect(harness.send("GET", "/api/v1/namespaces/prod").status == 404)
    #expect(harness.send("POST", path, Samples.configMap("late")).status == 404)
  }
}
