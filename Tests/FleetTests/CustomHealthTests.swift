import Manifest
import Testing

@testable import Fleet

/// Custom resources that are known by name: one or two cases of each way to tell, and of what must not trap.
@Suite struct CustomHealthTests {
  private func report(_ apiVersion: String, _ kind: String, _ body: String) throws -> HealthReport? {
    let yaml = "apiVersion: \(apiVersion)\nkind: \(kind)\n\(body)"
    let node = try #require(try YAML.parse(Array(yaml.utf8)).first)
    return HealthCheck.report(node, kind: GroupVersionKind(apiVersion: apiVersion, kind: kind).groupKind)
  }

  private static let table: [(String, String, [(String, Health?, String)])] = [
    (
      "argoproj.io/v1alpha1", "Rollout",
      [
        (
          "metadata: {generation: 2}\nstatus: {observedGeneration: '1'}", .progressing,
          "Waiting for rollout spec update to be observed"
        ),
        // An old controller writes a hash, which counts as seen.
        ("metadata: {generation: 2}\nstatus: {observedGeneration: 6c5f, phase: Healthy}", .healthy, ""),
        ("metadata: {generation: 2}\nstatus: {observedGeneration: '2', phase: Paused, message: m}", .suspended, "m"),
        ("status: {conditions: [{type: Progressing, reason: RolloutAborted, message: m}]}", .degraded, "m"),
        (
          "spec: {replicas: 2, strategy: {canary: {}}}\nstatus: {currentPodHash: a, updatedReplicas: 1}", .progressing,
          "Waiting for roll out to finish: More replicas need to be updated"
        ),
        (
          "spec: {replicas: 1, strategy: {canary: {}}}\nstatus: {currentPodHash: a, updatedReplicas: 1, availableReplicas: 1, replicas: 1, stableRS: a}",
          .healthy, ""
        ),
      ]
    ),
    (
      "argoproj.io/v1alpha1", "AnalysisRun",
      [
        ("status: {phase: Failed, message: m}", .degraded, "m"),
        ("status: {phase: Successful}", .healthy, "Analysis run completed successfully"),
        ("spec: {}", .progressing, "Waiting for analysis run to finish: status has not been reconciled."),
      ]
    ),
    (
      "argoproj.io/v1alpha1", "Application",
      [
        ("status: {health: {status: Degraded, message: m}}", .degraded, "m"),
        ("spec: {}", .progressing, "Waiting for the application to be reconciled"),
      ]
    ),
    (
      "cert-manager.io/v1", "Certificate",
      [
        (
          "status: {conditions: [{type: Ready, status: 'False', message: a}, {type: Issuing, status: 'True', message: b}]}",
          .progressing, "b"
        ),
        ("status: {conditions: [{type: Ready, status: 'True', message: a}]}", .healthy, "a"),
        ("status: {}", .progressing, "Waiting for certificate"),
      ]
    ),
    (
      "external-secrets.io/v1", "ExternalSecret",
      [("status: {conditions: [{type: Ready, status: 'False', message: a}]}", .degraded, "a")]
    ),
    (
      "serving.kserve.io/v1beta1", "InferenceService",
      [
        (
          "status: {modelStatus: {transitionStatus: UpToDate}, conditions: [{type: Ready, status: 'True'}]}", .healthy,
          "InferenceService is healthy."
        ),
        (
          "status: {modelStatus: {transitionStatus: BlockedByFailedLoad}, conditions: [{type: Ready, status: 'False', reason: r}]}",
          .degraded, "0: transitionStatus | BlockedByFailedLoad | 1: Ready | False | r"
        ),
        ("status: {conditions: [{type: Stopped, status: 'True'}]}", .suspended, "InferenceService is Stopped"),
      ]
    ),
    (
      "gateway.networking.k8s.io/v1", "HTTPRoute",
      [
        (
          "metadata: {generation: 2}\nstatus: {parents: [{parentRef: {name: g}, conditions: [{type: Accepted, status: 'False', observedGeneration: 1}]}]}",
          .progressing, "Waiting for HTTPRoute status"
        ),
        (
          "status: {parents: [{parentRef: {name: g}, conditions: [{type: ResolvedRefs, status: 'False', message: m}]}]}",
          .degraded, "Parent g: m"
        ),
        (
          "status: {parents: [{parentRef: {name: g}, conditions: [{type: Accepted, status: 'True'}]}]}", .healthy,
          "HTTPRoute is healthy"
        ),
      ]
    ),
    (
      "gateway.networking.k8s.io/v1", "Gateway",
      [
        (
          "status: {listeners: [{conditions: [{type: Programmed, status: 'False', message: m}]}]}", .progressing,
          "Listener: m"
        )
      ]
    ),
    (
      "kustomize.toolkit.fluxcd.io/v1", "Kustomization",
      [
        ("spec: {suspend: true}", .suspended, "Kustomization is suspended"),
        ("status: {}", .progressing, "Status unknown"),
        (
          "status: {conditions: [{type: Ready, status: Unknown, reason: r}, {type: Reconciling, status: 'True'}]}",
          .progressing, "r"
        ),
        ("status: {conditions: [{type: Ready, status: 'True', reason: r}]}", .healthy, "r"),
      ]
    ),
    (
      "source.toolkit.fluxcd.io/v1", "GitRepository",
      [("status: {conditions: [{type: Ready, status: 'True', reason: r}]}", .degraded, "r")]
    ),
    (
      "serving.knative.dev/v1", "Service",
      [
        (
          "status: {conditions: [{type: Ready, status: 'False', reason: r, message: m}]}", .degraded,
          "Ready is False, since r. m\n"
        )
      ]
    ),
    (
      "s3.aws.crossplane.io/v1beta1", "Bucket",
      [
        (
          "status: {conditions: [{type: Ready, status: 'True', reason: Available}, {type: Synced, status: 'True'}]}",
          .healthy, "Available"
        ),
        ("status: {conditions: [{type: Synced, status: 'False', reason: ReconcileError, message: m}]}", .degraded, "m"),
      ]
    ),
    (
      "compute.gcp.upbound.io/v1", "Instance",
      [
        ("status: {conditions: [{type: Synced, status: 'False', message: m}]}", .degraded, "m"),
        ("status: {conditions: [{type: Ready, status: 'True'}]}", .healthy, "Resource is up-to-date."),
      ]
    ),
    (
      "sql.cnrm.cloud.google.com/v1", "SQLInstance",
      [("status: {conditions: [{reason: DependencyNotReady, message: m}]}", .suspended, "m")]
    ),
    (
      "rabbitmq.com/v1beta1", "Queue",
      [
        (
          "status: {conditions: [{type: Ready, status: 'True', reason: SuccessfulCreateOrUpdate}]}", .healthy,
          "RabbitMQ queue ready"
        ), ("status: {}", .unknown, "RabbitMQ queue status is unknown"),
      ]
    ),
    (
      "numaplane.numaproj.io/v1", "PipelineRollout",
      [
        (
          "metadata: {generation: 1}\nstatus: {observedGeneration: 1, upgradeInProgress: x}", .progressing,
          "Update in progress"
        ), ("metadata: {generation: 1}\nstatus: {observedGeneration: 1, phase: Failed, message: m}", .degraded, "m"),
      ]
    ),
    (
      "pxc.percona.com/v1", "PerconaXtraDBCluster",
      [
        ("status: {state: error, message: [a, b]}", .degraded, "Cluster is on error: a, b"),
        ("status: {state: ready, ready: 3, size: 3}", .healthy, "3/3 node(s) are ready"),
      ]
    ),
    // Nobody's: the conventions.
    (
      "example.org/v1", "Widget",
      [("status: {conditions: [{type: Ready, status: 'False', message: m}]}", .degraded, "m"), ("status: {}", nil, "")]
    ),
  ]

  @Test func knownKinds() throws {
    for (apiVersion, kind, cases) in Self.table {
      for (body, health, message) in cases {
        let report = try report(apiVersion, kind, body)
        #expect(report?.health == health && (report?.message ?? "") == message, "\(kind) \(body): \(report as Any)")
      }
    }
  }

  /// Whatever stands where a check reads, it answers.
  @Test func oddFieldsAreNoTraps() throws {
    let odd = [
      "5", "[]", "{}", "x", "[5, {type: 7}, null]", "-9223372036854775808", "9223372036854775807", "1.5", "null",
      "true",
    ]
    let fields = [
      "phase", "conditions", "observedGeneration", "replicas", "updatedReplicas", "parents", "ancestors", "listeners",
      "state", "ready",
      "statuses", "racks", "brokersState", "ceph", "executorState", "applicationState", "compliant", "aggregatedStatus",
    ]
    var count = 0
    for (apiVersion, kind, _) in Self.table {
      for field in fields {
        for value in odd {
          let body =
            "metadata: {generation: \(value == "x" ? "1" : value)}\nspec: {replicas: \(value), strategy: {canary: {}}}\nstatus: {\(field): \(value), currentPodHash: a}"
          _ = try report(apiVersion, kind, body)
          count += 1
        }
      }
    }
    #expect(count > 2_000)
  }
}
