package import Fleet
package import Foundation
package import HTTPClient
package import Logging
import Manifest

/// The clusters that were registered through the hub: sealed into the store, given out as credentials.
package struct RegistrationDesk: Sendable {
  private let store: Store
  private let vault: Vault
  private let transport: any Transport
  private let logger: Logger
  private let troubles = RenewalTroubles()

  package init(store: Store, vault: Vault, transport: any Transport, logger: Logger) {
    self.store = store
    self.vault = vault
    self.transport = transport
    self.logger = logger
  }

  /// Takes a cluster in, or renews its credentials, when the hub gets there with them; `actor` is the name of the token of
  /// who asked.
  /// - Throws: ``Failure`` `registration.duplicate` when the cluster is registered under another name,
  ///   `registration.other-cluster` when the name is that of another cluster, and as ``RegistrationTrial/run()``.
  package func register(_ entry: RegistrationEntry, actor: String) async throws {
    let now = Date()
    let name = entry.name.text
    let before = try await store.registrations.all().first { $0.name == name }
    if let before, before.clusterUID != entry.clusterUID {
      throw Failure(
        "registration.other-cluster", subject: "cluster \(name)", stage: "register",
        "another cluster is registered by that name; where it was made anew: muster cluster unregister \(name) first",
        retry: .never)
    }
    if let other = try await store.registrations.name(ofClusterUID: entry.clusterUID), other != name {
      throw Registrations.duplicate(name, of: other)
    }
    try await RegistrationTrial(entry, transport: transport).run()
    try await store.registrations.put(
      Registration(
        name: name, server: entry.server, clusterUID: entry.clusterUID,
        labels: entry.labels ?? before?.labels ?? [:], namespaces: entry.namespaces ?? before?.namespaces ?? [],
        caData: entry.caData, tlsServerName: entry.tlsServerName, insecureSkipTLSVerify: entry.insecureSkipTLSVerify,
        proxy: try entry.proxyURL.map {
          try vault.seal(Redacted(Array($0.reveal().utf8)), for: Registration.proxySubject(name))
        } ?? [],
        credentials: try vault.seal(Redacted(Array(entry.token.reveal().utf8)), for: name),
        registeredAt: before?.registeredAt ?? now, renewedAt: now,
        expiresAt: entry.expiresAt.map { Date(timeIntervalSince1970: $0) }))
    await troubles.clear(name)
    try await store.facts.append([
      Fact(
        time: now, kind: .cluster, cluster: name, actor: actor, cause: "requested",
        outcome: before == nil ? "Registered" : "Rotated")
    ])
  }

  /// - Returns: false when there is no such registration.
  package func unregister(_ name: String) async throws -> Bool {
    await troubles.clear(name)
    return try await store.registrations.remove(name)
  }

  /// How a registration stands.
  package struct Standing: Sendable, Equatable {
    package var clusterUID: String
    /// That its token is about to run out and cannot be renewed, and why; empty where all is well.
    package var warning: String
  }

  /// By cluster.
  package func standings(now: Date) async throws -> [String: Standing] {
    let warnings = await troubles.warnings(now: now)
    return try await store.registrations.clusterUIDs().reduce(into: [:]) { standings, entry in
      standings[entry.key] = Standing(clusterUID: entry.value, warning: warnings[entry.key] ?? "")
    }
  }

  package func credentials(of name: ClusterName) async throws -> RegisteredCredentials {
    guard let registration = try await store.registrations.all().first(where: { $0.name == name.text }) else {
      throw Failure(
        "cluster.credentials", subject: "cluster \(name)", stage: "connect", "no credentials are registered for it",
        retry: .never)
    }
    return try RegisteredCredentials(
      registration, cluster: name, store: store, vault: vault, transport: transport, logger: logger,
      troubles: troubles)
  }
}

extension Registration {
  /// The cluster as the registry has it, but for its proxy, which ``RegisteredCredentials`` know; nil when its name is no
  /// name.
  var cluster: Cluster? {
    guard let clusterName = ClusterName(name) else { return nil }
    var connection = Cluster.Connection(server: server)
    connection.caData = caData.isEmpty ? nil : caData
    connection.tlsServerName = tlsServerName.isEmpty ? nil : tlsServerName
    connection.insecureSkipTLSVerify = insecureSkipTLSVerify
    return Cluster(
      name: clusterName, connection: connection, credentials: .registered, labels: labels, namespaces: namespaces,
      clusterResources: namespaces.isEmpty, origin: SourceLocation(file: Cluster.registrationFile))
  }
}
