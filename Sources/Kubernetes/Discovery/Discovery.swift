package import Manifest

/// What an API server serves.
package struct Discovery: Sendable, Equatable {
  /// Preferred versions first within a group.
  private var byKind: [GroupKind: [APIResource]] = [:]
  /// Groups whose own server did not answer: absent kinds in them may exist all the same.
  package private(set) var staleGroups: Set<String> = []

  package init(_ resources: [APIResource] = [], staleGroups: Set<String> = []) {
    for resource in resources { byKind[resource.gvk.groupKind, default: []].append(resource) }
    self.staleGroups = staleGroups
  }

  package func resource(for gvk: GroupVersionKind) -> APIResource? {
    byKind[gvk.groupKind]?.first { $0.gvk.version == gvk.version }
  }

  /// The kind in the version that its server prefers.
  package func preferred(_ kind: GroupKind) -> APIResource? { byKind[kind]?.first }

  /// The versions in which a kind is served, preferred first.
  package func versions(of kind: GroupKind) -> [String] { (byKind[kind] ?? []).map(\.gvk.version) }

  package var resources: [APIResource] { byKind.values.flatMap(\.self).sorted { $0.gvk < $1.gvk } }
}

extension Discovery {
  /// Reads one answer of aggregated discovery (`APIGroupDiscoveryList`, KEP-3352).
  mutating func add(aggregated list: Node) {
    for group in list["items"]?.sequence ?? [] {
      let name = group["metadata"]?["name"]?.string ?? ""
      for version in group["versions"]?.sequence ?? [] {
        let versionName = version["version"]?.string ?? ""
        if version["freshness"]?.string == "Stale" { staleGroups.insert(name) }
        for resource in version["resources"]?.sequence ?? [] {
          guard let plural = resource["resource"]?.string, let kind = resource["responseKind"]?["kind"]?.string else {
            continue
          }
          let responseGroup = resource["responseKind"]?["group"]?.string ?? ""
          let responseVersion = resource["responseKind"]?["version"]?.string ?? ""
          add(
            APIResource(
              gvk: GroupVersionKind(
                group: responseGroup.isEmpty ? name : responseGroup,
                version: responseVersion.isEmpty ? versionName : responseVersion, kind: kind),
              plural: plural, isNamespaced: resource["scope"]?.string == "Namespaced",
              verbs: Self.texts(resource["verbs"]),
              subresources: Set(
                (resource["subresources"]?.sequence ?? []).compactMap { $0["subresource"]?.string })))
        }
      }
    }
  }

  /// Reads one `APIResourceList` of legacy discovery.
  mutating func add(legacy list: Node) {
    let groupVersion = list["groupVersion"]?.string ?? "v1"
    let all = list["resources"]?.sequence ?? []
    for resource in all {
      guard let plural = resource["name"]?.string, !plural.contains("/"), let kind = resource["kind"]?.string else {
        continue
      }
      let subresources = all.compactMap { $0["name"]?.string }.filter { $0.hasPrefix(plural + "/") }
        .map { String($0.dropFirst(plural.count + 1)) }
      add(
        APIResource(
          gvk: GroupVersionKind(apiVersion: groupVersion, kind: kind), plural: plural,
          isNamespaced: resource["namespaced"]?.bool ?? false, verbs: Self.texts(resource["verbs"]),
          subresources: Set(subresources)))
    }
  }

  mutating func markStale(_ group: String) { staleGroups.insert(group) }

  private mutating func add(_ resource: APIResource) {
    byKind[resource.gvk.groupKind, default: []].append(resource)
  }

  private static func texts(_ node: Node?) -> Set<String> { Set((node?.sequence ?? []).compactMap(\.string)) }
}

extension Discovery {
  /// This, with what `older` knew of the groups that are stale now.
  func keepingStale(from older: Discovery) -> Discovery {
    var merged = self
    for group in staleGroups {
      for (kind, resources) in older.byKind where kind.group == group && merged.byKind[kind] == nil {
        merged.byKind[kind] = resources
      }
    }
    return merged
  }

  func merging(_ other: Discovery) -> Discovery {
    var merged = self
    merged.byKind.merge(other.byKind) { mine, _ in mine }
    merged.staleGroups.formUnion(other.staleGroups)
    return merged
  }
}
