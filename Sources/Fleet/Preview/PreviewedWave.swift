import Manifest

/// A step of a set's `rollingSync`, and what of a merge it would bring.
package struct PreviewedWave: Sendable {
  package var set: String
  /// From 1; nil for Applications that no step selects, which a rollout never syncs.
  package var step: Int?
  /// `maxUpdate` as written; empty for all at once.
  package var maxUpdate: String
  /// Sorted.
  package var applications: [String]

  /// The waves of all the sets that have any, by set and step.
  static func all(of changed: [String], in fleet: PreviewedFleet) -> [PreviewedWave] {
    fleet.sets.sorted { $0.name < $1.name }.flatMap { set -> [PreviewedWave] in
      guard set.strategy?["type"]?.string == "RollingSync",
        let steps = set.strategy?["rollingSync"]?["steps"]?.sequence, !steps.isEmpty
      else { return [] }
      let applications = changed.compactMap { fleet.applications[$0] }.filter { $0.owner == set.name }
      let placed = Dictionary(grouping: applications) { application in
        steps.firstIndex { selects($0, application.application.labels) } ?? -1
      }
      return placed.sorted { $0.key < $1.key }.map { index, applications in
        let limit = steps.indices.contains(index) ? steps[index]["maxUpdate"]?.value.scalarText ?? "" : ""
        return PreviewedWave(
          set: set.name, step: index < 0 ? nil : index + 1, maxUpdate: limit,
          applications: applications.map(\.application.name).sorted())
      }
    }
  }

  /// Argo CD's rule: `In` needs the label, `NotIn` is content without it, and no expression selects everything.
  private static func selects(_ step: Node, _ labels: [String: String]) -> Bool {
    (step["matchExpressions"]?.sequence ?? []).allSatisfy { expression in
      let values = expression["values"]?.sequence?.compactMap(\.string) ?? []
      let isIn = labels[expression["key"]?.string ?? ""].map(values.contains) ?? false
      return expression["operator"]?.string == "NotIn" ? !isIn : isIn
    }
  }
}
