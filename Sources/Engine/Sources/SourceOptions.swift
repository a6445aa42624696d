package import Fleet
package import Kustomize
import Manifest

/// An Application's source settings as the renderer takes them.
package enum SourceOptions {
  /// - Throws: ``Failure`` for a tool that is not there.
  package static func render(_ source: ApplicationSource) throws -> RenderOptions {
    var options = RenderOptions()
    switch source.tool {
    case nil: break
    case .directory(let directory):
      options.directory.recurse = directory.recurse
      options.directory.include = directory.include
      options.directory.exclude = directory.exclude
      if directory.jsonnet != nil { throw unsupported("jsonnet") }
    case .kustomize(let node): options.kustomize = try kustomize(node)
    case .helm: break  // Rendered by ``Helm``.
    case .plugin: throw unsupported("config management plugins")
    }
    return options
  }

  /// What the result depends on beside the tree.
  static func identity(_ source: ApplicationSource) -> String {
    switch source.tool {
    case nil: ""
    case .directory(let directory): "directory \(directory.recurse) \(directory.include) \(directory.exclude)"
    case .kustomize(let node), .helm(let node), .plugin(let node): JSON.text(node, .init(sortsKeys: true))
    }
  }

  private static func unsupported(_ what: String) -> Failure {
    Failure("source.unsupported", subject: "source", stage: "render", "\(what) is not supported yet", retry: .never)
  }

  private static let known: Set<String> = [
    "namePrefix", "nameSuffix", "namespace", "commonLabels", "commonAnnotations", "images", "replicas", "patches",
    "components", "ignoreMissingComponents", "forceCommonLabels", "forceCommonAnnotations", "labelWithoutSelector",
    "labelIncludeTemplates", "kubeVersion", "apiVersions", "version", "commonAnnotationsEnvsubst",
  ]

  private static func kustomize(_ node: Node) throws -> KustomizeOptions {
    if let unknown = node.mapping?.keys.first(where: { !known.contains($0) }) {
      throw unsupported("kustomize.\(unknown)")
    }
    var options = KustomizeOptions()
    options.namePrefix = node["namePrefix"]?.string ?? ""
    options.nameSuffix = node["nameSuffix"]?.string ?? ""
    options.namespace = node["namespace"]?.string ?? ""
    options.commonLabels = texts(node["commonLabels"])
    options.commonAnnotations = texts(node["commonAnnotations"])
    options.images = (node["images"]?.sequence ?? []).compactMap(\.string)
    options.replicas = try (node["replicas"]?.sequence ?? []).map(replica)
    options.patches = (node["patches"]?.sequence ?? []).map(patch)
    options.components = (node["components"]?.sequence ?? []).compactMap(\.string)
    options.ignoreMissingComponents = node["ignoreMissingComponents"]?.bool ?? false
    options.forceCommonLabels = node["forceCommonLabels"]?.bool ?? false
    options.forceCommonAnnotations = node["forceCommonAnnotations"]?.bool ?? false
    options.labelWithoutSelector = node["labelWithoutSelector"]?.bool ?? false
    options.labelIncludeTemplates = node["labelIncludeTemplates"]?.bool ?? false
    return options
  }

  private static func texts(_ node: Node?) -> [String: String] {
    var texts: [String: String] = [:]
    for member in node?.mapping ?? Mapping() { texts[member.key] = member.value.string }
    return texts
  }

  private static func replica(_ node: Node) throws -> KustomizeOptions.Replica {
    guard let name = node["name"]?.string,
      let count = node["count"]?.int ?? node["count"]?.string.flatMap({ Int64($0) })
    else {
      throw Failure(
        "source.invalid", subject: "source", stage: "render",
        "an entry of 'kustomize.replicas' needs a name and a whole number as count", retry: .never)
    }
    return .init(name: name, count: count)
  }

  private static func patch(_ node: Node) -> KustomizeOptions.Patch {
    var patch = KustomizeOptions.Patch()
    patch.path = node["path"]?.string ?? ""
    patch.patch = node["patch"]?.string ?? ""
    patch.target = node["target"].map(texts)
    patch.allowNameChange = node["options"]?["allowNameChange"]?.bool ?? false
    patch.allowKindChange = node["options"]?["allowKindChange"]?.bool ?? false
    return patch
  }
}
