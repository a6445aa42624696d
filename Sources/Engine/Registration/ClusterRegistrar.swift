package import Fleet
import Foundation
package import Kubernetes
package import Manifest

/// Brings a cluster in: makes the hub's account there and takes a token for it.
package struct ClusterRegistrar: Sendable {
  /// A token, and when it ends.
  package struct Token: Sendable {
    package var text: Redacted<String>
    /// Seconds since 1970; nil when the server does not say.
    package var expiresAt: Double?
  }

  /// Thirty days, unless the server grants less.
  package static let lifetime: Int64 = 30 * 24 * 3600

  let client: KubernetesClient
  let subject: String

  package init(client: KubernetesClient, subject: String) {
    self.client = client
    self.subject = subject
  }

  /// Applies the account and its rights.
  /// - Throws: ``Failure``
  package func prepare(_ manifests: RegistrationManifests) async throws {
    do {
      let discovery = try await client.discover()
      for object in manifests.objects {
        guard let parsed = Object(object), let resource = discovery.resource(for: parsed.gvk) else { continue }
        _ = try await client.send(
          .apply(
            resource, namespace: parsed.namespace, name: parsed.name, body: object, manager: FieldManager.name))
      }
    } catch {
      throw KubernetesClient.failure(from: error, subject: subject, stage: "register")
    }
  }

  /// Whether an earlier registration lets the hub act as ServiceAccounts.
  /// - Throws: ``Failure``
  package func mayImpersonate(_ manifests: RegistrationManifests) async throws -> Bool {
    do {
      let discovery = try await client.discover()
      for object in manifests.objects {
        guard let parsed = Object(object), ["ClusterRole", "Role"].contains(parsed.gvk.kind),
          let resource = discovery.resource(for: parsed.gvk),
          let live = try await client.get(resource, namespace: parsed.namespace, name: parsed.name)
        else { continue }
        if RegistrationManifests.allowsImpersonation(live) { return true }
      }
      return false
    } catch {
      throw KubernetesClient.failure(from: error, subject: subject, stage: "register")
    }
  }

  /// A token of the hub's account (TokenRequest).
  /// - Throws: ``Failure``
  package func token() async throws -> Token {
    let body: Mapping = [
      "apiVersion": .string("authentication.k8s.io/v1"), "kind": .string("TokenRequest"),
      "spec": .mapping(["expirationSeconds": .int(Self.lifetime)]),
    ]
    do {
      let answer = try await client.send(
        .create(
          .serviceAccounts, namespace: RegistrationManifests.namespace, body: body, manager: FieldManager.name,
          subresourceOf: RegistrationManifests.serviceAccount, subresource: "token"))
      guard let text = answer["status"]?["token"]?.string else {
        throw Failure("cluster.token", subject: subject, stage: "register", "the server gave no token", retry: .backOff)
      }
      let expiry = answer["status"]?["expirationTimestamp"]?.string.flatMap { Timestamp.seconds($0) }
      return Token(text: Redacted(text), expiresAt: expiry)
    } catch {
      throw KubernetesClient.failure(from: error, subject: subject, stage: "register")
    }
  }

  /// What tells one cluster from another: the uid of `kube-system`.
  /// - Throws: ``Failure``
  package func clusterUID() async throws -> String {
    do {
      let namespace = try await client.send(.get(.namespaces, namespace: nil, name: "kube-system", as: .metadata))
      guard let uid = namespace["metadata"]?["uid"]?.string, !uid.isEmpty else {
        throw Failure(
          "cluster.not-an-api-server", subject: subject, stage: "register", "the namespace kube-system has no uid",
          retry: .backOff)
      }
      return uid
    } catch {
      throw KubernetesClient.failure(from: error, subject: subject, stage: "register")
    }
  }
}

extension Node {
  fileprivate static func int(_ number: Int64) -> Node { Node(.int(number)) }
}
