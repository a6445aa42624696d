/// A change of a model or image, and the clusters that it is made on.
package struct FleetModelChange: Sendable, Hashable, CustomStringConvertible {
  package var change: ModelChange
  /// Sorted.
  package var clusters: [String]

  /// `llama3 3.1-70b → 3.2-70b on 40 clusters`.
  package var description: String {
    "\(change) on \(clusters.count) \(clusters.count == 1 ? "cluster" : "clusters")"
  }
}

/// Puts the changes of many Applications together.
package struct FleetModelChanges: Sendable {
  private var places: [ModelChange: Set<String>] = [:]

  package init() {}

  package mutating func add(_ changes: [ModelChange], on cluster: String) {
    for change in changes { places[change, default: []].insert(cluster) }
  }

  /// Models first, then images; of each kind first what is made on most clusters.
  package var all: [FleetModelChange] {
    places.map { FleetModelChange(change: $0.key, clusters: $0.value.sorted()) }.sorted { a, b in
      if a.change.kind != b.change.kind { return a.change.kind < b.change.kind }
      if a.clusters.count != b.clusters.count { return a.clusters.count > b.clusters.count }
      return (a.change.model, a.change.description) < (b.change.model, b.change.description)
    }
  }
}
