package import Manifest

/// A ReplicaSet of a Rollout, as it stands in the cluster.
package struct RolloutReplicaSet: Sendable {
  package let name: String
  package let namespace: String
  package let uid: String
  package let created: AnalysisTime
  package let isDeleting: Bool
  package let labels: [String: String]
  package private(set) var annotations: [String: String]
  /// The uid of the controller that owns it; nil for an orphan.
  package let controller: String?
  package let spec: Int
  package let minReadySeconds: Int
  package let replicas: Int
  package let ready: Int
  package let available: Int
  package let isObserved: Bool
  package let template: Node
  package let selector: Node?
  package let object: Node
  let failure: RolloutConditions.Condition?

  package init?(_ object: Node) {
    guard let metadata = object["metadata"], let name = metadata["name"]?.string, let uid = metadata["uid"]?.string
    else { return nil }
    let (spec, status) = (object["spec"], object["status"])
    self.object = object
    self.name = name
    self.uid = uid
    namespace = metadata["namespace"]?.string ?? ""
    created = metadata["creationTimestamp"].time ?? AnalysisTime(seconds: 0)
    isDeleting = metadata["deletionTimestamp"]?.string != nil
    labels = metadata["labels"].textMembers
    annotations = metadata["annotations"].textMembers
    controller = metadata["ownerReferences"]?.sequence?.first { $0["controller"]?.bool == true }?["uid"]?.string
    self.spec = max(spec?["replicas"].count ?? 1, 0)
    minReadySeconds = spec?["minReadySeconds"].count ?? 0
    replicas = max(status?["replicas"].count ?? 0, 0)
    ready = max(status?["readyReplicas"].count ?? 0, 0)
    available = max(status?["availableReplicas"].count ?? 0, 0)
    isObserved = (status?["observedGeneration"]?.int ?? 0) >= (metadata["generation"]?.int ?? 0)
    template = spec?["template"] ?? .mapping([:])
    selector = spec?["selector"]
    failure = status?["conditions"]?.sequence?.first { $0["type"]?.string == "ReplicaFailure" }
      .flatMap(RolloutConditions.Condition.init)
  }

  package var hash: String { labels[Rollout.hashLabel] ?? "" }
  package var revision: Int { RolloutAnnotation.number(annotations[RolloutAnnotation.revision]) ?? 0 }
  var desiredReplicas: Int? { RolloutAnnotation.number(annotations[RolloutAnnotation.desiredReplicas]) }
  var isActive: Bool { spec > 0 }

  /// Nil without one that can be read.
  package var scaleDownDeadline: AnalysisTime? {
    annotations[RolloutAnnotation.scaleDownDeadline].flatMap { AnalysisTime($0) }
  }
  var hasScaleDownDeadline: Bool { annotations[RolloutAnnotation.scaleDownDeadline]?.isEmpty == false }

  var owners: [Node] { object["metadata"]?["ownerReferences"]?.sequence ?? [] }

  var count: ReplicaCount { ReplicaCount(spec: spec, available: available) }

  var isFullyAvailable: Bool { spec > 0 && available > 0 && spec <= available }

  /// Whether it holds all replicas of a Rollout, and believes so itself (`utils/annotations`, IsSaturated).
  func isSaturated(_ replicas: Int) -> Bool {
    spec == replicas && desiredReplicas == replicas && available == replicas
  }

  /// The metadata that was put into its template.
  var injectedMetadata: PodMetadata? {
    annotations[RolloutAnnotation.ephemeralMetadata].flatMap { text in
      (try? JSON.parse(Array(text.utf8), limits: TextLimits(bytes: 1 << 18))).flatMap { PodMetadata($0) }
    }
  }
}

extension RolloutReplicaSet? {
  var availableCount: Int { self?.available ?? 0 }
}

extension [RolloutReplicaSet] {
  var specCount: Int { reduce(0) { $0 + $1.spec } }
  var availableCount: Int { reduce(0) { $0 + $1.available } }
  var readyCount: Int { reduce(0) { $0 + $1.ready } }
  var actualCount: Int { reduce(0) { $0 + $1.replicas } }
  /// The number for one that comes after all of these.
  var nextRevision: Int { Swift.min((map(\.revision).max() ?? 0) + 1, RolloutAnnotation.highestNumber) }
  /// The oldest first; those of one second by their names.
  var byAge: [RolloutReplicaSet] {
    sorted { $0.created == $1.created ? $0.name < $1.name : $0.created < $1.created }
  }
  var newestRevisionFirst: [RolloutReplicaSet] {
    sorted { $0.revision == $1.revision ? $0.created > $1.created : $0.revision > $1.revision }
  }
}
