package import Manifest

/// A project's allow and deny lists of kinds: patterns of Go's `path.Match`; the deny lists win.
package struct ResourceRules: Sendable, Equatable {
  package struct Entry: Sendable, Hashable {
    package var group: String
    package var kind: String
    /// Of cluster-scoped objects only; empty for all names.
    package var name: String
  }

  /// Nothing is permitted where the list is empty or absent.
  package var clusterAllowed: [Entry]
  package var clusterDenied: [Entry]
  /// Nil permits everything; an empty list permits nothing.
  package var namespacedAllowed: [Entry]?
  package var namespacedDenied: [Entry]

  init(_ spec: Node) {
    clusterAllowed = Self.entries(spec["clusterResourceWhitelist"]) ?? []
    clusterDenied = Self.entries(spec["clusterResourceBlacklist"]) ?? []
    namespacedAllowed = Self.entries(spec["namespaceResourceWhitelist"])
    namespacedDenied = Self.entries(spec["namespaceResourceBlacklist"]) ?? []
  }

  private static func entries(_ node: Node?) -> [Entry]? {
    node?.sequence?.map {
      Entry(
        group: $0["group"]?.string ?? "", kind: $0["kind"]?.string ?? "", name: $0["name"]?.string ?? "")
    }
  }

  /// Whether objects of the kind may be there, by name where they are cluster-scoped.
  package func permits(_ kind: GroupKind, name: String, isNamespaced: Bool) -> Bool {
    if isNamespaced {
      return (namespacedAllowed.map { Self.has($0, kind, nil) } ?? true) && !Self.has(namespacedDenied, kind, nil)
    }
    return Self.has(clusterAllowed, kind, name) && !Self.has(clusterDenied, kind, name)
  }

  private static func has(_ entries: [Entry], _ kind: GroupKind, _ name: String?) -> Bool {
    entries.contains { entry in
      fits(entry.kind, kind.kind) && fits(entry.group, kind.group)
        && (name.map { entry.name.isEmpty || fits(entry.name, $0) } ?? true)
    }
  }

  private static func fits(_ pattern: String, _ text: String) -> Bool {
    pattern == "*" || pattern == text || GlobPattern(pattern)?.matches(text) == true
  }
}
