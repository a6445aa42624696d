import Crypto
import Manifest

/// The discovery documents of a catalog, legacy and aggregated (`apidiscovery.k8s.io/v2`).
struct DiscoveryDocuments {
  var catalog: ResourceCatalog

  init(catalog: ResourceCatalog) { self.catalog = catalog }

  /// `GET /api`.
  func coreVersions(serverAddress: String) -> Node {
    .mapping([
      "kind": .string("APIVersions"), "versions": .sequence([.string("v1")]),
      "serverAddressByClientCIDRs": .sequence([
        .mapping(["clientCIDR": .string("0.0.0.0/0"), "serverAddress": .string(serverAddress)])
      ]),
    ])
  }

  /// `GET /apis`.
  func groupList() -> Node {
    .mapping([
      "kind": .string("APIGroupList"), "apiVersion": .string("v1"),
      "groups": .sequence(catalog.groups.map { .mapping(Self.group($0.name, versions: $0.versions)) }),
    ])
  }

  /// `GET /apis/GROUP`; nil when the group is unknown.
  func group(named name: String) -> Node? {
    guard let group = catalog.groups.first(where: { $0.name == name }) else { return nil }
    var root: Mapping = ["kind": .string("APIGroup"), "apiVersion": .string("v1")]
    for member in Self.group(group.name, versions: group.versions) { root.append(member) }
    return .mapping(root)
  }

  /// `GET /api/v1`, `GET /apis/GROUP/VERSION`; nil when it is not served.
  func resourceList(group: String, version: String) -> Node? {
    let types = catalog.all.filter { $0.group == group && $0.version == version }
    guard !types.isEmpty else { return nil }
    var root: Mapping = ["kind": .string("APIResourceList")]
    if !group.isEmpty { root["apiVersion"] = .string("v1") }
    root["groupVersion"] = .string(group.isEmpty ? version : "\(group)/\(version)")
    root["resources"] = .sequence(types.flatMap(Self.legacyEntries))
    return .mapping(root)
  }

  /// `GET /api` and `GET /apis` of a client that asks for `as=APIGroupDiscoveryList`.
  func aggregated(core: Bool) -> Node {
    var items = core ? Self.builtInCore : Self.builtInGroups
    if !core { items += Self.aggregatedGroups(of: catalog.custom) }
    return .mapping([
      "kind": .string("APIGroupDiscoveryList"), "apiVersion": .string("apidiscovery.k8s.io/v2"),
      "metadata": .mapping([:]), "items": .sequence(items),
    ])
  }

  private static let builtInCore = aggregatedGroups(of: BuiltInResources.all.filter { $0.group.isEmpty })
  private static let builtInGroups = aggregatedGroups(of: BuiltInResources.all.filter { !$0.group.isEmpty })
}

extension DiscoveryDocuments {
  private static func group(_ name: String, versions: [String]) -> Mapping {
    let entries: [Node] = versions.map {
      .mapping(["groupVersion": .string("\(name)/\($0)"), "version": .string($0)])
    }
    return [
      "name": .string(name), "versions": .sequence(entries), "preferredVersion": entries.first ?? .null,
    ]
  }

  private static func legacyEntries(of type: ResourceType) -> [Node] {
    var entry: Mapping = [
      "name": .string(type.plural), "singularName": .string(type.singular),
      "namespaced": Node(.bool(type.isNamespaced)), "kind": .string(type.kind), "verbs": texts(type.verbs),
    ]
    if !type.shortNames.isEmpty { entry["shortNames"] = texts(type.shortNames) }
    if !type.categories.isEmpty { entry["categories"] = texts(type.categories) }
    if type.verbs.contains("update") { entry["storageVersionHash"] = .string(storageVersionHash(of: type)) }
    return [.mapping(entry)] + type.subresources.map { legacyEntry(of: $0, in: type) }
  }

  private static func legacyEntry(of subresource: ResourceType.Subresource, in type: ResourceType) -> Node {
    var entry: Mapping = [
      "name": .string("\(type.plural)/\(subresource.name)"), "singularName": .string(""),
      "namespaced": Node(.bool(type.isNamespaced)),
    ]
    if !subresource.group.isEmpty && subresource.group != type.group {
      entry["group"] = .string(subresource.group)
      entry["version"] = .string(subresource.version)
    }
    entry["kind"] = .string(subresource.kind)
    entry["verbs"] = texts(subresource.verbs)
    return .mapping(entry)
  }

  /// Source: apiserver's `StorageVersionHash`, the start of the SHA-256 of the storage version's kind.
  private static func storageVersionHash(of type: ResourceType) -> String {
    let storage = type.group == "events.k8s.io" ? "/v1/Event" : "\(type.group)/\(type.version)/\(type.kind)"
    return Base64.encode(Array(SHA256.hash(data: Array(storage.utf8)).prefix(8)))
  }

  private static func aggregatedGroups(of types: [ResourceType]) -> [Node] {
    var groups: [(name: String, versions: [(name: String, types: [ResourceType])])] = []
    for type in types {
      if groups.last?.name != type.group {
        guard !groups.contains(where: { $0.name == type.group }) else {
          append(type, to: &groups)
          continue
        }
        groups.append((type.group, []))
      }
      append(type, to: &groups)
    }
    return groups.map { group in
      .mapping([
        "metadata": .mapping(group.name.isEmpty ? [:] : ["name": .string(group.name)]),
        "versions": .sequence(
          group.versions.map { version in
            .mapping([
              "version": .string(version.name), "resources": .sequence(version.types.map(aggregatedEntry)),
              "freshness": .string("Current"),
            ])
          }),
      ])
    }
  }

  private static func append(
    _ type: ResourceType, to groups: inout [(name: String, versions: [(name: String, types: [ResourceType])])]
  ) {
    guard let group = groups.firstIndex(where: { $0.name == type.group }) else { return }
    if let version = groups[group].versions.firstIndex(where: { $0.name == type.version }) {
      groups[group].versions[version].types.append(type)
    } else {
      groups[group].versions.append((type.version, [type]))
    }
  }

  private static func aggregatedEntry(of type: ResourceType) -> Node {
    var entry: Mapping = [
      "resource": .string(type.plural),
      "responseKind": responseKind(
        group: type.isCustom ? type.group : "", version: type.isCustom ? type.version : "", kind: type.kind),
      "scope": .string(type.isNamespaced ? "Namespaced" : "Cluster"), "singularResource": .string(type.singular),
      "verbs": texts(type.verbs),
    ]
    if !type.shortNames.isEmpty { entry["shortNames"] = texts(type.shortNames) }
    if !type.categories.isEmpty { entry["categories"] = texts(type.categories) }
    if !type.subresources.isEmpty {
      entry["subresources"] = .sequence(
        type.subresources.map {
          .mapping([
            "subresource": .string($0.name),
            "responseKind": responseKind(group: $0.group, version: $0.version, kind: $0.kind),
            "verbs": texts($0.verbs),
          ])
        })
    }
    return .mapping(entry)
  }

  private static func responseKind(group: String, version: String, kind: String) -> Node {
    .mapping(["group": .string(group), "version": .string(version), "kind": .string(kind)])
  }

  private static func texts(_ texts: [String]) -> Node { .sequence(texts.map { .string($0) }) }
}
