package import Manifest

/// Where an Application's manifests come from, and the tool that renders them.
package struct ApplicationSource: Sendable, Equatable {
  /// Settings of at most one tool; nil lets the files decide (Chart.yaml, kustomization.yaml, else directory).
  package enum Tool: Sendable, Equatable {
    case helm(Node)
    case kustomize(Node)
    case directory(DirectoryOptions)
    case plugin(Node)
  }

  package var repoURL: String
  /// Inside the repository; empty for a chart or a pure reference.
  package var path: String
  /// Branch, tag, commit or version range; empty means HEAD.
  package var targetRevision: String
  package var chart: String
  /// The name by which other sources read this one's files (`$ref/…`); empty for none.
  package var ref: String
  package var name: String
  package var tool: Tool?
  /// Where the source stands in its file.
  package var mark: SourceMark

  /// An element of `sources`, of the right shape; fields that are not there are empty.
  package init(_ node: Node) {
    repoURL = node["repoURL"]?.string ?? ""
    path = node["path"]?.string ?? ""
    targetRevision = node["targetRevision"]?.string ?? ""
    chart = node["chart"]?.string ?? ""
    ref = node["ref"]?.string ?? ""
    name = node["name"]?.string ?? ""
    tool = Self.tool(node)
    mark = node.mark
  }

  /// Whether other sources read its files, and it gives no manifests of its own.
  package var isReference: Bool { !ref.isEmpty && path.isEmpty && chart.isEmpty }

  /// The blocks that choose a tool, by their field names.
  static let toolFields = ["helm", "kustomize", "directory", "plugin"]

  /// The source with a JSON merge patch over its tool's settings, as `.argocd-source.yaml` has one; what else the patch
  /// holds is not looked at (Argo CD, mergeSourceParameters).
  package func overridden(by patch: Node) -> ApplicationSource {
    var settings = Mapping()
    if let (field, node) = tool?.member { settings[field] = node }
    var wanted = Mapping()
    for field in Self.toolFields { wanted[field] = patch[field] }
    var source = self
    source.tool = Self.tool(MergePatch.apply(.mapping(wanted), to: .mapping(settings)))
    return source
  }

  private static func tool(_ node: Node) -> Tool? {
    if let helm = node["helm"]?.mapping, !helm.isEmpty { return .helm(.mapping(helm)) }
    if let kustomize = node["kustomize"]?.mapping, !kustomize.isEmpty { return .kustomize(.mapping(kustomize)) }
    if let directory = node["directory"], directory.mapping != nil { return .directory(DirectoryOptions(directory)) }
    if let plugin = node["plugin"]?.mapping, !plugin.isEmpty { return .plugin(.mapping(plugin)) }
    return nil
  }
}

extension ApplicationSource.Tool {
  /// Its field, and the settings in it.
  fileprivate var member: (field: String, node: Node) {
    switch self {
    case .helm(let node): ("helm", node)
    case .kustomize(let node): ("kustomize", node)
    case .directory(let options): ("directory", options.node)
    case .plugin(let node): ("plugin", node)
    }
  }
}

/// How a plain directory is read.
package struct DirectoryOptions: Sendable, Equatable {
  package var recurse: Bool
  /// Glob over paths relative to the source's path, where `*` crosses slashes; empty for all.
  package var include: String
  /// Tested before ``include``.
  package var exclude: String
  package var jsonnet: Node?

  package init(recurse: Bool = false, include: String = "", exclude: String = "", jsonnet: Node? = nil) {
    self.recurse = recurse
    self.include = include
    self.exclude = exclude
    self.jsonnet = jsonnet
  }

  fileprivate var node: Node {
    var mapping = Mapping()
    mapping["recurse"] = Node(.bool(recurse))
    mapping["include"] = .string(include)
    mapping["exclude"] = .string(exclude)
    mapping["jsonnet"] = jsonnet
    return .mapping(mapping)
  }

  init(_ node: Node) {
    recurse = node["recurse"]?.bool ?? false
    include = node["include"]?.string ?? ""
    exclude = node["exclude"]?.string ?? ""
    jsonnet = node["jsonnet"].flatMap { $0.isNull ? nil : $0 }
  }
}
