// Expansion: ApplicationSets over many clusters, cold, and after one label changed.
//
// Prints one line of JSON: seconds of CPU.
import BenchmarkSupport
import Fleet
import Manifest
import Templating

func cpu(_ body: () throws -> Void) rethrows -> Double {
  let began = Usage.cpu()
  try body()
  return Usage.cpu() - began
}

func number(_ seconds: Double) -> Node { Node(.double((seconds * 1e6).rounded() / 1e6)) }

/// A set is read and expanded; the answer must be whole, or the figure means nothing.
func expandCold(_ sets: [ApplicationSet], _ registry: Registry) -> Int {
  var count = 0
  for set in sets {
    let expansion = ApplicationSetExpander(set).expand(ExpansionInputs(registry: registry))
    guard case .complete(let complete) = expansion.applications else {
      fatalError("\(expansion.applications.diagnostics)")
    }
    count += complete.value.count
  }
  return count
}

var report: Mapping = ["benchmark": .string("expansion")]

// Growth, and the size that users ask for.
var perCluster: Mapping = [:]
for count in [1_000, 2_000, 4_000, 8_000, 10_000] {
  let registry = try GeneratedFleet.registry(clusters: count)
  let sets = [try GeneratedFleet.set("all", selector: GeneratedFleet.all)]
  var best = Double.infinity
  for _ in 0..<3 {
    best = min(best, cpu { precondition(expandCold(sets, registry) == count) })
  }
  perCluster[String(count)] = number(best)
}
report["oneSetSeconds"] = .mapping(perCluster)

let thousand = try GeneratedFleet.registry(clusters: 1_000)
let fifty = try (0..<50).map { try GeneratedFleet.set("set-\($0)", selector: GeneratedFleet.all) }
report["fiftySetsSeconds"] = number(cpu { precondition(expandCold(fifty, thousand) == 50_000) })

// One label changes among 10,000 clusters and 100 sets, each of which selects a hundredth; and one that selects all.
for (name, count) in [("labelChangeSeconds", 100), ("labelChangeSeenByAllSeconds", 1)] {
  let sets = try (0..<count).map { index in
    try GeneratedFleet.set(
      "set-\(index)", selector: count == 1 ? GeneratedFleet.all : "{matchLabels: {group: g\(index)}}")
  }
  var change = try LabelChange(sets: sets, clusters: 10_000)
  report[name] = number((0..<LabelChange.rounds).map { round in cpu { change.run(round) } }.quantile(0.5))
  report[name.replacing("Seconds", with: "Applications")] = Node(.int(Int64(change.changed)))
}
let templates = try TemplateEvaluation.texts.map { try TextTemplate($0, .go(.error)) }
let data = TemplateEvaluation.data(clusters: 10_000)
var evaluation = Double.infinity
var bytes = 0
for _ in 0..<5 {
  evaluation = min(evaluation, try cpu { bytes = try TemplateEvaluation.run(templates, data) })
}
report["templateSeconds"] = number(evaluation)
report["templateBytes"] = Node(.int(Int64(bytes)))
report["maximumMB"] = Node(.int(Int64(Usage.memory() >> 20)))
print(JSON.text(.mapping(report)))
