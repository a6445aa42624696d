import Manifest

/// The service accounts that a project's Applications are applied as: Argo CD's sync impersonation.
package struct DestinationServiceAccounts: Sendable, Equatable {
  private struct Entry: Sendable, Equatable {
    var server: ProjectPattern
    var namespace: ProjectPattern
    var account: String
  }

  /// Whose rights an apply has.
  package enum Identity: Sendable, Equatable {
    /// The hub's own: the project names no accounts.
    case hub
    /// `system:serviceaccount:NAMESPACE:NAME`.
    case user(String)
  }

  private var entries: [Entry]

  init(_ nodes: [Node]) {
    entries = nodes.map {
      Entry(
        server: ProjectPattern(
          Destination.normalized(server: $0["server"]?.string ?? ""), allowsDenial: false),
        namespace: ProjectPattern($0["namespace"]?.string ?? "", allowsDenial: false),
        account: ($0["defaultServiceAccount"]?.string ?? "").filter { $0 != " " })
    }
  }

  package var isEmpty: Bool { entries.isEmpty }

  /// The identity for a destination: the first entry whose server and namespace fit.
  ///
  /// An account without a namespace of its own is one of the destination's.
  /// - Returns: nil where accounts are named and none is for this destination; nothing may be applied then.
  package func identity(server: String, namespace: String) -> Identity? {
    guard !entries.isEmpty else { return .hub }
    let server = Destination.normalized(server: server)
    let found = entries.first { $0.server.covers(server) && $0.namespace.covers(namespace) }
    guard let account = found?.account, !account.isEmpty else { return nil }
    let parts = account.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      return .user("system:serviceaccount:\(namespace.isEmpty ? "default" : namespace):\(account)")
    }
    return .user("system:serviceaccount:\(parts[0]):\(parts[1])")
  }
}
