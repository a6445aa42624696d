package import Manifest

package enum SyncStatus: String, Sendable {
  case synced = "Synced"
  case outOfSync = "OutOfSync"
  case unknown = "Unknown"
}

/// Something worth telling about an Application.
package struct Condition: Sendable, Equatable {
  /// CamelCase: `ComparisonError`, `SyncError`, `Contested`, `MutatedByAdmission`, `SharedResourceWarning`, ….
  package var type: String
  package var message: String

  package init(_ type: String, _ message: String) {
    self.type = type
    self.message = message
  }
}

/// One object of an Application, as it stands in its cluster.
package struct ResourceStatus: Sendable, Equatable {
  package var id: ObjectID
  package var version: String
  package var sync: SyncStatus
  package var health: HealthReport
  /// Why it is out of sync, or what was found; empty for nothing.
  package var message: String

  package init(id: ObjectID, version: String, sync: SyncStatus, health: HealthReport, message: String = "") {
    self.id = id
    self.version = version
    self.sync = sync
    self.health = health
    self.message = message
  }
}

/// How an Application stands.
package struct ApplicationStatus: Sendable, Equatable {
  package var sync: SyncStatus = .unknown
  package var health: HealthReport = HealthReport(.unknown, "not looked at yet")
  /// The commit that was compared last; empty before.
  package var revision = ""
  /// What it waits for or fails on, in words; empty when all is well.
  package var message = ""
  package var conditions: [Condition] = []
  /// What others take again and again; each is a condition too.
  package var contests: [Contest] = []
  package var resources: [ResourceStatus] = []
  /// Where the last pass stopped: `registry`, `connect`, `render`, `plan`, `apply`, `done`.
  package var stage = ""
  /// RFC 3339, UTC; empty before the first.
  package var lastSync = ""
  /// The sync that is under way, else the last one; nil before the first.
  package var operation: SyncOperation?

  package init() {}

  /// The worst of the resources; missing only where all are.
  package static func aggregate(_ resources: [ResourceStatus]) -> HealthReport {
    let counted = resources.filter { $0.health.health != .missing }
    if counted.isEmpty {
      return resources.isEmpty ? HealthReport(.healthy) : HealthReport(.missing, "nothing is there yet")
    }
    guard let worst = counted.map(\.health.health).max(), worst != .healthy else { return HealthReport(.healthy) }
    let causes = counted.filter { $0.health.health == worst }
    let named = causes.prefix(3).map { resource in
      resource.health.message.isEmpty ? "\(resource.id)" : "\(resource.id): \(resource.health.message)"
    }.joined(separator: "; ")
    return HealthReport(worst, causes.count > 3 ? named + " and \(causes.count - 3) more" : named)
  }

  /// As the API gives it out, with Argo CD's names where it has them.
  package var node: Node {
    var status: Mapping = [
      "sync": .mapping(["status": .string(sync.rawValue), "revision": .string(revision)]),
      "health": .mapping(["status": .string(health.health.rawValue), "message": .string(health.message)]),
      "stage": .string(stage), "message": .string(message), "lastSync": .string(lastSync),
    ]
    status["conditions"] = .sequence(
      conditions.map { .mapping(["type": .string($0.type), "message": .string($0.message)]) })
    status["resources"] = .sequence(resources.map(\.node))
    if let operation { status["operationState"] = operation.node }
    return .mapping(status)
  }
}

extension ResourceStatus {
  fileprivate var node: Node {
    .mapping([
      "group": .string(id.group), "version": .string(version), "kind": .string(id.kind),
      "namespace": .string(id.namespace), "name": .string(id.name), "status": .string(sync.rawValue),
      "health": .mapping(["status": .string(health.health.rawValue), "message": .string(health.message)]),
      "message": .string(message),
    ])
  }
}
