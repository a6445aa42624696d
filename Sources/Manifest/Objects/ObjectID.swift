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
package struct ObjectID: Sendable, Hashable, Comparable, CustomStringConvertible {
  package var group: String
  package var kind: String
  package var namespace: String
  package var name: String

  package init(group: String, kind: String, namespace: String, name: String) {
    self.group = group
    self.kind = kind
    self.namespace = namespace
    self.name = name
  }

  package var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

  /// `Deployment.apps web/api`, `Namespace prod`: kind, then namespace and name.
  package var description: String {
    namespace.isEmpty ? "\(groupKind) \(name)" : "\(groupKind) \(namespace)/\(name)"
  }

  package static func < (a: ObjectID, b: ObjectID) -> Bool {
    (a.group, a.kind, a.namespace, a.name) < (b.group, b.kind, b.namespace, b.name)
  }
}
