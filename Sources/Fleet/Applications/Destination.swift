/// The cluster and namespace that an Application is applied to: exactly one of server and name says which cluster.
package struct Destination: Sendable, Hashable {
  /// The API server's URL, without a trailing slash; empty when ``name`` says the cluster.
  package var server: String
  /// The cluster's name; empty when ``server`` says the cluster.
  package var name: String
  /// Given to namespaced objects that name none; may be empty.
  package var namespace: String

  package init(server: String = "", name: String = "", namespace: String = "") {
    self.server = Self.normalized(server: server)
    self.name = name
    self.namespace = namespace
  }

  /// Argo CD's own cluster: what `https://kubernetes.default.svc` and the name `in-cluster` mean.
  package static let localServer = "https://kubernetes.default.svc"
  package static let localName = "in-cluster"

  /// Servers are compared without trailing slashes.
  package static func normalized(server: String) -> String {
    var text = Substring(server)
    while text.hasSuffix("/") { text = text.dropLast() }
    return String(text)
  }
}
