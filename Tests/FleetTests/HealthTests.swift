import Manifest
import Testing

@testable import Fleet

struct HealthTests {
  private func report(_ yaml: String) throws -> HealthReport? {
    let node = try #require(try YAML.parse(Array(yaml.utf8)).first)
    let gvk = GroupVersionKind(apiVersion: node["apiVersion"]?.string ?? "", kind: node["kind"]?.string ?? "")
    return HealthCheck.report(node, kind: gvk.groupKind)
  }

  private func check(_ apiVersion: String, _ kind: String, _ cases: [(String, Health?, String)]) throws {
    for (body, health, message) in cases {
      let report = try report("apiVersion: \(apiVersion)\nkind: \(kind)\n\(body)")
      #expect(report?.health == health, "\(kind) \(body)")
      if !message.isEmpty { #expect(report?.message.contains(message) == true, "\(kind) \(body): \(report as Any)") }
    }
  }

  @Test func workloads() throws {
    try check(
      "apps/v1", "Deployment",
      [
        ("spec: {paused: true}", .suspended, "paused"), ("metadata: {generation: 2}", .progressing, "generation"),
        (
          "metadata: {name: web}\nstatus: {conditions: [{type: Progressing, reason: ProgressDeadlineExceeded}]}",
          .degraded, "\"web\""
        ),
        ("spec: {replicas: 3}\nstatus: {updatedReplicas: 1}", .progressing, "1 out of 3 new"),
        ("spec: {replicas: 1}\nstatus: {updatedReplicas: 1, replicas: 3}", .progressing, "2 old"),
        ("spec: {replicas: 1}\nstatus: {updatedReplicas: 1, replicas: 1}", .progressing, "0 of 1"),
        ("spec: {replicas: 1}\nstatus: {updatedReplicas: 1, replicas: 1, availableReplicas: 1}", .healthy, ""),
        ("metadata: {deletionTimestamp: '2031-01-02T03:04:05Z'}", .progressing, "Pending deletion"),
        ("status: {conditions: {type: a}}", .unknown, "status.conditions"),
        ("status: 5", .unknown, "status is no mapping"),
        ("spec: {replicas: 1.5}", .unknown, "spec.replicas"), ("metadata:\nspec:\nstatus:", .healthy, ""),
      ])
    try check("apps/v1beta2", "Deployment", [("status: {}", .unknown, "unsupported")])
    try check(
      "apps/v1", "StatefulSet",
      [
        ("status: {}", .progressing, "observed"),
        ("spec: {replicas: 3}\nstatus: {observedGeneration: 1, readyReplicas: 1}", .progressing, "2 pods"),
        (
          "spec: {replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 1}}}\nstatus: {observedGeneration: 1, readyReplicas: 3, updatedReplicas: 1}",
          .progressing, "1 out of 2"
        ),
        (
          "spec: {replicas: 3, updateStrategy: {type: OnDelete}}\nstatus: {observedGeneration: 1, readyReplicas: 3}",
          .healthy, "3 ready"
        ),
        (
          "spec: {replicas: -9223372036854775808, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 9223372036854775807}}}\nstatus: {observedGeneration: 1}",
          .healthy, "partitioned"
        ),
        (
          "spec: {replicas: 1}\nstatus: {observedGeneration: 1, readyReplicas: 1, currentRevision: a, updateRevision: b}",
          .progressing, "revision b"
        ),
      ])
    try check(
      "apps/v1", "DaemonSet",
      [
        ("status: {desiredNumberScheduled: 3, updatedNumberScheduled: 1}", .progressing, "1 out of 3"),
        ("status: {desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2}", .progressing, "2 of 3"),
        ("status: {desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1}", .healthy, ""),
      ])
    try check(
      "apps/v1", "ReplicaSet",
      [
        ("status: {conditions: [{type: ReplicaFailure, status: 'True', message: quota}]}", .degraded, "quota"),
        ("spec: {replicas: 2}\nstatus: {availableReplicas: 1}", .progressing, "1 out of 2"),
        ("status: {}", .healthy, ""),
      ])
  }

  @Test func podsAndJobs() throws {
    try check(
      "v1", "Pod",
      [
        (
          "spec: {restartPolicy: Always}\nstatus: {phase: Running, containerStatuses: [{state: {waiting: {reason: CrashLoopBackOff, message: back}}}]}",
          .degraded, "back"
        ),
        (
          "spec: {restartPolicy: Always}\nstatus: {phase: Running, conditions: [{type: Ready, status: 'True'}]}",
          .healthy, ""
        ),
        ("spec: {restartPolicy: Never}\nstatus: {phase: Running}", .progressing, ""),
        (
          "metadata: {annotations: {argocd.argoproj.io/ignore-restart-policy: 'true'}}\nspec: {restartPolicy: Never}\nstatus: {phase: Running, conditions: [{type: Ready, status: 'True'}]}",
          .healthy, ""
        ),
        (
          "status: {phase: Failed, containerStatuses: [{name: m, state: {terminated: {exitCode: 3}}}]}", .degraded,
          "exit code 3"
        ),
        ("status: {conditions: [null, 1]}", .unknown, "conditions"), ("status: {phase: Odd}", .unknown, ""),
      ])
    try check(
      "batch/v1", "Job",
      [
        ("status: {conditions: [{type: Complete, status: 'True'}, {type: Failed, message: late}]}", .degraded, "late"),
        ("status: {conditions: [{type: Suspended, status: 'True'}]}", .suspended, ""),
        ("status: {conditions: [{type: Suspended, status: 'False'}]}", .healthy, ""), ("status: {}", .progressing, ""),
      ])
    try check(
      "batch/v1", "CronJob",
      [
        ("spec: {suspend: true}", .healthy, ""), ("status: {}", .healthy, ""),
        (
          "status: {lastScheduleTime: '2026-01-02T00:00:00Z', lastSuccessfulTime: '2026-01-01T00:00:00Z'}", .degraded,
          ""
        ),
        (
          "status: {lastScheduleTime: '2026-01-01T00:00:00Z', lastSuccessfulTime: '2026-01-01T00:00:09Z'}", .healthy, ""
        ),
      ])
    try check(
      "argoproj.io/v1alpha1", "Workflow", [("status: {phase: Running, message: step 2}", .progressing, "step 2")])
  }

  @Test func services() throws {
    try check("v1", "Service", [("spec: {type: LoadBalancer}", .progressing, ""), ("spec: {}", .healthy, "")])
    try check("networking.k8s.io/v1", "Ingress", [("status: {loadBalancer: {ingress: [{}]}}", .healthy, "")])
    try check("v1", "PersistentVolumeClaim", [("status: {phase: Lost}", .degraded, ""), ("status: {}", .unknown, "")])
    let failing = "[{type: ScalingActive, status: 'False', reason: InvalidSelector, message: bad}]"
    try check(
      "autoscaling/v2", "HorizontalPodAutoscaler",
      [("status: {conditions: \(failing)}", .degraded, "bad"), ("status: {}", .progressing, "Autoscale")])
    let annotation = "metadata: {annotations: {autoscaling.alpha.kubernetes.io/conditions: "
    try check(
      "autoscaling/v1", "HorizontalPodAutoscaler",
      [
        (annotation + #"'[{"type":"AbleToScale","status":"True","message":"fine"}]'}}"#, .healthy, "fine"),
        (annotation + "'{'}}", .unknown, ""), (annotation + "'{}'}}", .unknown, ""),
        (annotation + "'[]'}}", .progressing, ""),
      ])
    try check("autoscaling/v2beta1", "HorizontalPodAutoscaler", [("status: {}", .unknown, "unsupported")])
    try check(
      "apiregistration.k8s.io/v1", "APIService",
      [
        (
          "status: {conditions: [{type: Available, status: 'True', reason: Passed, message: ok}]}", .healthy,
          "Passed: ok"
        )
      ])
  }

  @Test func otherKinds() throws {
    try check("v1", "ConfigMap", [("status: {conditions: [{type: Ready, status: 'False'}]}", nil, "")])
    try check(
      "example.dev/v1", "Widget",
      [
        ("spec: {}", nil, ""), ("metadata: {generation: 2}\nstatus: {observedGeneration: 1}", .progressing, ""),
        ("status: {conditions: [{type: Ready, status: 'True'}]}", .healthy, ""),
        ("status: {conditions: [{type: Ready, status: 'False', message: no}]}", .degraded, "no"),
        ("status: {conditions: [{type: Stalled, status: 'True', message: no}]}", .degraded, "no"),
        ("status: {conditions: [{type: Ready, status: Unknown}]}", .progressing, ""), ("status: 5", nil, ""),
        ("metadata: {deletionTimestamp: x, finalizers: [argocd.argoproj.io/hook-finalizer]}", nil, ""),
      ])
    #expect(
      HealthCheck.assess(Node(["kind": "Widget"]), kind: GroupKind(group: "example.dev", kind: "Widget")).health
        == .healthy)
  }

  /// What Kubernetes' own types make of fields that are not there, or odd.
  @Test func defaultsAndOddities() throws {
    let strategy = "updateStrategy: {type: RollingUpdate, rollingUpdate: {}}"
    try check(
      "apps/v1", "StatefulSet",
      [
        ("spec: {\(strategy)}\nstatus: {observedGeneration: 1}", .healthy, "partitioned roll out complete"),
        // Without its type the strategy's block says nothing.
        (
          "spec: {replicas: 1, updateStrategy: {rollingUpdate: {}}}\nstatus: {observedGeneration: 1, readyReplicas: 1, updateRevision: b}",
          .progressing, "revision b"
        ),
      ])
    let hook = "annotations: {argocd.argoproj.io/ignore-restart-policy: 'true'"
    let running = "spec: {restartPolicy: Never}\nstatus: {phase: Running, conditions: [{type: Ready, status: 'True'}]}"
    try check(
      "v1", "Pod",
      [
        ("metadata: {\(hook)}}\n\(running)", .healthy, ""),
        ("metadata: {\(hook), argocd.argoproj.io/hook: PreSync}}\n\(running)", .progressing, ""),
        ("metadata: {\(hook), argocd.argoproj.io/hook: Skip}}\n\(running)", .healthy, ""),
        ("metadata: {\(hook), helm.sh/hook: test}}\n\(running)", .progressing, ""),
        ("metadata: {deletionTimestamp: soon}\n\(running)", .progressing, ""),
      ])
    #expect(try report("apiVersion: v1\nkind: Pod\nmetadata: {deletionTimestamp: soon}\n\(running)")?.message == "")
    try check(
      "batch/v1", "Job",
      [
        (
          "status: {conditions: [{type: Complete, status: 'True', message: a}, {type: Suspended, status: 'True', message: b}]}",
          .suspended, "b"
        )
      ])
    try check("batch/v1", "CronJob", [("spec: {}", .progressing, "Waiting for CronJob")])
    // Version v2 has its conditions in its status alone.
    let annotated =
      "metadata: {annotations: {autoscaling.alpha.kubernetes.io/conditions: '[{\"type\":\"AbleToScale\",\"status\":\"True\"}]'}}"
    try check("autoscaling/v2", "HorizontalPodAutoscaler", [(annotated, .progressing, "Waiting to Autoscale")])
    try check("autoscaling/v1", "HorizontalPodAutoscaler", [(annotated, .healthy, "")])
    try check(
      "v1", "Namespace",
      [("status: {phase: Active}", nil, ""), ("status: {phase: Terminating}", .progressing, "Pending deletion")])
  }
}
