package import Fleet
import Kubernetes
import Manifest

/// What became of rights that an earlier registration gave and this one does not.
package struct WithdrawnRights: Sendable, Equatable {
  /// `ClusterRoleBinding muster-hub`, `Role muster-hub in team-a`.
  package var removed: [String] = []
  /// Of that name too, but written by others as well, or part of an Application.
  package var kept: [String] = []
  /// Why they could not all be looked for; nil when they were.
  package var problem: String?

  package init() {}
}

extension ClusterRegistrar {
  /// Bindings first: with them the rights are gone.
  private static let kinds = [
    ("ClusterRoleBinding", "f:subjects"), ("RoleBinding", "f:subjects"), ("ClusterRole", "f:rules"),
    ("Role", "f:rules"),
  ]

  /// Takes away roles and bindings of the hub's name that are not among `manifests`, where the field manager that registers
  /// made them and nobody else had a hand in what they say.
  /// - Throws: ``Failure``
  package func withdrawRights(beside manifests: RegistrationManifests) async throws -> WithdrawnRights {
    let wanted = Set(manifests.objects.compactMap { Object($0) }.map { Self.words($0.gvk.kind, $0.namespace) })
    var rights = WithdrawnRights()
    do {
      let discovery = try await client.discover()
      for (kind, field) in Self.kinds {
        let gvk = GroupVersionKind(group: "rbac.authorization.k8s.io", version: "v1", kind: kind)
        guard let resource = discovery.resource(for: gvk) else { continue }
        let found = try await client.list(
          resource, fieldSelector: "metadata.name=" + RegistrationManifests.roleName, metadataOnly: true)
        for object in found.items.compactMap({ LiveObject($0.node, gvk: gvk) }) {
          let words = Self.words(kind, object.id.namespace)
          guard !wanted.contains(words), !object.isDeleting else { continue }
          guard Self.isOurs(object, field) else {
            rights.kept.append(words)
            continue
          }
          try await client.delete(
            resource, namespace: object.id.namespace, name: object.id.name, uid: object.uid,
            resourceVersion: object.resourceVersion)
          rights.removed.append(words)
        }
      }
    } catch let error as APIError where error.kind == .forbidden {
      // Who registers for some namespaces need not see the whole cluster.
      rights.problem = error.message
    } catch {
      throw KubernetesClient.failure(from: error, subject: subject, stage: "register")
    }
    return rights
  }

  private static func words(_ kind: String, _ namespace: String) -> String {
    kind + " " + RegistrationManifests.roleName + (namespace.isEmpty ? "" : " in " + namespace)
  }

  /// - Parameter field: what gives the rights.
  private static func isOurs(_ object: LiveObject, _ field: String) -> Bool {
    guard object.partOf == nil, object.ownership.ours?.fields.touches([field]) ?? false else { return false }
    return !object.ownership.others.contains { $0.fields.touches([field]) }
  }
}
