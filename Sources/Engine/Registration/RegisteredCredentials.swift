import Fleet
import Foundation
import HTTPClient
package import Kubernetes
import Logging
package import Manifest

/// The token of a registered cluster: kept sealed, renewed at a third of its life.
package actor RegisteredCredentials: CredentialsProvider {
  private static let retries = Backoff(base: 60, factor: 2, maximum: 900, jitter: 0.2)
  /// A request waits for its renewal.
  private static let deadlines = HTTPDeadlines(connect: 5, firstByte: 10, idle: 10, total: 15)

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
  private var failures = 0
  private var isRenewing = false
  private var lastReason: String?
  private let troubles: RenewalTroubles
  private let clock: WallClock

  init(
    _ registration: Registration, cluster: ClusterName, store: Store, vault: Vault, transport: any Transport,
    logger: Logger, troubles: RenewalTroubles = RenewalTroubles(), clock: WallClock = .system
  ) throws {
    self.registration = registration
    self.cluster = cluster
    self.store = store
    self.vault = vault
    self.transport = transport
    self.logger = logger
    self.troubles = troubles
    self.clock = clock
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
  package func access(by way: ClusterAccess) async -> ClusterAccess {
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
    let now = Date(timeIntervalSince1970: clock.now())
    if let expiry = registration.expiresAt {
      if now >= expiry { throw expired(expiry) }
      let life = expiry.timeIntervalSince(registration.renewedAt)
      if now.timeIntervalSince(registration.renewedAt) > life / 3 { await renew(expiry) }
    }
    return Redacted("Bearer " + token.reveal())
  }

  package func refused(_ header: Redacted<String>?) -> Bool { false }

  private func expired(_ expiry: Date) -> Failure {
    let why = lastReason.map { ", for it could not be renewed: \($0)" } ?? " while this hub was away"
    return Failure(
      "cluster.credentials-expired", subject: "cluster \(cluster)", stage: "connect",
      "CredentialsExpired: the token ran out at \(expiry.formatted(.iso8601))\(why); "
        + "to mend: muster cluster rotate \(cluster)", retry: .backOff)
  }

  /// A failed renewal is tried again later: the old token lives on.
  private func renew(_ expiry: Date) async {
    let now = clock.now()
    guard !isRenewing, now >= nextTry else { return }
    isRenewing = true
    defer { isRenewing = false }
    do {
      try await takeNewToken()
      failures = 0
      lastReason = nil
      guard await troubles.clear(cluster.text) else { return }
      await record("Renewed", "")
    } catch {
      failures += 1
      nextTry = now + Self.retries.delay(afterFailures: failures, random: .random(in: 0..<1))
      await note(
        KubernetesClient.failure(from: error, subject: "cluster \(cluster)", stage: "renew").message, expiry)
    }
  }

  private func takeNewToken() async throws {
    var access = way
    access.credentials = StaticCredentials(bearerToken: token)
    let client = KubernetesClient(
      access: access, transport: transport, userAgent: "muster", deadlines: Self.deadlines)
    let fresh = try await ClusterRegistrar(client: client, subject: "cluster \(cluster)").token()
    var renewed = registration
    renewed.credentials = try vault.seal(Redacted(Array(fresh.text.reveal().utf8)), for: registration.name)
    renewed.renewedAt = Date(timeIntervalSince1970: clock.now())
    renewed.expiresAt = fresh.expiresAt.map { Date(timeIntervalSince1970: $0) }
    do {
      try await store.registrations.renew(registration, as: renewed)
      registration = renewed
      token = fresh.text
    } catch let failure as Failure where failure.code == "registration.replaced" {
      // Somebody rotated it, and that token counts; of a cluster that was forgotten nothing is written down again.
      guard let now = try await store.registrations[registration.name] else { return }
      registration = now
      token = Redacted(String(decoding: try vault.open(now.credentials, for: now.name).reveal(), as: UTF8.self))
    }
  }

  private func note(_ reason: String, _ expiry: Date) async {
    lastReason = reason
    logger.warning(
      "token not renewed",
      metadata: [
        "cluster": "\(cluster)", "reason": "\(reason)", "expires": "\(expiry.formatted(.iso8601))",
      ])
    let trouble = RenewalTroubles.Trouble(
      reason: reason, renewedAt: registration.renewedAt, expiresAt: expiry)
    if await troubles.set(trouble, of: cluster.text) { await record("NotRenewed", reason) }
  }

  private func record(_ outcome: String, _ message: String) async {
    do {
      try await store.facts.append([
        Fact(
          time: Date(timeIntervalSince1970: clock.now()), kind: .cluster, cluster: cluster.text, actor: "hub",
          cause: "token", outcome: outcome, message: message)
      ])
    } catch {
      logger.warning("fact not written", metadata: ["cluster": "\(cluster)", "reason": "\(error)"])
    }
  }
}
