import Kubernetes
import Manifest

/// The objects that benchmarks apply.
struct BenchObjects {
  var configMaps: Int
  var deployments: Int
  /// Bytes of data in each ConfigMap.
  var bytes: Int

  var count: Int { configMaps + deployments }

  static let deployment = APIResource(
    gvk: .init(group: "apps", version: "v1", kind: "Deployment"), plural: "deployments", isNamespaced: true)
  static let namespace = APIResource(
    gvk: .init(group: "", version: "v1", kind: "Namespace"), plural: "namespaces", isNamespaced: false)

  /// Objects whose names begin with `prefix`; those of two prefixes differ in nothing else.
  func all(_ prefix: String) -> [(resource: APIResource, name: String, body: Mapping)] {
    let text = String(repeating: "0123456789abcdef", count: max(1, bytes / 16))
    return (0..<configMaps).map { index in
      let name = "\(prefix)-config-\(index)"
      return (
        .configMaps, name,
        mapping([
          "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)],
          "data": ["k": "v", "text": .string(text)],
        ])
      )
    }
      + (0..<deployments).map { index in
        let name = "\(prefix)-server-\(index)"
        return (Self.deployment, name, Self.deployment(name))
      }
  }

  private static func deployment(_ name: String) -> Mapping {
    let labels: Value = ["app": .string(name)]
    let environment = (0..<8).map { index -> Node in
      Node(["name": .string("VARIABLE_\(index)"), "value": .string("value-\(index)")])
    }
    let container: Value = [
      "name": "server", "image": "registry.example/server:1.0", "ports": [["containerPort": 8080]],
      "env": .sequence(environment),
    ]
    return mapping([
      "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name), "labels": labels],
      "spec": [
        "replicas": 0, "selector": ["matchLabels": labels],
        "template": ["metadata": ["labels": labels], "spec": ["containers": [container]]],
      ],
    ])
  }

  /// As a file of a Git repository.
  func manifests(_ prefix: String) -> String {
    all(prefix).map { JSON.text(.mapping($0.body)) }.joined(separator: "\n---\n")
  }

  /// As server-side apply requests.
  func requests(_ prefix: String, namespace: String) -> [APIRequest] {
    all(prefix).map { object in
      var body = object.body
      var metadata = body["metadata"]?.mapping ?? [:]
      metadata["namespace"] = .string(namespace)
      body["metadata"] = .mapping(metadata)
      return .apply(object.resource, namespace: namespace, name: object.name, body: body, manager: "bench")
    }
  }
}

/// The members of a literal.
func mapping(_ value: Value) -> Mapping { Node(value).mapping ?? Mapping() }
