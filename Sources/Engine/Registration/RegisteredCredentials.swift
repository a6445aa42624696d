import Fleet
import Foundation
import HTTPClient
package import Kubernetes
import Logging
package import Manifest

/// The token of a registered cluster: kept sealed, renewed at a third of its life.
package actor RegisteredCredentials: CredentialsProvider {
  private static let retryAfter = 60.0

  private let cluster: ClusterName
  private let store: Store
  private let vault: Vault
  private let transport: any Transport
  private let logger: Logger
  private var registration: Registration
  private var token: Redacted<String>
  private let proxy: HTTPSecret?
  /// How renewals get there: as every other request.
  private var way: ClusterAccess
  private var nextTry = 0.0
  private var isRenewing = false

  init(
    _ registration: Registration, cluster: ClusterName, store: Store, vault: Vault, transport: any Transport,
    logger: Logger
  ) throws {
    self.registration = registration
    self.cluster = cluster
    self.store = store
    self.vault = vault
    self.transport = transport
    self.logger = logger
    let opened = try vault.open(registration.credentials, for: registration.name)
    token = Redacted(String(decoding: opened.reveal(), as: UTF8.self))
    proxy =
      registration.proxy.isEmpty
      ? nil
      : HTTPSecret(
        String(
          decoding: try vault.open(registration.proxy, for: Registration.proxySubject(registration.name)).reveal(),
          as: UTF8.self))
    way = ClusterAccess(
      server: registration.server, endpoint: HTTPEndpoint(), credentials: StaticCredentials.none)
  }

  /// Access with these credentials.
  /// - Parameter way: how the cluster's manifest or registration says that it is reached. What it leaves open (authorities,
  ///   the certificate's name, a proxy) is as it was registered.
  package func access(by way: ClusterAccess) -> ClusterAccess {
    var access = way
    if access.endpoint.trust == .system, !registration.caData.isEmpty {
      access.endpoint.trust = .authorities(pem: registration.caData)
    }
    if access.endpoint.serverName == nil, !registration.tlsServerName.isEmpty {
      access.endpoint.serverName = registration.tlsServerName
    }
    if access.endpoint.proxy == nil { access.endpoint.proxy = proxy }
    self.way = access
    self.way.credentials = StaticCredentials.none
    access.credentials = self
    return access
  }

  package func authorization() async throws -> Redacted<String>? {
    let now = Date()
    if let expiry = registration.expiresAt {
      if now >= expiry {
        throw Failure(
          "cluster.credentials-expired", subject: "cluster \(cluster)", stage: "connect",
          "CredentialsExpired: the hub was away for longer than its token lives; to mend: muster cluster rotate \(cluster)",
          retry: .backOff)
      }
      let life = expiry.timeIntervalSince(registration.renewedAt)
      if now.timeIntervalSince(registration.renewedAt) > life / 3 { await renew() }
    }
    return Redacted("Bearer " + token.reveal())
  }

  package func refused(_ header: Redacted<String>?) -> Bool { false }

  /// A failed renewal is tried again later: the old token lives on.
  private func renew() async {
    let now = Date().timeIntervalSince1970
    guard !isRenewing, now >= nextTry else { return }
    isRenewing = true
    defer { isRenewing = false }
    nextTry = now + Self.retryAfter
    var access = way
    access.credentials = StaticCredentials(bearerToken: token)
    let client = KubernetesClient(access: access, transport: transport, userAgent: "muster")
    do {
      let fresh = try await ClusterRegistrar(client: client, subject: "cluster \(cluster)").token()
      var renewed = registration
      renewed.credentials = try vault.seal(Redacted(Array(fresh.text.reveal().utf8)), for: registration.name)
      renewed.renewedAt = Date()
      renewed.expiresAt = fresh.expiresAt.map { Date(timeIntervalSince1970: $0) }
      try await store.registrations.put(renewed)
      registration = renewed
      token = fresh.text
    } catch {
      logger.warning("token not renewed", metadata: ["cluster": "\(cluster)"])
    }
  }
}
