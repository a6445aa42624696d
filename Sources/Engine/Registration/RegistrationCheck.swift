package import Fleet

/// Whether a cluster may be brought in, or get a new token: asked before anything is made there, when all that is known
/// of it is how it is reached and the uid of its `kube-system`.
package struct RegistrationCheck: Sendable {
  /// A cluster as the hub lists it.
  package struct Known: Sendable {
    package var name: String
    package var server: String
    /// Whether the hub keeps its credentials.
    package var isRegistered: Bool
    /// Of clusters whose credentials the hub has.
    package var clusterUID: String?

    package init(name: String, server: String, isRegistered: Bool, clusterUID: String?) {
      self.name = name
      self.server = server
      self.isRegistered = isRegistered
      self.clusterUID = clusterUID
    }
  }

  package struct Problem: Error, Sendable, Equatable {
    package var message: String
    /// What to do.
    package var help: String
  }

  private let known: [Known]
  private let way: String
  private let server: String
  private let uid: String

  /// - Parameters:
  ///   - way: what points at the cluster, as `context 'edge-1'`.
  ///   - uid: of the cluster's `kube-system`.
  package init(known: [Known], way: String, server: String, uid: String) {
    self.known = known
    self.way = way
    self.server = Destination.normalized(server: server)
    self.uid = uid
  }

  /// A new cluster, or one that is registered by this very name.
  package func registering(_ name: ClusterName) throws(Problem) {
    let name = name.text
    if let same = known.first(where: { $0.name == name }) {
      guard same.isRegistered else {
        throw Problem(
          message: "the fleet repository has a cluster \(name), with credentials of its own",
          help: "give another name, or write 'credentials: {registered: true}' in its manifest")
      }
      if let other = same.clusterUID, other != uid { throw anotherCluster(than: same) }
    }
    if let same = known.first(where: { $0.name != name && $0.clusterUID == uid }) {
      throw Problem(
        message: "\(pointed), which is registered as \(same.name) already",
        help: "muster cluster rotate \(same.name) renews its token; another name takes muster cluster unregister "
          + "\(same.name) first")
    }
    if let same = known.first(where: { $0.name != name && Destination.normalized(server: $0.server) == server }) {
      throw Problem(
        message: "\(pointed), which is the server of the cluster \(same.name)",
        help: "a cluster has one name; is another context meant? --context names it")
    }
  }

  /// A cluster that the hub has a token for.
  package func rotating(_ name: ClusterName) throws(Problem) {
    guard let same = known.first(where: { $0.name == name.text }) else {
      throw Problem(message: "no cluster is named '\(name)'", help: "muster cluster list")
    }
    guard same.isRegistered else {
      throw Problem(
        message: "the credentials of \(name) are those of its manifest; the hub keeps none",
        help: "renew them where the manifest says that they are")
    }
    guard let registered = same.clusterUID else {
      throw Problem(
        message: "\(name) was never registered: the hub has no token for it",
        help: "muster cluster register \(name)")
    }
    if registered != uid { throw anotherCluster(than: same) }
  }

  private var pointed: String { "\(way) points at \(server)" }

  private func anotherCluster(than meant: Known) -> Problem {
    let other = known.first { $0.clusterUID == uid }.map { ", the cluster \($0.name)" } ?? ""
    return Problem(
      message: "\(pointed)\(other), and not at the cluster that is registered as \(meant.name) (\(meant.server)); "
        + "nothing was made there",
      help: "--kubeconfig and --context say which cluster is meant; where \(meant.name) was made anew: "
        + "muster cluster unregister \(meant.name), then register it")
  }
}
