import Manifest

/// The order of `kubectl kustomize`: kinds that others need first, webhooks last.
struct LegacyOrder {
  static let first = [
    "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount", "PodSecurityPolicy",
    "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret", "Endpoints", "Service",
    "LimitRange", "PriorityClass", "PersistentVolume", "PersistentVolumeClaim", "Deployment", "StatefulSet", "CronJob",
    "PodDisruptionBudget",
  ]
  static let last = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]

  private static let standard = LegacyOrder(first: first, last: last)

  private let ranks: [String: Int]

  init(first: [String], last: [String]) {
    var ranks: [String: Int] = [:]
    for (position, kind) in first.enumerated() { ranks[kind] = position - first.count }
    for (position, kind) in last.enumerated() { ranks[kind] = position + 1 }
    self.ranks = ranks
  }

  func sort(_ set: inout ResourceSet) {
    let keyed = set.resources.map { (key: Key($0, rank: ranks[$0.gvk.kind] ?? 0), resource: $0) }
    set = ResourceSet(sorted: keyed.sorted { $0.key < $1.key }.map(\.resource))
  }

  /// What decides, most important first; texts by their bytes.
  private struct Key: Comparable {
    let rank: Int
    let kind: String
    let isNamespace: Bool
    let isCore: Bool
    let id: String

    init(_ resource: Resource, rank: Int) {
      let gvk = resource.gvk
      self.rank = rank
      kind = [gvk.group.isEmpty ? "~G" : gvk.group, gvk.version.isEmpty ? "~V" : gvk.version, gvk.kind]
        .joined(separator: "_")
      isNamespace = gvk.kind == "Namespace"
      isCore = gvk.group.isEmpty
      id =
        "\(gvk.kind).\(gvk.version.isEmpty ? "[noVer]" : gvk.version).\(gvk.group.isEmpty ? "[noGrp]" : gvk.group)"
        + "|\(resource.namespace.isEmpty ? "~X" : resource.namespace)|\(resource.name)"
    }

    static func < (a: Key, b: Key) -> Bool {
      if a.rank != b.rank { return a.rank < b.rank }
      if a.kind != b.kind {
        let isReversed = a.isNamespace && b.isNamespace && (a.isCore || b.isCore)
        return a.kind.utf8.lexicographicallyPrecedes(b.kind.utf8) != isReversed
      }
      return a.id.utf8.lexicographicallyPrecedes(b.id.utf8)
    }
  }

  /// The order of kinds in tables of field specs.
  static func isBefore(_ a: KindSelector, _ b: KindSelector) -> Bool {
    let ranks = (standard.ranks[a.kind] ?? 0, standard.ranks[b.kind] ?? 0)
    if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
    if a.group == b.group, a.version == b.version, !a.kind.isEmpty, !b.kind.isEmpty {
      return a.kind.utf8.lexicographicallyPrecedes(b.kind.utf8)
    }
    return text(a).utf8.lexicographicallyPrecedes(text(b).utf8)
  }

  private static func text(_ kind: KindSelector) -> String {
    [
      kind.group.isEmpty ? "~G" : kind.group, kind.version.isEmpty ? "~V" : kind.version,
      kind.kind.isEmpty ? "~K" : kind.kind,
    ].joined(separator: "_")
  }
}
