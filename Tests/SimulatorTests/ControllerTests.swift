import Manifest
import Testing

@testable import Simulator

@Suite struct ControllerTests {
  private let apps = "/apis/apps/v1/namespaces/default/"

  private func condition(_ type: String, of object: Node) -> Node? {
    object["status"]?["conditions"]?.sequence?.first { $0["type"]?.string == type }
  }

  @Test func aDeploymentBecomesReadyAfterTheSetTime() {
    var harness = ServerHarness()
    let answer = harness.send("POST", apps + "deployments", Samples.workload("Deployment", replicas: 2))
    #expect(harness.json(answer)["status"]?.mapping?.isEmpty == true)
    harness.pass(.seconds(1))
    var live = harness.get(apps + "deployments/web")
    #expect(live["status"]?["observedGeneration"]?.int == 1 && live["status"]?["readyReplicas"] == nil)
    #expect(condition("Available", of: live)?["status"]?.string == "False")
    #expect(condition("Progressing", of: live)?["reason"]?.string == "ReplicaSetUpdated")
    harness.pass(.seconds(2))
    live = harness.get(apps + "deployments/web")
    #expect(live["status"]?["availableReplicas"]?.int == 2 && live["status"]?["updatedReplicas"]?.int == 2)
    #expect(live["status"]?["unavailableReplicas"] == nil)
    #expect(condition("Progressing", of: live)?["reason"]?.string == "NewReplicaSetAvailable")
    #expect(live["metadata"]?["annotations"]?["deployment.kubernetes.io/revision"]?.string == "1")
  }

  @Test func aRollingUpdateKeepsItsBounds() {
    var harness = ServerHarness()
    let extra = #""strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,"maxUnavailable":1}},"#
    _ = harness.send("POST", apps + "deployments", Samples.workload("Deployment", replicas: 4, extra: extra))
    harness.pass(.seconds(5))
    _ = harness.send(
      "PUT", apps + "deployments/web", Samples.workload("Deployment", replicas: 4, image: "app:2", extra: extra))
    var steps = 0
    while steps < 1000 {
      harness.pass(.milliseconds(100))
      steps += 1
      let pods = (harness.get("/api/v1/namespaces/default/pods")["items"]?.sequence ?? [])
        .filter { $0["metadata"]?["deletionTimestamp"] == nil }
      let ready = pods.filter { pod in condition("Ready", of: pod)?["status"]?.string == "True" }
      #expect(pods.count <= 5 && ready.count >= 3)
      let live = harness.get(apps + "deployments/web")
      if condition("Progressing", of: live)?["reason"]?.string == "NewReplicaSetAvailable",
        live["status"]?["observedGeneration"]?.int == 2
      {
        break
      }
    }
    #expect(steps < 1000)
    let images = (harness.get("/api/v1/namespaces/default/pods")["items"]?.sequence ?? [])
      .filter { $0["metadata"]?["deletionTimestamp"] == nil }
      .compactMap { $0["spec"]?["containers"]?[0]?["image"]?.string }
    #expect(images == ["app:2", "app:2", "app:2", "app:2"])
  }

  @Test func aBrokenImageMissesItsDeadlineAndHealsWhenItIsThere() {
    var options = ServerOptions()
    options.timeScale = 10
    var harness = ServerHarness(options)
    _ = harness.send(
      "POST", apps + "deployments",
      Samples.workload("Deployment", replicas: 1, image: "app:broken", extra: #""progressDeadlineSeconds":60,"#))
    harness.pass(.seconds(5))
    let pod = harness.get("/api/v1/namespaces/default/pods")["items"]?[0] ?? .null
    let state = pod["status"]?["containerStatuses"]?[0]?["state"]
    #expect(state?["waiting"]?["reason"]?.string == "ImagePullBackOff")
    #expect(condition("Progressing", of: harness.get(apps + "deployments/web"))?["status"]?.string == "True")
    harness.pass(.seconds(2))
    let late = condition("Progressing", of: harness.get(apps + "deployments/web"))
    #expect(late?["reason"]?.string == "ProgressDeadlineExceeded" && late?["status"]?.string == "False")
    harness.server.setBrokenImages([])
    harness.pass(.seconds(5))
    #expect(harness.get(apps + "deployments/web")["status"]?["availableReplicas"]?.int == 1)
  }

  @Test func aStatefulSetStartsOneAfterTheOther() {
    var harness = ServerHarness()
    _ = harness.send("POST", apps + "statefulsets", Samples.workload("StatefulSet", replicas: 3))
    harness.pass(.seconds(1))
    func names() -> [String] {
      var copy = harness
      return (copy.get("/api/v1/namespaces/default/pods")["items"]?.sequence ?? [])
        .compactMap { $0["metadata"]?["name"]?.string }
    }
    #expect(names() == ["web-0"])
    harness.pass(.seconds(10))
    #expect(names() == ["web-0", "web-1", "web-2"])
    var status = harness.get(apps + "statefulsets/web")["status"]
    #expect(status?["readyReplicas"]?.int == 3 && status?["currentRevision"] == status?["updateRevision"])
    _ = harness.send("PUT", apps + "statefulsets/web", Samples.workload("StatefulSet", replicas: 3, image: "app:2"))
    harness.pass(.seconds(1))
    status = harness.get(apps + "statefulsets/web")["status"]
    #expect(status?["currentRevision"] != status?["updateRevision"])
    harness.pass(.seconds(20))
    status = harness.get(apps + "statefulsets/web")["status"]
    #expect(status?["updatedReplicas"]?.int == 3 && status?["currentRevision"] == status?["updateRevision"])
  }

  @Test func daemonSetsAndJobsReachTheirEnds() {
    var harness = ServerHarness()
    _ = harness.send("POST", apps + "daemonsets", Samples.workload("DaemonSet", replicas: 1))
    let job = #"""
      {"metadata":{"name":"once"},"spec":{"completions":2,"template":{"spec":{"restartPolicy":"Never",
      "containers":[{"name":"c","image":"app:1"}]}}}}
      """#
    _ = harness.send("POST", "/apis/batch/v1/namespaces/default/jobs", job)
    harness.pass(.seconds(20))
    let daemon = harness.get(apps + "daemonsets/web")["status"]
    #expect(daemon?["numberReady"]?.int == 1 && daemon?["desiredNumberScheduled"]?.int == 1)
    let done = harness.get("/apis/batch/v1/namespaces/default/jobs/once")
    #expect(condition("Complete", of: done)?["status"]?.string == "True")
    #expect(done["status"]?["succeeded"]?.int == 2 && done["status"]?["active"] == nil)
  }

  @Test func aServiceHandsItsLabelsToItsSlice() {
    var harness = ServerHarness()
    _ = harness.send("POST", apps + "deployments", Samples.workload("Deployment", replicas: 1))
    let service = #"""
      {"metadata":{"name":"web","labels":{"applyset.kubernetes.io/part-of":"x"}},
      "spec":{"type":"LoadBalancer","selector":{"app":"web"},"ports":[{"port":80}]}}
      """#
    _ = harness.send("POST", "/api/v1/namespaces/default/services", service)
    harness.pass(.seconds(5))
    let slices = harness.get(
      "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=applyset.kubernetes.io%2Fpart-of%3Dx")
    let slice = slices["items"]?[0]
    #expect(slice?["metadata"]?["ownerReferences"]?[0]?["kind"]?.string == "Service")
    #expect(slice?["endpoints"]?[0]?["conditions"]?["ready"]?.bool == true)
    let live = harness.get("/api/v1/namespaces/default/services/web")
    #expect(live["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"]?.string != nil)
    #expect(live["spec"]?["clusterIP"]?.string?.hasPrefix("10.") == true)
  }

  @Test func claimsAreBoundAndNamespacesFilled() {
    var harness = ServerHarness()
    _ = harness.send("POST", "/api/v1/namespaces", #"{"metadata":{"name":"prod"}}"#)
    let claim = #"""
      {"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}
      """#
    _ = harness.send("POST", "/api/v1/namespaces/prod/persistentvolumeclaims", claim)
    harness.pass(.seconds(2))
    #expect(
      harness.get("/api/v1/namespaces/prod/persistentvolumeclaims/data")["status"]?["phase"]?.string == "Bound")
    #expect(harness.send("GET", "/api/v1/namespaces/prod/serviceaccounts/default").status == 200)
    #expect(harness.send("GET", "/api/v1/namespaces/prod/configmaps/kube-root-ca.crt").status == 200)
  }
}
