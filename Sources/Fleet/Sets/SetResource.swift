package import Manifest

/// One generated Application in an ApplicationSet's `status.resources`, with Argo CD's field names.
package struct SetResource: Sendable, Equatable {
  package var name: String
  package var namespace: String
  package var sync: SyncStatus
  package var health: HealthReport

  /// Argo CD's `--max-resources-status-count`: how many of them a status lists at most.
  package static let defaultLimit = 5_000

  package init(name: String, namespace: String, sync: SyncStatus, health: HealthReport) {
    self.name = name
    self.namespace = namespace
    self.sync = sync
    self.health = health
  }

  package var node: Node {
    let version = Application.apiVersion.split(separator: "/")
    return .mapping([
      "group": .string(String(version.first ?? "")), "version": .string(String(version.last ?? "")),
      "kind": .string(Application.kind), "namespace": .string(namespace), "name": .string(name),
      "status": .string(sync.rawValue),
      "health": .mapping(["status": .string(health.health.rawValue), "message": .string(health.message)]),
    ])
  }
}
