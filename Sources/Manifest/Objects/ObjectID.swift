/// A Kubernetes group and kind; the core group is `""`.
package struct GroupKind: Sendable, Hashable, Comparable, CustomStringConvertible {
  package var group: String
  package var kind: String

  package init(group: String, kind: String) {
    self.group = group
    self.kind = kind
  }

  /// `Deployment.apps`, `ConfigMap`: the form of KEP-3659 annotations.
  package var description: String { group.isEmpty ? kind : "\(kind).\(group)" }

  package static func < (a: GroupKind, b: GroupKind) -> Bool { (a.group, a.kind) < (b.group, b.kind) }
}

/// A Kubernetes group, version and kind, as `apiVersion` and `kind` spell it.
package struct GroupVersionKind: Sendable, Hashable, Comparable, CustomStringConvertible {
  package var group: String
  package var version: String
  package var kind: String

  package init(group: String, version: String, kind: String) {
    self.group = group
    self.version = version
    self.kind = kind
  }

  /// Splits an `apiVersion` (`v1`, `apps/v1`) at its slash.
  package init(apiVersion: String, kind: String) {
    let parts = apiVersion.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2 {
      self.init(group: String(parts[0]), version: String(parts[1]), kind: kind)
    } else {
      self.init(group: "", version: apiVersion, kind: kind)
    }
  }

  package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
  package var groupKind: GroupKind { GroupKind(group: group, kind: kind) }
  package var description: String { "\(apiVersion) \(kind)" }

  package static func < (a: GroupVersionKind, b: GroupVersionKind) -> Bool {
    (a.group, a.kind, a.version) < (b.group, b.kind, b.version)
  }
}

/// What names one object in a cluster, whatever version it is written in.
///
/// `namespace` is empty for cluster-scoped objects, and for namespaced ones that do not say theirs yet.
///
/// One reference to parts that never change, with their hash: it is copied, compared and looked up far more often than made.
package struct ObjectID: Sendable, Hashable, Comparable, CustomStringConvertible {
  private final class Parts: Sendable {
    let group: String
    let kind: String
    let namespace: String
    let name: String
    let hash: Int

    init(group: String, kind: String, namespace: String, name: String) {
      self.group = group
      self.kind = kind
      self.namespace = namespace
      self.name = name
      var hasher = Hasher()
      hasher.combine(name)
      hasher.combine(namespace)
      hasher.combine(kind)
      hasher.combine(group)
      hash = hasher.finalize()
    }
  }

  private let parts: Parts

  package init(group: String, kind: String, namespace: String, name: String) {
    parts = Parts(group: group, kind: kind, namespace: namespace, name: name)
  }

  package var group: String { parts.group }
  package var kind: String { parts.kind }
  package var namespace: String { parts.namespace }
  package var name: String { parts.name }

  package var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

  /// `Deployment.apps web/api`, `Namespace prod`: kind, then namespace and name.
  package var description: String {
    namespace.isEmpty ? "\(groupKind) \(name)" : "\(groupKind) \(namespace)/\(name)"
  }

  package static func == (a: ObjectID, b: ObjectID) -> Bool {
    if a.parts === b.parts { return true }
    return a.parts.hash == b.parts.hash && a.name == b.name && a.namespace == b.namespace && a.kind == b.kind
      && a.group == b.group
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(parts.hash) }

  package static func < (a: ObjectID, b: ObjectID) -> Bool {
    if a.parts === b.parts { return false }
    return (a.group, a.kind, a.namespace, a.name) < (b.group, b.kind, b.namespace, b.name)
  }
}
