/// What an ApplicationSet expanded to last, by parameters: a change of one cluster fills one template anew.
///
/// Templates with random or date functions give what they gave until their parameters change.
package struct ExpansionMemory: Sendable {
  private struct Key: Hashable {
    var part: Int
    /// ``ParameterSet/name``
    var name: String
  }

  private var before: [Key: GeneratedApplication] = [:]
  private var now: [Key: GeneratedApplication] = [:]
  private var clusterSets: [Int: ClusterParameterSets] = [:]

  package init() {}

  mutating func begin() { now = Dictionary(minimumCapacity: before.count) }

  /// Forgets what was not asked for this time.
  mutating func end() {
    before = now
    now = [:]
  }

  mutating func takeClusterSets(part: Int) -> ClusterParameterSets {
    var sets = clusterSets.removeValue(forKey: part) ?? ClusterParameterSets()
    sets.begin()
    return sets
  }

  mutating func keep(_ sets: ClusterParameterSets, part: Int) { clusterSets[part] = sets }

  /// The Application that came of the same parameters, which is remembered on.
  mutating func application(of parameters: ParameterSet, part: Int) -> GeneratedApplication? {
    let key = Key(part: part, name: parameters.name)
    guard let known = before[key], known.parameters == parameters else { return nil }
    now[key] = known
    return known
  }

  mutating func note(_ application: GeneratedApplication, part: Int) {
    now[Key(part: part, name: application.parameters.name)] = application
  }
}

/// What a generator of clusters gave for each of them last.
struct ClusterParameterSets: Sendable {
  private struct Known {
    var cluster: Cluster
    var set: ParameterSet
  }

  /// Whom a selector chose among whom.
  private struct Choice {
    var registered: [Cluster]
    var selector: ParameterSelector
    /// Positions, ascending.
    var chosen: [Int]
  }

  private var before: [ClusterName: Known] = [:]
  private var now: [ClusterName: Known] = [:]
  private var choice: Choice?

  /// Positions of the clusters that the selector fits. Only those that are not the ones of last time are looked at.
  mutating func chosen(among registered: [Cluster], by selector: ParameterSelector) -> [Int] {
    var chosen: [Int]
    if let known = choice, known.selector == selector,
      let changed = Cluster.differences(known.registered, registered)
    {
      chosen = known.chosen
      if !changed.isEmpty {
        let others = Set(changed)
        chosen = chosen.filter { !others.contains($0) } + changed.filter { selector.admits(registered[$0].label) }
        chosen.sort()
      }
    } else {
      chosen = selector.positions(in: registered)
    }
    choice = Choice(registered: registered, selector: selector, chosen: chosen)
    return chosen
  }

  /// Forgets what was not asked for the last time.
  mutating func begin() {
    before = now
    now = Dictionary(minimumCapacity: before.count)
  }

  mutating func set(of cluster: Cluster) -> ParameterSet? {
    guard let known = before[cluster.name], known.cluster == cluster else { return nil }
    now[cluster.name] = known
    return known.set
  }

  mutating func note(_ set: ParameterSet, of cluster: Cluster) { now[cluster.name] = Known(cluster: cluster, set: set) }
}
