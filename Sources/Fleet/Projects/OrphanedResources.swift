package import Manifest

/// What a project wants to know of objects in its namespaces that belong to no Application.
package struct OrphanedResources: Sendable, Equatable {
  private struct Exclusion: Sendable, Equatable {
    var group: ProjectPattern
    /// Nil for every kind.
    var kind: ProjectPattern?
    /// Nil for every name.
    var name: ProjectPattern?
  }

  /// Whether they are a condition of the Applications there; they are listed anyway.
  package var warns: Bool
  private var exclusions: [Exclusion]

  init(_ node: Node) {
    warns = node["warn"]?.bool ?? true
    exclusions = (node["ignore"]?.sequence ?? []).map { entry in
      func pattern(_ key: String) -> ProjectPattern? {
        let text = entry[key]?.string ?? ""
        return text.isEmpty ? nil : ProjectPattern(text, allowsDenial: false)
      }
      return Exclusion(
        group: ProjectPattern(entry["group"]?.string ?? "", allowsDenial: false), kind: pattern("kind"),
        name: pattern("name"))
    }
  }

  /// Whether the object is none to speak of: the project says so, or every namespace has it by itself.
  package func ignores(_ id: ObjectID) -> Bool {
    if Self.isAlwaysThere(id) { return true }
    return exclusions.contains { entry in
      entry.group.covers(id.group) && entry.kind?.covers(id.kind) != false && entry.name?.covers(id.name) != false
    }
  }

  private static func isAlwaysThere(_ id: ObjectID) -> Bool {
    guard id.group.isEmpty else { return false }
    switch (id.kind, id.name) {
    case ("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt"): return true
    case ("Service", "kubernetes"): return id.namespace == "default"
    default: return false
    }
  }
}
