import Fleet
import Kubernetes
import Manifest

/// What a session knows of a namespace whose metadata somebody cares for.
struct FollowedNamespace: Sendable {
  /// Nil where it is not there.
  var live: LiveObject?
  private var labels: Node?
  private var annotations: Node?
  /// The ApplySets of the Applications that care.
  var listeners: Set<String> = []

  /// Takes in the namespace, unless something newer of it is known.
  mutating func take(_ node: Node) {
    guard let new = LiveObject(node, gvk: APIResource.namespaces.gvk) else { return }
    if let live, live.uid == new.uid, live.isNewer(than: new) { return }
    live = new
    labels = node["metadata"]?["labels"]
    annotations = node["metadata"]?["annotations"]
  }

  /// What differs from what an Application wants, as `metadata.labels.team`: values that are others, and what it applied once and
  /// wants no longer. Everything where there is no namespace.
  /// - Parameter manager: what the Application applies it as.
  func differences(from wanted: SyncPolicy.NamespaceMetadata, manager: String) -> [String] {
    let owned = live?.ownership.others.first { $0.manager == manager && $0.operation == "Apply" }?.fields ?? FieldSet()
    return Self.differences("labels", wanted.labels, labels, owned)
      + Self.differences("annotations", wanted.annotations, annotations, owned)
  }

  private static func differences(
    _ field: String, _ wanted: [String: String], _ there: Node?, _ owned: FieldSet
  ) -> [String] {
    let changed = wanted.filter { there?[$0.key]?.string != $0.value }.map(\.key)
    let left = (there?.mapping ?? Mapping()).map(\.key).filter {
      wanted[$0] == nil && owned.contains(["f:metadata", "f:" + field, "f:" + $0])
    }
    return (changed + left).sorted().map { "metadata.\(field).\($0)" }
  }
}
