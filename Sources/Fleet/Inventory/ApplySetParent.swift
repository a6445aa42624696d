package import Manifest

/// An Application's parent object in its cluster, by the ApplySet specification (KEP-3659): what group-kinds and
/// namespaces it may have members in, and whose hub it belongs to.
///
/// Widened before an apply and narrowed after a prune, so that at every instant each member is within it.
package struct ApplySetParent: Sendable, Equatable {
  package static let namespace = "muster-system"
  package static let tooling = "muster/v1"

  package enum Annotation {
    package static let tooling = "applyset.kubernetes.io/tooling"
    package static let groupKinds = "applyset.kubernetes.io/contains-group-kinds"
    package static let namespaces = "applyset.kubernetes.io/additional-namespaces"
    package static let hub = "muster.dev/hub"
    package static let application = "muster.dev/application"
    package static let applicationSet = "muster.dev/applicationset"
    package static let cascade = "muster.dev/cascade"
    package static let synced = "muster.dev/synced"
    package static let deleteHooks = "muster.dev/delete-hooks"
  }

  /// What a deleted Application leaves behind.
  package enum Deletion: String, Sendable {
    /// Its objects go with it (`resources-finalizer.argocd.argoproj.io`).
    case cascade
    case orphan
  }

  package var applicationName: String
  /// The ApplicationSet that the Application comes from; nil for a plain one.
  package var applicationSet: String?
  /// `applyset-<base64url(sha256(name.namespace.kind.group))>-v1` of this parent.
  package var applySet: String
  package var groupKinds: Set<GroupKind>
  package var namespaces: Set<String>
  /// The hub that keeps it.
  package var hub: String
  package var deletion: Deletion
  /// Digest of what the last sync that ran hooks brought about, so that a hub without memory runs none again; empty for none.
  package var synced = ""
  /// The phases of a deletion that have hooks in Git, which must be asked before anything goes.
  package var deleteHooks: Set<HookPhase> = []

  package init(
    applicationName: String, applicationSet: String?, applySet: String, groupKinds: Set<GroupKind>,
    namespaces: Set<String>, hub: String, deletion: Deletion
  ) {
    self.applicationName = applicationName
    self.applicationSet = applicationSet
    self.applySet = applySet
    self.groupKinds = groupKinds
    self.namespaces = namespaces
    self.hub = hub
    self.deletion = deletion
  }

  package static func objectName(of application: String) -> String { "muster-app-" + application }

  /// What the id of an Application's ApplySet is the hash of (KEP-3659).
  package static func idSource(of application: String) -> String {
    "\(objectName(of: application)).\(namespace).ConfigMap."
  }

  /// Wide enough for both.
  package func union(_ other: ApplySetParent) -> ApplySetParent {
    var union = self
    union.groupKinds.formUnion(other.groupKinds)
    union.namespaces.formUnion(other.namespaces)
    return union
  }

  /// The ConfigMap that is applied.
  package var configMap: Mapping {
    var annotations: Mapping = [
      Annotation.tooling: .string(Self.tooling),
      Annotation.groupKinds: .string(groupKinds.map(\.description).sorted().joined(separator: ",")),
      Annotation.namespaces: .string(namespaces.sorted().joined(separator: ",")),
      Annotation.hub: .string(hub), Annotation.application: .string(applicationName),
      Annotation.applicationSet: .string(applicationSet ?? ""),
      Annotation.cascade: .string(deletion.rawValue),
    ]
    if !deleteHooks.isEmpty {
      annotations[Annotation.deleteHooks] = .string(deleteHooks.sorted().map(\.rawValue).joined(separator: ","))
    }
    if !synced.isEmpty { annotations[Annotation.synced] = .string(synced) }
    return [
      "apiVersion": .string("v1"), "kind": .string("ConfigMap"),
      "metadata": .mapping([
        "name": .string(Self.objectName(of: applicationName)), "namespace": .string(Self.namespace),
        "labels": .mapping([ApplySetLabel.id: .string(applySet)]),
        "annotations": .mapping(annotations),
      ]),
    ]
  }

  /// Reads a parent back; nil for a ConfigMap that is none, or that another tool keeps.
  package init?(_ object: Node) {
    guard let metadata = object["metadata"], let applySet = metadata["labels"]?[ApplySetLabel.id]?.string,
      let annotations = metadata["annotations"],
      annotations[Annotation.tooling]?.string?.hasPrefix("muster/") == true,
      let application = annotations[Annotation.application]?.string
    else { return nil }
    self.init(
      applicationName: application,
      applicationSet: annotations[Annotation.applicationSet]?.string.flatMap { $0.isEmpty ? nil : $0 },
      applySet: applySet,
      groupKinds: Set(Self.list(annotations[Annotation.groupKinds]).map(Self.groupKind)),
      namespaces: Set(Self.list(annotations[Annotation.namespaces])),
      hub: annotations[Annotation.hub]?.string ?? "",
      deletion: annotations[Annotation.cascade]?.string.flatMap(Deletion.init) ?? .orphan)
    synced = annotations[Annotation.synced]?.string ?? ""
    deleteHooks = Set(Self.list(annotations[Annotation.deleteHooks]).compactMap(HookPhase.init))
  }

  private static func list(_ node: Node?) -> [String] {
    (node?.string ?? "").split(separator: ",").map(String.init)
  }

  private static func groupKind(_ text: String) -> GroupKind {
    let parts = text.split(separator: ".", maxSplits: 1)
    return GroupKind(group: parts.count > 1 ? String(parts[1]) : "", kind: String(parts.first ?? ""))
  }
}
