package import Manifest

/// Services that no Rollout switches any more get back what a Rollout put into them: a selector with the hash of a version
/// that is gone would leave them without Pods (`service/service.go`, syncService).
package enum ServiceRelease {
  /// The field manager of a release. Not that of other writes for Rollouts, which syncs leave fields to: the selector is
  /// Git's again.
  package static let manager = "muster-rollouts-release"

  /// The Rollout that a Service names as the one that switches it.
  package static func rollout(of service: Node) -> String? {
    service["metadata"]?["annotations"]?[RolloutAnnotation.managedBy]?.string
  }

  /// A merge patch of this very version of the Service; nil where nothing is left of a Rollout.
  package static func patch(of service: Node) -> Mapping? {
    let selects = service["spec"]?["selector"]?[Rollout.hashLabel] != nil
    let isMarked = service["metadata"]?["annotations"]?[RolloutAnnotation.managedBy] != nil
    guard selects || isMarked else { return nil }
    var metadata = Mapping()
    metadata["uid"] = service["metadata"]?["uid"]
    metadata["resourceVersion"] = service["metadata"]?["resourceVersion"]
    if isMarked { metadata["annotations"] = .mapping([RolloutAnnotation.managedBy: .null]) }
    var patch: Mapping = ["metadata": .mapping(metadata)]
    if selects { patch["spec"] = .mapping(["selector": .mapping([Rollout.hashLabel: .null])]) }
    return patch
  }
}
