package import Manifest

/// What a group of Applications may use: Argo CD's `AppProject`, parsed and checked.
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
  package var sourceRepositories: [String]
  package var destinations: [AllowedDestination]
  package var clusterResourceWhitelist: [GroupKind]
  package var clusterResourceBlacklist: [GroupKind]
  /// Nil when the manifest says nothing, which allows all.
  package var namespaceResourceWhitelist: [GroupKind]?
  package var namespaceResourceBlacklist: [GroupKind]
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

  private init(_ node: Node, origin: SourceLocation) {
    let spec = node["spec"] ?? .null
    name = node["metadata"]?["name"]?.string ?? ""
    namespace = node["metadata"]?["namespace"]?.string ?? ""
    description = spec["description"]?.string ?? ""
    sourceRepositories = spec["sourceRepos"].texts
    destinations = (spec["destinations"]?.sequence ?? []).map(Self.destination)
    clusterResourceWhitelist = Self.kinds(spec["clusterResourceWhitelist"]) ?? []
    clusterResourceBlacklist = Self.kinds(spec["clusterResourceBlacklist"]) ?? []
    namespaceResourceWhitelist = Self.kinds(spec["namespaceResourceWhitelist"])
    namespaceResourceBlacklist = Self.kinds(spec["namespaceResourceBlacklist"]) ?? []
    sourceNamespaces = spec["sourceNamespaces"].texts
    permitOnlyProjectScopedClusters = spec["permitOnlyProjectScopedClusters"]?.bool ?? false
    root = node.mapping ?? Mapping()
    self.origin = origin
  }

  static func destination(_ node: Node) -> AllowedDestination {
    AllowedDestination(
      server: node["server"]?.string ?? "", name: node["name"]?.string ?? "",
      namespace: node["namespace"]?.string ?? "")
  }

  private static func kinds(_ node: Node?) -> [GroupKind]? {
    node?.sequence?.map { GroupKind(group: $0["group"]?.string ?? "", kind: $0["kind"]?.string ?? "") }
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
