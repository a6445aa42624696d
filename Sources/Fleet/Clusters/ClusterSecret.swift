package import Manifest

/// Reads Argo CD's cluster Secrets: label `argocd.argoproj.io/secret-type: cluster`, keys `name`, `server`, `config`.
package enum ClusterSecret {
  package static let typeLabel = "argocd.argoproj.io/secret-type"
  package static let typeValue = "cluster"

  static let shape = Shape.object(
    [
      "apiVersion": .string, "kind": .string, "metadata": .metadata, "type": .string, "immutable": .boolean,
      "data": .stringMapping, "stringData": .stringMapping,
    ], required: ["metadata"])

  package static func isOne(_ node: Node) -> Bool {
    node["kind"]?.string == "Secret" && node["metadata"]?["labels"]?[typeLabel]?.string == typeValue
  }

  package static func read(_ node: Node, file: String) -> Reading<Cluster> {
    var node = node
    var check = ShapeCheck(file: file)
    check.check(&node, shape)
    var reader = SecretReader(node: node, file: file)
    let cluster = reader.read()
    return Reading(check.diagnostics + reader.diagnostics) { cluster }
  }
}

/// One reading of one cluster Secret.
private struct SecretReader {
  let node: Node
  let file: String
  var rules: ClusterRules
  private var problems: [Diagnostic] = []

  init(node: Node, file: String) {
    self.node = node
    self.file = file
    rules = ClusterRules(file: file)
  }

  var diagnostics: [Diagnostic] { rules.diagnostics + problems }

  mutating func read() -> Cluster? {
    let server = field("server")
    if server?.string?.isEmpty ?? true {
      rules.report("cluster.no-server", "the cluster Secret has no server", node)
    }
    rules.checkServer(server)
    // Argo CD calls a cluster without a name by its server.
    let name = field("name").flatMap { $0.string?.isEmpty ?? true ? nil : $0 } ?? server
    rules.checkName(name, isDNS: false, in: node)
    guard let name = name?.string.flatMap(ClusterName.init) else { return nil }
    let metadata = node["metadata"] ?? .null
    let namespaces = (field("namespaces")?.string ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
    return Cluster(
      name: name, connection: Cluster.Connection(server: server?.string ?? ""),
      credentials: .inline(InlineCredentials()), labels: metadata["labels"].textMembers,
      annotations: metadata["annotations"].textMembers, project: field("project")?.string ?? "",
      namespaces: namespaces.filter { !$0.isEmpty },
      clusterResources: namespaces.isEmpty || field("clusterResources")?.string == "true",
      origin: SourceLocation(file: file, mark: node.mark),
      labelsMark: metadata["labels"]?.mark ?? metadata.mark)
  }

  /// A key of the Secret as text: `stringData` wins over `data`, as on an API server.
  private mutating func field(_ key: String) -> Node? {
    if let plain = node["stringData"]?[key], plain.string != nil { return plain }
    guard let coded = node["data"]?[key], let text = coded.string else { return nil }
    guard let bytes = Base64.decode(text), let decoded = String(validating: bytes, as: UTF8.self) else {
      rules.report("cluster.bad-secret", "data.\(key) is not base64 of UTF-8 text", coded)
      return nil
    }
    return Node(.string(decoded), mark: coded.mark)
  }
}
