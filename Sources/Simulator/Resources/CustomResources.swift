import Manifest

/// Reads what a CustomResourceDefinition asks the server to serve.
enum CustomResources {
  /// The served versions of a definition, the storage version first, the rest in their order.
  static func types(of definition: Mapping) -> [ResourceType] {
    guard let spec = definition["spec"]?.mapping, let group = spec["group"]?.string,
      let names = spec["names"], let plural = names["plural"]?.string, let kind = names["kind"]?.string
    else { return [] }
    let versions = (spec["versions"]?.sequence ?? []).filter { $0["served"]?.bool == true }
    let stored = versions.filter { $0["storage"]?.bool == true } + versions.filter { $0["storage"]?.bool != true }
    return stored.compactMap { version in
      guard let name = version["name"]?.string else { return nil }
      return ResourceType(
        group: group, version: name, kind: kind, listKind: names["listKind"]?.string ?? kind + "List", plural: plural,
        singular: names["singular"]?.string ?? kind.lowercased(), shortNames: texts(names["shortNames"]),
        categories: texts(names["categories"]), isNamespaced: spec["scope"]?.string != "Cluster",
        verbs: ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
        subresources: subresources(of: version, group: group, version: name, kind: kind), isCustom: true,
        hasGeneration: true)
    }
  }

  /// The collection in which the instances of a definition are kept.
  static func resource(of definition: Mapping) -> GroupResource {
    GroupResource(
      group: definition["spec"]?["group"]?.string ?? "",
      resource: definition["spec"]?["names"]?["plural"]?.string ?? "")
  }

  private static func subresources(
    of node: Node, group: String, version: String, kind: String
  ) -> [ResourceType.Subresource] {
    let verbs = ["get", "patch", "update"]
    var subresources: [ResourceType.Subresource] = []
    if node["subresources"]?["status"]?.mapping != nil {
      subresources.append(.init(name: "status", group: group, version: version, kind: kind, verbs: verbs))
    }
    if node["subresources"]?["scale"]?.mapping != nil {
      subresources.append(.init(name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs: verbs))
    }
    return subresources
  }

  private static func texts(_ node: Node?) -> [String] { (node?.sequence ?? []).compactMap(\.string) }
}
