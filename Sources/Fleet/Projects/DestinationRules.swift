import Manifest

/// A project's `destinations`: globs over server or name, and namespace, in which `*` stops at nothing; `!` denies.
package struct DestinationRules: Sendable, Equatable {
  /// As written, but for trailing slashes of servers.
  package let entries: [AppProject.AllowedDestination]
  private let rules: [Rule]

  private struct Rule: Sendable, Equatable {
    var server: ProjectPattern
    var name: ProjectPattern
    var namespace: ProjectPattern
  }

  package init(_ entries: [AppProject.AllowedDestination]) {
    self.entries = entries
    rules = entries.map {
      Rule(server: ProjectPattern($0.server), name: ProjectPattern($0.name), namespace: ProjectPattern($0.namespace))
    }
  }

  /// Whether a cluster's namespace is permitted. An entry matches when the server or the name does, and the namespace.
  ///
  /// As Argo CD has it, quirks included (AppProject.isDestinationMatched): a name that an entry denies is denied whatever
  /// that entry's namespace; a denied server only where the entry's namespace matches; a denied namespace only where the
  /// entry's server does.
  package func permits(server: String, name: String, namespace: String) -> Bool {
    var isPermitted = false
    for rule in rules {
      let hasServer = !server.isEmpty && rule.server.matches(server)
      let hasName = !name.isEmpty && rule.name.matches(name)
      let hasNamespace = rule.namespace.matches(namespace)
      if (hasServer || hasName) && hasNamespace {
        isPermitted = true
      } else if !hasName && rule.name.isDenial || !hasServer && rule.server.isDenial && hasNamespace
        || !hasNamespace && rule.namespace.isDenial && hasServer
      {
        return false
      }
    }
    return isPermitted
  }
}
