package import Manifest

/// A Rollout (`argoproj.io/v1alpha1`) as it stands in a cluster, with Argo Rollouts' defaults filled in.
package struct Rollout: Sendable {
  package static let groupKind = GroupKind(group: "argoproj.io", kind: "Rollout")
  package static let apiVersion = "argoproj.io/v1alpha1"
  /// The label that tells the ReplicaSets of a Rollout, and their Pods, apart.
  package static let hashLabel = "rollouts-pod-template-hash"

  /// The whole object, for arguments that name its fields.
  package let object: Node
  package let name: String
  package let namespace: String
  package let uid: String
  package let resourceVersion: String
  package let generation: Int64
  package let annotations: [String: String]
  package let isDeleting: Bool

  /// Nil until it is written down, which an autoscaler needs.
  package let writtenReplicas: Int?
  /// The selector that counts: its own, or that of the workload it refers to.
  package var selector: Node?
  /// The template that counts: its own, or that of the workload it refers to.
  package var template: Node
  package let workload: WorkloadReference?
  package let minReadySeconds: Int
  package let revisionHistoryLimit: Int
  package let isPaused: Bool
  package let progressDeadline: Double
  package let abortsAtDeadline: Bool
  package let restartAt: AnalysisTime?
  /// Revisions that a fast way back spans; 0 for none.
  package let rollbackWindow: Int
  package let successfulRunLimit: Int
  package let unsuccessfulRunLimit: Int
  package let canary: CanaryStrategy?
  package let blueGreen: BlueGreenStrategy?
  package let status: RolloutStatus

  /// Nil for what has no name, no uid or no version.
  package init?(_ object: Node) {
    guard let metadata = object["metadata"], let name = metadata["name"]?.string, let uid = metadata["uid"]?.string,
      let version = metadata["resourceVersion"]?.string
    else { return nil }
    let spec = object["spec"] ?? .null
    self.object = object
    self.name = name
    namespace = metadata["namespace"]?.string ?? ""
    self.uid = uid
    resourceVersion = version
    generation = metadata["generation"]?.int ?? 0
    annotations = metadata["annotations"].textMembers
    isDeleting = metadata["deletionTimestamp"]?.string != nil
    writtenReplicas = spec["replicas"].count
    selector = spec["selector"].flatMap { $0.isNull ? nil : $0 }
    template = spec["template"] ?? .mapping([:])
    workload = spec["workloadRef"].flatMap(WorkloadReference.init)
    minReadySeconds = spec["minReadySeconds"].count ?? 0
    revisionHistoryLimit = spec["revisionHistoryLimit"].count ?? 10
    isPaused = spec["paused"]?.bool ?? false
    progressDeadline = Double(spec["progressDeadlineSeconds"].count ?? 600)
    abortsAtDeadline = spec["progressDeadlineAbort"]?.bool ?? false
    restartAt = spec["restartAt"]?.string.flatMap { AnalysisTime($0) }
    rollbackWindow = spec["rollbackWindow"]?["revisions"].count ?? 0
    successfulRunLimit = spec["analysis"]?["successfulRunHistoryLimit"].count ?? 5
    unsuccessfulRunLimit = spec["analysis"]?["unsuccessfulRunHistoryLimit"].count ?? 5
    let strategy = spec["strategy"]
    canary = strategy?["canary"]?.mapping != nil ? strategy?["canary"].map(CanaryStrategy.init) : nil
    blueGreen = strategy?["blueGreen"]?.mapping != nil ? strategy?["blueGreen"].map(BlueGreenStrategy.init) : nil
    status = RolloutStatus(object["status"] ?? .null)
  }

  package var replicas: Int { writtenReplicas ?? 1 }

  /// Takes the template of its workload, and the selector where it has none itself (`rollout/templateref.go`, Resolve).
  /// - Returns: false where the workload has no template.
  @discardableResult
  package mutating func take(_ workload: Node) -> Bool {
    guard let reference = self.workload, let template = reference.template(in: workload) else { return false }
    self.template = template
    if selector == nil { selector = reference.selector(in: workload) }
    return true
  }

  /// Surge and missing replicas; of blueGreen only the missing ones count.
  package var fenceposts: Fenceposts {
    Fenceposts(
      maxSurge: canary?.maxSurge ?? .percent(25),
      maxUnavailable: blueGreen?.maxUnavailable ?? canary?.maxUnavailable ?? .percent(25), replicas: replicas)
  }

  /// The revision that it was given last; 0 before the first.
  package var revision: Int { RolloutAnnotation.number(annotations[RolloutAnnotation.revision]) ?? 0 }

  /// Metadata of Pods by their role: of the new version, and of the stable one.
  var podMetadata: (new: PodMetadata?, stable: PodMetadata?) {
    if let canary { return (canary.canaryMetadata, canary.stableMetadata) }
    return (blueGreen?.previewMetadata, blueGreen?.activeMetadata)
  }

  /// Whether templates of analyses matter to it.
  package var hasAnalyses: Bool { !analyses.isEmpty }

  /// An analysis that it refers to, with the place of its templates.
  struct AnalysisUse {
    var place: String
    var analysis: RolloutAnalysis
    /// Whether it ends with the update, and so needs no end of its own.
    var isBackground = false
  }

  var analyses: [AnalysisUse] {
    var all: [AnalysisUse] = []
    if let canary {
      for (index, step) in canary.steps.enumerated() {
        if case .analysis(let analysis) = step {
          all.append(.init(place: "spec.strategy.canary.steps[\(index)].analysis.templates", analysis: analysis))
        }
      }
      if let analysis = canary.analysis {
        all.append(
          .init(place: "spec.strategy.canary.analysis.templates", analysis: analysis, isBackground: true))
      }
    }
    if let analysis = blueGreen?.prePromotionAnalysis {
      all.append(.init(place: "spec.strategy.blueGreen.prePromotionAnalysis.templates", analysis: analysis))
    }
    if let analysis = blueGreen?.postPromotionAnalysis {
      all.append(.init(place: "spec.strategy.blueGreen.postPromotionAnalysis.templates", analysis: analysis))
    }
    return all
  }

  /// Whether it refers to an object of this name: a Service, a workload, or a route.
  package func refers(toName name: String, in place: String) -> Bool {
    if place == namespace, workload?.name == name || services.contains(where: { $0.name == name }) { return true }
    guard case .gatewayAPI(let gateway)? = canary?.router else { return false }
    return gateway.routes.contains(name) && place == (gateway.namespace.isEmpty ? namespace : gateway.namespace)
  }

  /// The Services that it switches, each with the field that names it.
  package var services: [(field: String, name: String)] {
    let fields: [(String, String?)]
    if let canary {
      fields = [
        ("spec.strategy.canary.canaryService", canary.canaryService),
        ("spec.strategy.canary.stableService", canary.stableService),
      ]
    } else {
      fields = [
        ("spec.strategy.blueGreen.activeService", blueGreen?.activeService),
        ("spec.strategy.blueGreen.previewService", blueGreen?.previewService),
      ]
    }
    return fields.compactMap { field, name in name.map { (field, $0) } }
  }
}

/// Annotations that a Rollout and its ReplicaSets carry (`utils/annotations` and the API's labels).
package enum RolloutAnnotation {
  package static let revision = "rollout.argoproj.io/revision"
  package static let revisionHistory = "rollout.argoproj.io/revision-history"
  package static let desiredReplicas = "rollout.argoproj.io/desired-replicas"
  package static let workloadGeneration = "rollout.argoproj.io/workload-generation"
  package static let ephemeralMetadata = "rollout.argoproj.io/ephemeral-metadata"
  package static let scaleDownDeadline = "argo-rollouts.argoproj.io/scale-down-deadline"
  package static let managedBy = "argo-rollouts.argoproj.io/managed-by-rollouts"

  static let highestNumber = 1_000_000_000_000

  /// A number that anybody may have written; nil for what is none, or no sensible one.
  static func number(_ text: String?) -> Int? {
    text.flatMap { Int($0) }.flatMap { (0...highestNumber).contains($0) ? $0 : nil }
  }

  /// Annotations of a Rollout that its ReplicaSets do not get.
  static let notCopied: Set<String> = [
    "kubectl.kubernetes.io/last-applied-configuration", revision, revisionHistory, desiredReplicas,
    "notified.notifications.argoproj.io",
  ]
}

/// The workload whose template a Rollout takes (`spec.workloadRef`).
package struct WorkloadReference: Sendable, Equatable {
  package enum ScaleDown: String, Sendable {
    case never, onsuccess, progressively
  }

  package var apiVersion: String
  package var kind: String
  package var name: String
  package var scaleDown: ScaleDown

  init?(_ node: Node) {
    guard let kind = node["kind"]?.string, let name = node["name"]?.string else { return nil }
    apiVersion = node["apiVersion"]?.string ?? ""
    self.kind = kind
    self.name = name
    scaleDown = node["scaleDown"]?.string.flatMap { ScaleDown(rawValue: $0.lowercased()) } ?? .never
  }

  package var gvk: GroupVersionKind { GroupVersionKind(apiVersion: apiVersion, kind: kind) }

  /// What tells the Pods of the workload; a PodTemplate has none.
  func selector(in workload: Node) -> Node? { kind == "PodTemplate" ? nil : workload["spec"]?["selector"] }

  /// Where the template stands in the workload.
  package func template(in workload: Node) -> Node? {
    kind == "PodTemplate" ? workload["template"] : workload["spec"]?["template"]
  }
}

extension Node? {
  /// A number of replicas, seconds or the like, kept where arithmetic is safe; nil for what is none.
  var count: Int? { self?.int.map { Int(min(max($0, -1), Int64(CanaryReplicas.maximumReplicas))) } }
}
