import Manifest

/// Keeps one Pod on the one node.
extension APIServer {
  private static let daemonRevisionLabel = "controller-revision-hash"

  mutating func reconcileDaemonSet(_ set: Mapping) {
    guard !set.isBeingDeleted else { return }
    let revision = RevisionHash.text(of: set["spec"]?["template"] ?? .null)
    let pods = dependents(of: set, Kinds.pods).filter { !PodStatus.isOver($0) }
    if pods.isEmpty { makePod(of: set, name: nil, labels: [Self.daemonRevisionLabel: revision]) }
    let isOnDelete = set["spec"]?["updateStrategy"]?["type"]?.string == "OnDelete"
    if !isOnDelete, let outdated = pods.first(where: { $0.label(Self.daemonRevisionLabel) != revision }),
      !outdated.isBeingDeleted
    {
      deletePod(outdated)
    }
    updateDaemonSetStatus(set, revision)
  }

  private mutating func updateDaemonSetStatus(_ set: Mapping, _ revision: String) {
    let pods = dependents(of: set, Kinds.pods).filter { !PodStatus.isOver($0) && !$0.isBeingDeleted }
    let ready = pods.filter(PodStatus.isReady)
    let available = countAvailable(ready, of: set, Kinds.daemonSets)
    let updated = pods.filter { $0.label(Self.daemonRevisionLabel) == revision }.count
    change(set, of: Kinds.daemonSets) { object in
      var status: Mapping = [
        "currentNumberScheduled": Node(.int(Int64(min(pods.count, 1)))), "numberMisscheduled": Node(.int(0)),
        "desiredNumberScheduled": Node(.int(1)), "numberReady": Node(.int(Int64(ready.count))),
        "observedGeneration": Node(.int(set.generation)),
      ]
      for (key, count) in [
        ("updatedNumberScheduled", updated), ("numberAvailable", available),
        ("numberUnavailable", max(0, 1 - available)),
      ] where count > 0 {
        status[key] = Node(.int(Int64(count)))
      }
      object["status"] = .mapping(status)
    }
  }
}
