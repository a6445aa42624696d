import Manifest

/// A step of a set's `rollingSync`, and what of a merge it would bring.
package struct PreviewedWave: Sendable {
  package var set: String
  /// From 1; nil for Applications that no step selects, which a rollout never syncs.
  package var step: Int?
  /// The step's own; empty for none.
  package var name: String
  /// `maxUpdate` as written; empty for all at once.
  package var maxUpdate: String
  /// What it waits for: `waits for approval`, `soaks 10m`.
  package var gates: [String]
  /// Sorted.
  package var applications: [String]

  /// The waves of all the sets that have any, by set and step.
  static func all(of changed: [String], in fleet: PreviewedFleet) -> [PreviewedWave] {
    fleet.sets.sorted { $0.name < $1.name }.flatMap { set -> [PreviewedWave] in
      guard let strategy = WaveStrategy(set.strategy) else { return [] }
      let steps = set.strategy?["rollingSync"]?["steps"]?.sequence ?? []
      let applications = changed.compactMap { fleet.applications[$0] }.filter { $0.owner == set.name }
      let placed = Dictionary(grouping: applications) { strategy.step(of: $0.application.labels) ?? -1 }
      return placed.sorted { $0.key < $1.key }.map { index, applications in
        let step = steps.indices.contains(index) ? steps[index] : .null
        return PreviewedWave(
          set: set.name, step: index < 0 ? nil : index + 1, name: step["name"]?.string ?? "",
          maxUpdate: step["maxUpdate"]?.value.scalarText ?? "", gates: gates(of: step),
          applications: applications.map(\.application.name).sorted())
      }
    }
  }

  /// What a step waits for, in words, in its order.
  private static func gates(of step: Node) -> [String] {
    var words: [String] = []
    if let pause = step["pause"], pause.mapping != nil {
      words.append(pause["duration"]?.value.scalarText.map { "pauses \($0)" } ?? "waits for approval")
    }
    if let soak = step["soak"]?.value.scalarText { words.append("soaks \(soak)") }
    if let analysis = step["analysis"] {
      let templates = (analysis["templates"]?.sequence ?? []).compactMap { $0["templateName"]?.string }
      words.append(
        "analysis \(templates.joined(separator: ", "))"
          + (analysis["scope"]?.string == WaveAnalysis.Scope.cluster.rawValue ? " of each cluster" : ""))
    }
    return words
  }
}
