package import Manifest

/// The run that a measurement belongs to.
package struct AnalysisOwner: Sendable, Equatable {
  package var name: String
  /// Marks what is made for the run.
  package var uid: String
  /// Where the AnalysisRun is, in the cluster that its Jobs run in; nil for a run that is no object there.
  package var namespace: String?

  package init(name: String, uid: String, namespace: String? = nil) {
    self.name = name
    self.uid = uid
    self.namespace = namespace
  }
}

/// The Jobs of metrics of the provider `job` (`metricproviders/job`).
package enum AnalysisJob {
  /// In the metadata of a measurement.
  package static let nameKey = "job-name"
  package static let namespaceKey = "job-namespace"

  private static let uidLabel = "analysisrun.argoproj.io/uid"
  /// A Job's name becomes a label of its Pods.
  private static let maximumName = 63
  /// Seconds that a Job stays when it is over and no object of the cluster owns it.
  private static let leftFor: Int64 = 3600
  /// Waiting for these ends nothing by itself.
  private static let obstacles: Set<String> = ["ErrImagePull", "ImagePullBackOff", "InvalidImageName"]

  /// `UID.METRIC.NUMBER`; a metric whose name does not fit there stands by its beginning and a digest.
  package static func name(of metric: String, number: Int, owner: AnalysisOwner) -> String {
    let name = "\(owner.uid).\(metric).\(number)"
    if name.utf8.count <= maximumName, DNSName.problem(withSubdomain: name) == nil { return name }
    var hasher = ContentHasher()
    hasher.add(metric)
    let digest = hasher.digest.description.prefix(8)
    let room = maximumName - owner.uid.utf8.count - digest.utf8.count - String(number).utf8.count - 3
    let start = metric.lowercased().unicodeScalars.map { "a"..."z" ~= $0 || "0"..."9" ~= $0 ? Character($0) : "-" }
    let kept = String(start.drop { $0 == "-" }.prefix(max(0, room)))
    return "\(owner.uid).\(kept.isEmpty ? "m" : kept)-\(digest).\(number)"
  }

  /// The Job of a measurement.
  /// - Parameter job: `provider.job`, with its arguments put in.
  package static func object(
    _ job: Node, metric: String, number: Int, owner: AnalysisOwner, namespace: String
  ) -> Mapping {
    let isOwned = owner.namespace == namespace
    var labels = job["metadata"]?["labels"]?.mapping ?? Mapping()
    labels[uidLabel] = .string(owner.uid)
    var annotations = job["metadata"]?["annotations"]?.mapping ?? Mapping()
    annotations["analysisrun.argoproj.io/name"] = .string(owner.name)
    if let place = owner.namespace { annotations["analysisrun.argoproj.io/namespace"] = .string(place) }
    annotations["analysisrun.argoproj.io/metric-name"] = .string(metric)
    var metadata: Mapping = [
      "name": .string(name(of: metric, number: number, owner: owner)), "namespace": .string(namespace),
      "labels": .mapping(labels), "annotations": .mapping(annotations),
    ]
    if isOwned { metadata["ownerReferences"] = .sequence([reference(to: owner)]) }
    var spec = job["spec"]?.mapping ?? Mapping()
    if !isOwned, spec["ttlSecondsAfterFinished"] == nil { spec["ttlSecondsAfterFinished"] = Node(.int(leftFor)) }
    var template = spec["template"]?.mapping ?? Mapping()
    var templateMetadata = template["metadata"]?.mapping ?? Mapping()
    var podLabels = templateMetadata["labels"]?.mapping ?? Mapping()
    podLabels[uidLabel] = .string(owner.uid)
    templateMetadata["labels"] = .mapping(podLabels)
    template["metadata"] = .mapping(templateMetadata)
    spec["template"] = .mapping(template)
    return [
      "apiVersion": .string("batch/v1"), "kind": .string("Job"), "metadata": .mapping(metadata), "spec": .mapping(spec),
    ]
  }

  private static func reference(to owner: AnalysisOwner) -> Node {
    .mapping([
      "apiVersion": .string("argoproj.io/v1alpha1"), "kind": .string("AnalysisRun"), "name": .string(owner.name),
      "uid": .string(owner.uid), "controller": Node(.bool(true)), "blockOwnerDeletion": Node(.bool(true)),
    ])
  }

  /// Whether a Job that is there was made for this run.
  package static func isOwned(_ job: Node, by owner: AnalysisOwner) -> Bool {
    job["metadata"]?["labels"]?[uidLabel]?.string == owner.uid
  }

  /// How a Job ended; nil while it goes on.
  package static func outcome(of job: Node) -> (phase: AnalysisPhase, message: String)? {
    for condition in job["status"]?["conditions"]?.sequence ?? [] where condition["status"]?.string == "True" {
      switch condition["type"]?.string {
      case "Complete": return (.successful, "")
      case "Failed":
        let words = [condition["reason"]?.string, condition["message"]?.string].compactMap { $0 }
        return (.failed, Visible.text(words.filter { !$0.isEmpty }.joined(separator: ": ")))
      default: break
      }
    }
    return nil
  }

  /// The Pods of a Job, as a label selector; nil before the server has said it.
  package static func podSelector(of job: Node) -> String? {
    guard let labels = job["spec"]?["selector"]?["matchLabels"]?.mapping, !labels.isEmpty else { return nil }
    return labels.compactMap { member in member.value.string.map { "\(member.key)=\($0)" } }.joined(separator: ",")
  }

  /// Why a Pod will not run unless a person does something; nil for no such reason.
  package static func obstacle(in pods: [Node]) -> String? {
    for pod in pods {
      for field in ["initContainerStatuses", "containerStatuses"] {
        for container in pod["status"]?[field]?.sequence ?? [] {
          guard let waiting = container["state"]?["waiting"], let reason = waiting["reason"]?.string,
            obstacles.contains(reason)
          else { continue }
          let (name, message) = (container["name"]?.string ?? "", waiting["message"]?.string ?? "")
          return Visible.text(
            "container \(name) of Pod \(pod["metadata"]?["name"]?.string ?? "") does not start (\(reason)): \(message)")
        }
      }
    }
    return nil
  }

  /// Seconds to the next look at a Job that was begun so many seconds ago.
  package static func delay(after elapsed: Double) -> Double { max(1, (2 * max(0, elapsed)).squareRoot()) }
}
