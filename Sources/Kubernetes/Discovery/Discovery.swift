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

extension KubernetesClient {
  private static let aggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

  /// Asks what is served: two requests where the server aggregates, else one a group version.
  ///
  /// A group that does not answer is noted as stale, not failed.
  package func discover() async throws -> Discovery {
    var discovery = Discovery()
    for root in ["/api", "/apis"] {
      let answer = try await send(APIRequest(path: root, accept: Self.aggregated))
      if answer["kind"]?.string == "APIGroupDiscoveryList" {
        discovery.add(aggregated: answer)
      } else {
        try await addLegacy(root: root, answer, to: &discovery)
      }
    }
    return discovery
  }

  private func addLegacy(root: String, _ answer: Node, to discovery: inout Discovery) async throws {
    for path in Self.legacyPaths(root: root, answer) {
      do {
        discovery.add(legacy: try await send(APIRequest(path: path)))
      } catch let error as APIError where [.server, .busy, .notFound].contains(error.kind) {
        discovery.markStale(String(path.split(separator: "/").dropFirst().first ?? ""))
      }
    }
  }

  /// `/api/v1`, or each group's versions with the preferred one first.
  private static func legacyPaths(root: String, _ answer: Node) -> [String] {
    if root == "/api" { return (answer["versions"]?.sequence ?? []).compactMap(\.string).map { "/api/" + $0 } }
    return (answer["groups"]?.sequence ?? []).flatMap { group -> [String] in
      let preferred = group["preferredVersion"]?["groupVersion"]?.string
      let all = (group["versions"]?.sequence ?? []).compactMap { $0["groupVersion"]?.string }
      return ([preferred].compactMap(\.self) + all.filter { $0 != preferred }).map { "/apis/" + $0 }
    }
  }
}
