import Foundation
import HTTPClient
import Kubernetes
import Manifest

/// The real API servers that `MUSTER_TEST_KUBECONFIG` names, one context a cluster.
enum Lab {
  static var path: String? { ProcessInfo.processInfo.environment["MUSTER_TEST_KUBECONFIG"] }
  static var isThere: Bool { path?.isEmpty == false }

  /// Runs `body` on each cluster, in a namespace of its own that is deleted afterwards.
  static func eachCluster(_ body: (LabCluster) async throws -> Void) async throws {
    let kubeconfig = try Kubeconfig.load(paths: [path ?? ""])
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    for name in kubeconfig.contextNames {
      let client = KubernetesClient(
        access: try kubeconfig.context(name).access, transport: transport, userAgent: "muster/test")
      let namespace = "muster-test-" + String(UInt32.random(in: .min ... .max), radix: 16)
      _ = try await client.apply(
        .namespaces, name: namespace,
        body: [
          "apiVersion": .string("v1"), "kind": .string("Namespace"),
          "metadata": .mapping(["name": .string(namespace)]),
        ], manager: "muster")
      let cluster = LabCluster(client: client, namespace: namespace)
      do {
        try await body(cluster)
      } catch {
        try await client.delete(.namespaces, name: namespace)
        throw error
      }
      try await client.delete(.namespaces, name: namespace)
    }
  }
}

struct LabCluster {
  let client: KubernetesClient
  let namespace: String

  func configMap(_ name: String, _ data: Mapping, labels: Mapping = [:]) -> Mapping {
    [
      "apiVersion": .string("v1"), "kind": .string("ConfigMap"),
      "metadata": .mapping([
        "name": .string(name), "namespace": .string(namespace), "labels": .mapping(labels),
      ]), "data": .mapping(data),
    ]
  }

  @discardableResult
  func apply(
    _ name: String, _ data: Mapping, labels: Mapping = [:], manager: String = "muster", force: Bool = true,
    dryRun: Bool = false
  ) async throws -> AppliedObject {
    try await client.apply(
      .configMaps, namespace: namespace, name: name, body: configMap(name, data, labels: labels), manager: manager,
      force: force, dryRun: dryRun)
  }

  func owned(_ object: Node?, by manager: String = "muster") -> Node? {
    (object?["metadata"]?["managedFields"]?.sequence ?? []).first {
      $0["manager"]?.string == manager && $0["operation"]?.string == "Apply"
    }?["fieldsV1"]
  }
}
