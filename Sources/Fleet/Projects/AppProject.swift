package import Manifest

/// What a group of Applications may use: Argo CD's `AppProject`, parsed and checked.
///
/// Every question to it is a pure function; see the extensions in this folder and docs/projects.md.
package struct AppProject: Sendable, Equatable {
  package struct AllowedDestination: Sendable, Hashable {
    package var server: String
    package var name: String
    package var namespace: String
  }

  package static let kind = "AppProject"

  package var name: String
  package var namespace: String
  package var description: String
  /// Glob patterns; a leading `!` denies.
  package var sourceRepositories: [String] { sources.patterns }
  package var sources: SourceRules
  package var destinations: DestinationRules
  package var resources: ResourceRules
  package var windows: SyncWindows
  /// Nil when orphaned objects are not looked for.
  package var orphanedResources: OrphanedResources?
  package var serviceAccounts: DestinationServiceAccounts
  package var sourceNamespaces: [String]
  package var permitOnlyProjectScopedClusters: Bool
  package var root: Mapping
  package var origin: SourceLocation

  package static func read(_ node: Node, file: String) -> Reading<AppProject> {
    var node = node
    var check = ShapeCheck(file: file)
    check.check(&node, .appProject)
    var rules = AppProjectRules(file: file)
    rules.check(node)
    return Reading(check.diagnostics + rules.diagnostics) {
      AppProject(node, origin: SourceLocation(file: file, mark: node.mark))
    }
  }

  /// The project `default` where nobody declares it: it permits everything, as Argo CD's own does until it is edited.
  package static let open = AppProject(
    .mapping([
      "metadata": .mapping(["name": .string("default")]),
      "spec": .mapping([
        "sourceRepos": .sequence([.string("*")]),
        "destinations": .sequence([.mapping(["server": .string("*"), "namespace": .string("*")])]),
        "clusterResourceWhitelist": .sequence([.mapping(["group": .string("*"), "kind": .string("*")])]),
      ]),
    ]), origin: SourceLocation(file: ""))

  private init(_ node: Node, origin: SourceLocation) {
    let spec = node["spec"] ?? .null
    name = node["metadata"]?["name"]?.string ?? ""
    namespace = node["metadata"]?["namespace"]?.string ?? ""
    description = spec["description"]?.string ?? ""
    sources = SourceRules(spec["sourceRepos"].texts)
    destinations = DestinationRules((spec["destinations"]?.sequence ?? []).map(Self.destination))
    resources = ResourceRules(spec)
    windows = SyncWindows((spec["syncWindows"]?.sequence ?? []).map { SyncWindow($0) })
    orphanedResources = spec["orphanedResources"]?.mapping.map { OrphanedResources(.mapping($0)) }
    serviceAccounts = DestinationServiceAccounts(spec["destinationServiceAccounts"]?.sequence ?? [])
    sourceNamespaces = spec["sourceNamespaces"].texts
    permitOnlyProjectScopedClusters = spec["permitOnlyProjectScopedClusters"]?.bool ?? false
    root = node.mapping ?? Mapping()
    self.origin = origin
  }

  static func destination(_ node: Node) -> AllowedDestination {
    AllowedDestination(
      server: Destination.normalized(server: node["server"]?.string ?? ""), name: node["name"]?.string ?? "",
      namespace: node["namespace"]?.string ?? "")
  }
}

extension Shape {
  static let appProject = Shape.object(
    ["apiVersion": .string, "kind": .string, "metadata": .metadata, "spec": .appProjectSpec, "status": .anyMapping],
    required: ["metadata", "spec"])

  private static let groupKinds = Shape.list(.object(["group": .string, "kind": .string, "name": .string]))

  private static let appProjectSpec = Shape.object([
    "description": .string, "sourceRepos": .strings,
    "destinations": .list(.destination),
    "roles": .list(
      .object(
        [
          "name": .string, "description": .string, "policies": .strings, "groups": .strings,
          "jwtTokens": .list(.object(["iat": .integer, "exp": .integer, "id": .string])),
        ], required: ["name"])),
    "clusterResourceWhitelist": .groupKinds, "clusterResourceBlacklist": .groupKinds,
    "namespaceResourceWhitelist": .groupKinds, "namespaceResourceBlacklist": .groupKinds,
    "orphanedResources": .object([
      "warn": .boolean, "ignore": .list(.object(["group": .string, "kind": .string, "name": .string])),
    ]),
    "syncWindows": .list(
      .object([
        "kind": .keyword(["allow", "deny"]), "schedule": .string, "duration": .string, "applications": .strings,
        "namespaces": .strings, "clusters": .strings, "manualSync": .boolean, "timeZone": .string,
        "andOperator": .boolean, "useAndOperator": .boolean, "description": .string, "syncOverrun": .boolean,
      ])),
    "signatureKeys": .list(.object(["keyID": .string])), "sourceIntegrity": .anyMapping,
    "sourceNamespaces": .strings, "permitOnlyProjectScopedClusters": .boolean,
    "destinationServiceAccounts": .list(
      .object(["server": .string, "namespace": .string, "defaultServiceAccount": .string])),
  ])
}
