import Fleet
import Foundation
import HTTPClient
import Kubernetes
import Logging
import Manifest

/// The token of a registered cluster: kept sealed, renewed at a third of its life.
actor RegisteredCredentials: CredentialsProvider {
  private static let retryAfter = 60.0

  private let cluster: ClusterName
  private let store: Store
  private let vault: Vault
  private let transport: any Transport
  private let logger: Logger
  private var registration: Registration
  private var token: Redacted<String>
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
  }

  func authorization() async throws -> Redacted<String>? {
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

  func refused(_ header: Redacted<String>?) -> Bool { false }

  /// A failed renewal is tried again later: the old token lives on.
  private func renew() async {
    let now = Date().timeIntervalSince1970
    guard !isRenewing, now >= nextTry else { return }
    isRenewing = true
    defer { isRenewing = false }
    nextTry = now + Self.retryAfter
    let access = ClusterAccess(
      server: registration.server, endpoint: registration.endpoint, credentials: StaticCredentials(bearerToken: token))
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

extension Registration {
  /// How the cluster is reached and trusted.
  var endpoint: HTTPEndpoint {
    HTTPEndpoint(
      trust: caData.isEmpty ? .system : .authorities(pem: caData),
      serverName: tlsServerName.isEmpty ? nil : tlsServerName)
  }
}
