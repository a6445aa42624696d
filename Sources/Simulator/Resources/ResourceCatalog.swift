import Manifest

/// What one server serves: the built-in kinds, and those of its established CustomResourceDefinitions.
struct ResourceCatalog: Sendable {
  private struct Key: Hashable {
    var group: String
    var version: String
    var plural: String
  }

  /// Shared by all servers of the process.
  private static let builtIn = Dictionary(
    uniqueKeysWithValues: BuiltInResources.all.map {
      (Key(group: $0.group, version: $0.version, plural: $0.plural), $0)
    })
  private static let builtInKinds = Dictionary(
    uniqueKeysWithValues: BuiltInResources.all.map { ($0.groupVersionKind, $0) })

  /// In the order in which they were established.
  private(set) var custom: [ResourceType] = []

  init() {}

  var all: [ResourceType] { BuiltInResources.all + custom }

  func type(group: String, version: String, plural: String) -> ResourceType? {
    Self.builtIn[Key(group: group, version: version, plural: plural)]
      ?? custom.first { $0.group == group && $0.version == version && $0.plural == plural }
  }

  func type(of kind: GroupVersionKind) -> ResourceType? {
    Self.builtInKinds[kind] ?? custom.first { $0.groupVersionKind == kind }
  }

  /// Any version of the kind; the first one served is the preferred one.
  func type(of kind: GroupKind) -> ResourceType? {
    all.first { $0.group == kind.group && $0.kind == kind.kind }
  }

  func serves(group: String, version: String) -> Bool {
    all.contains { $0.group == group && $0.version == version }
  }

  /// Group names in discovery order with their versions, preferred first; the core group is left out.
  var groups: [(name: String, versions: [String])] {
    var groups: [(name: String, versions: [String])] = []
    for type in all where !type.group.isEmpty {
      if let position = groups.firstIndex(where: { $0.name == type.group }) {
        if !groups[position].versions.contains(type.version) { groups[position].versions.append(type.version) }
      } else {
        groups.append((type.group, [type.version]))
      }
    }
    return groups
  }

  /// Replaces what is served for the custom resource `resource`; none takes it away.
  mutating func serve(_ types: [ResourceType], for resource: GroupResource) {
    custom.removeAll { $0.groupResource == resource }
    custom.append(contentsOf: types)
  }
}
