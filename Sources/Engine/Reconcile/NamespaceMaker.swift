import Fleet
import Kubernetes
import Manifest

/// Makes namespaces that are wanted and absent, and gives them the metadata that an Application wants.
struct NamespaceMaker: Sendable {
  /// Who acts.
  let client: KubernetesClient

  /// The field manager of one Application's namespace metadata.
  ///
  /// Not the one of everything else: an apply takes away what its manager applied before and leaves out now, and a namespace may be
  /// the destination of several Applications, and an object of yet another one.
  static func manager(of applySet: String) -> String { FieldManager.name + "-namespace-" + applySet.dropFirst(9) }

  /// Whether it is there, as far as the hub may look: where rights are kept to namespaces, what is applied will tell.
  func exists(_ name: String) async throws -> Bool {
    do {
      _ = try await client.send(.get(.namespaces, namespace: nil, name: name, as: .metadata))
      return true
    } catch let error as APIError where error.kind == .notFound {
      return false
    } catch let error as APIError where error.kind == .forbidden {
      return true
    }
  }

  func make(_ name: String) async throws { _ = try await apply(name, ["name": .string(name)], FieldManager.name) }

  /// Makes a namespace that is absent; one that is there stays as it is.
  func ensure(_ name: String) async throws {
    if try await !exists(name) { try await make(name) }
  }

  /// Makes it where it is absent, and sets the labels and annotations.
  /// - Returns: the namespace.
  func apply(
    _ name: String, _ metadata: SyncPolicy.NamespaceMetadata, _ manager: String
  ) async throws -> Node {
    var object: Mapping = ["name": .string(name)]
    object["labels"] = texts(metadata.labels)
    object["annotations"] = texts(metadata.annotations)
    return try await apply(name, object, manager)
  }

  private func apply(_ name: String, _ metadata: Mapping, _ manager: String) async throws -> Node {
    try await client.send(
      .apply(
        .namespaces, namespace: nil, name: name,
        body: ["apiVersion": .string("v1"), "kind": .string("Namespace"), "metadata": .mapping(metadata)],
        manager: manager))
  }

  private func texts(_ texts: [String: String]) -> Node? {
    if texts.isEmpty { return nil }
    var mapping = Mapping()
    for (key, value) in texts.sorted(by: { $0.key < $1.key }) { mapping[key] = .string(value) }
    return .mapping(mapping)
  }
}
