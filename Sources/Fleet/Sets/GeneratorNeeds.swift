import Manifest

/// What an ApplicationSet's generators look at, read off its manifest.
package struct GeneratorNeeds: Sendable {
  /// Seconds after which what was asked outside is asked again, unless somebody told of a change; nil for never.
  package let requeueInterval: Double?
  /// Whether ConfigMaps, Secrets or decision resources of the control namespace have a say.
  package let readsObjects: Bool
  /// Label selectors of the cluster generators that are known before anything runs.
  private let selectors: [ParameterSelector]
  /// Whether some generator looks at clusters in a way that only running it can tell.
  private let seesAllClusters: Bool

  /// Argo CD's own: hosting services and plugins are asked every half hour.
  private static let slowInterval = 1_800.0

  package init(_ set: ApplicationSet) {
    var intervals: [Double] = []
    var readsObjects = false
    var seesAll = false
    var selectors: [ParameterSelector] = []
    for generator in set.generators.flatMap(\.generators).flatMap(Self.withChildren) {
      if let interval = Self.interval(of: generator) { intervals.append(interval) }
      switch generator.kind {
      case .plugin, .pullRequest, .scmProvider: readsObjects = true
      case .clusterDecisionResource:
        readsObjects = true
        seesAll = true
      case .clusters(let node):
        if let selector = Self.selector(of: node) { selectors.append(selector) } else { seesAll = true }
      case .list, .git, .matrix, .merge: break
      }
    }
    requeueInterval = intervals.min()
    self.readsObjects = readsObjects
    seesAllClusters = seesAll
    self.selectors = selectors
  }

  /// Whether a cluster that was `before` and is `after` may change what the set expands to.
  ///
  /// A name or server that comes or goes concerns every set, for destinations are looked up.
  package func concerns(from before: Cluster?, to after: Cluster?) -> Bool {
    guard let before, let after, before.server == after.server else { return true }
    if before.labels == after.labels, before.annotations == after.annotations, before.project == after.project {
      return false
    }
    return seesAllClusters || selectors.contains { $0.admits(before.label) || $0.admits(after.label) }
  }

  private static func withChildren(_ generator: Generator) -> [Generator] {
    switch generator.kind {
    case .matrix(_, let children), .merge(_, _, let children):
      [generator] + children.flatMap(\.generators).flatMap(withChildren)
    default: [generator]
    }
  }

  /// Git repositories are polled by their mirrors; only who asks for it has them looked at by a clock.
  private static func interval(of generator: Generator) -> Double? {
    switch generator.kind {
    case .git(let node), .clusterDecisionResource(let node): seconds(node)
    case .plugin(let node), .pullRequest(let node), .scmProvider(let node): seconds(node) ?? slowInterval
    case .list, .clusters, .matrix, .merge: nil
    }
  }

  private static func seconds(_ node: Node) -> Double? {
    guard let seconds = node["requeueAfterSeconds"]?.int, seconds > 0 else { return nil }
    return Double(min(seconds, 7 * 86_400))
  }

  /// Nil where the selector holds templates, or cannot be read.
  private static func selector(of node: Node) -> ParameterSelector? {
    let (selector, problems) = ParameterSelector.read(node["selector"], values: .labels, file: "")
    return problems.isEmpty ? selector : nil
  }
}

/// What became another in the registry, cluster by cluster.
package struct RegistryNews: Sendable {
  private let changes: [(before: Cluster?, after: Cluster?)]
  /// Names or servers that several claim became others, which decides over destinations.
  private let claimsChanged: Bool

  package var isEmpty: Bool { changes.isEmpty && !claimsChanged }

  package init(from before: Registry, to after: Registry) {
    let (old, new) = (before.clusters, after.clusters)
    changes = Self.changesInPlace(old, new) ?? Self.changes(old, new)
    claimsChanged = before.ambiguousNames != after.ambiguousNames || before.sharedServers != after.sharedServers
  }

  /// The everyday case: no cluster came or went. Nil for other ones.
  private static func changesInPlace(_ old: [Cluster], _ new: [Cluster]) -> [(before: Cluster?, after: Cluster?)]? {
    guard let positions = Cluster.differences(old, new), positions.allSatisfy({ old[$0].name == new[$0].name }) else {
      return nil
    }
    return positions.filter { old[$0] != new[$0] }.map { (old[$0], new[$0]) }
  }

  private static func changes(_ old: [Cluster], _ new: [Cluster]) -> [(before: Cluster?, after: Cluster?)] {
    var changes: [(before: Cluster?, after: Cluster?)] = []
    var (left, right) = (0, 0)
    // Both are sorted by name: one walk over both, by index, for clusters are dear to copy.
    while left < old.count || right < new.count {
      if left < old.count, right < new.count, old[left].name == new[right].name {
        if old[left] != new[right] { changes.append((old[left], new[right])) }
        left += 1
        right += 1
      } else if left == old.count || right < new.count && new[right].name < old[left].name {
        changes.append((nil, new[right]))
        right += 1
      } else {
        changes.append((old[left], nil))
        left += 1
      }
    }
    return changes
  }

  package func concerns(_ needs: GeneratorNeeds) -> Bool {
    claimsChanged || changes.contains { needs.concerns(from: $0.before, to: $0.after) }
  }
}

extension Cluster {
  /// A label as selectors of cluster generators see it: Argo CD's own mark of cluster Secrets among them.
  package func label(_ key: String) -> String? {
    labels[key] ?? (key == ClusterSecret.typeLabel ? ClusterSecret.typeValue : nil)
  }
}
