package import Manifest

/// Reads `kind: Cluster, apiVersion: muster.dev/v1alpha1`: a cluster whose credentials are references.
package enum ClusterManifest {
  package static let apiVersion = "muster.dev/v1alpha1"
  package static let kind = "Cluster"

  static let shape = Shape.object(
    ["apiVersion": .string, "kind": .string, "metadata": .metadata, "spec": spec], required: ["metadata", "spec"])

  private static let spec = Shape.object(
    [
      "server": .string, "caData": .string, "caFile": .string, "tlsServerName": .string,
      "insecureSkipTLSVerify": .boolean, "proxyURL": .string, "credentials": credentials, "cordoned": .boolean,
      "project": .string, "namespaces": .strings, "clusterResources": .boolean,
    ], required: ["credentials"])

  private static let credentials = Shape.object([
    "kubeconfig": .object(["path": .string, "context": .string]), "tokenFile": .string,
    "registered": .boolean, "inCluster": .boolean, "exec": exec,
  ])

  private static let exec = Shape.object(
    [
      "apiVersion": .string, "command": .string, "args": .strings,
      "env": .list(.object(["name": .string, "value": .string], required: ["name"])), "installHint": .string,
    ], required: ["command"])

  package static func read(_ node: Node, file: String) -> Reading<Cluster> {
    var node = node
    var check = ShapeCheck(file: file)
    check.check(&node, shape)
    var rules = ClusterRules(file: file)
    let spec = node["spec"] ?? .null
    rules.checkName(node["metadata"]?["name"], isDNS: true, in: node)
    let server = spec["server"].flatMap { $0.isNull || $0.string?.isEmpty == true ? nil : $0 }
    rules.checkServer(server)
    rules.checkProxy(spec["proxyURL"])
    let ca = rules.certificates(spec["caData"])
    rules.checkTrust(spec, insecure: spec["insecureSkipTLSVerify"]?.bool ?? false)
    let reference = rules.reference(spec["credentials"])
    if server == nil, spec.mapping != nil, reference != .inCluster {
      rules.report("cluster.no-server", "the cluster has no server", spec)
    }
    return Reading(check.diagnostics + rules.diagnostics) {
      guard let name = node["metadata"]?["name"]?.string.flatMap(ClusterName.init), let reference else { return nil }
      var cluster = cluster(named: name, node, reference, file: file)
      cluster.connection.caData = ca
      return cluster
    }
  }

  private static func cluster(
    named name: ClusterName, _ node: Node, _ reference: CredentialsReference, file: String
  ) -> Cluster {
    let spec = node["spec"] ?? .null
    let metadata = node["metadata"] ?? .null
    var connection = Cluster.Connection(server: spec["server"].filledText ?? Destination.localServer)
    connection.caFile = spec["caFile"].filledText
    connection.tlsServerName = spec["tlsServerName"].filledText
    connection.insecureSkipTLSVerify = spec["insecureSkipTLSVerify"]?.bool ?? false
    connection.proxyURL = spec["proxyURL"].filledText.map { Redacted($0) }
    return Cluster(
      name: name, connection: connection, credentials: reference, labels: metadata["labels"].textMembers,
      annotations: metadata["annotations"].textMembers, project: spec["project"]?.string ?? "",
      namespaces: spec["namespaces"].texts, clusterResources: spec["clusterResources"]?.bool ?? true,
      cordoned: spec["cordoned"]?.bool ?? false, origin: SourceLocation(file: file, mark: node.mark),
      labelsMark: metadata["labels"]?.mark ?? metadata.mark)
  }
}
