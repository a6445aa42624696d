import Manifest

/// Enough OpenAPI for kubectl: which kinds there are, and that their writes are validated by the server.
extension APIServer {
  func answerOpenAPI(_ parts: [String], accept: String) -> APIAnswer {
    guard parts.count >= 2, parts[1] == "v3" else { return .pageNotFound }
    if parts.count == 2 { return Self.json(openAPIIndex()) }
    let path = parts.dropFirst(2)
    let (group, version): (String, String)
    switch (path.first, path.count) {
    case ("api", 2): (group, version) = ("", path[path.startIndex + 1])
    case ("apis", 3): (group, version) = (path[path.startIndex + 1], path[path.startIndex + 2])
    default: return .pageNotFound
    }
    let types = catalog.all.filter { $0.group == group && $0.version == version }
    return types.isEmpty ? .pageNotFound : Self.json(Self.openAPIDocument(types))
  }

  private func openAPIIndex() -> Node {
    var paths = Mapping()
    for type in catalog.all {
      let path = type.group.isEmpty ? "api/\(type.version)" : "apis/\(type.group)/\(type.version)"
      paths[path] = .mapping(["serverRelativeURL": .string("/openapi/v3/\(path)?hash=1")])
    }
    return .mapping(["paths": .mapping(paths)])
  }

  private static func openAPIDocument(_ types: [ResourceType]) -> Node {
    var paths = Mapping()
    var schemas = Mapping()
    for type in types {
      let base = type.group.isEmpty ? "/api/\(type.version)" : "/apis/\(type.group)/\(type.version)"
      let collection = base + (type.isNamespaced ? "/namespaces/{namespace}/" : "/") + type.plural
      let kind: Node = .mapping([
        "group": .string(type.group), "version": .string(type.version), "kind": .string(type.kind),
      ])
      paths[collection] = .mapping(["post": operation("post", kind)])
      paths[collection + "/{name}"] = .mapping([
        "get": operation("get", kind), "put": operation("put", kind), "patch": operation("patch", kind),
      ])
      schemas[schemaName(of: type)] = .mapping([
        "type": .string("object"), "x-kubernetes-preserve-unknown-fields": Node(.bool(true)),
        "properties": .mapping([
          "apiVersion": .mapping(["type": .string("string")]), "kind": .mapping(["type": .string("string")]),
          "metadata": .mapping(["type": .string("object")]),
        ]),
        "x-kubernetes-group-version-kind": .sequence([kind]),
      ])
    }
    return .mapping([
      "openapi": .string("3.0.0"),
      "info": .mapping(["title": .string("Kubernetes"), "version": .string("v1.36.2")]),
      "paths": .mapping(paths), "components": .mapping(["schemas": .mapping(schemas)]),
    ])
  }

  private static func schemaName(of type: ResourceType) -> String {
    let group = type.group.isEmpty ? "core" : type.group.split(separator: ".").first.map(String.init) ?? type.group
    return "io.k8s.api.\(group).\(type.version).\(type.kind)"
  }

  private static func operation(_ action: String, _ kind: Node) -> Node {
    let parameters = (action == "get" ? [] : ["dryRun", "fieldManager", "fieldValidation"]).map { name in
      Node.mapping([
        "name": .string(name), "in": .string("query"),
        "schema": .mapping(["type": .string("string"), "uniqueItems": Node(.bool(true))]),
      ])
    }
    return .mapping([
      "x-kubernetes-action": .string(action), "x-kubernetes-group-version-kind": kind,
      "parameters": .sequence(parameters), "responses": .mapping([:]),
    ])
  }
}
