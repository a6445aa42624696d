// Text: YAML into the value tree against libyaml's bare events, and JSON against Foundation's reader, in one run.
//
// Prints one line of JSON: megabytes a second (the best of several runs of each, taken in turns) and their ratios.
import Foundation
import Manifest

let megabytes = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8
let rounds = 7
let manifests = GeneratedManifests.yaml(bytes: megabytes << 20)
let answer = GeneratedManifests.apiServerAnswer(bytes: megabytes << 20)
let answerData = Data(answer)

var events = Stopwatch()
var tree = Stopwatch()
var foundation = Stopwatch()
var json = Stopwatch()
for _ in 0..<rounds {
  try events.measure { try BareEvents.count(manifests) }
  try tree.measure { try YAML.parse(manifests) }
  try json.measure { try JSON.parse(answer) }
  try foundation.measure { try JSONSerialization.jsonObject(with: answerData) }
}

func rate(_ bytes: [UInt8], _ stopwatch: Stopwatch) -> Double {
  (Double(bytes.count) / 1e6 / stopwatch.best * 10).rounded() / 10
}

func ratio(_ a: Stopwatch, _ b: Stopwatch) -> Double { (b.best / a.best * 100).rounded() / 100 }

let result: Value = [
  "benchmark": "text", "yamlBytes": .int(Int64(manifests.count)), "jsonBytes": .int(Int64(answer.count)),
  "libyamlEventsMBps": .double(rate(manifests, events)), "yamlTreeMBps": .double(rate(manifests, tree)),
  "yamlTreeToEvents": .double(ratio(tree, events)), "foundationMBps": .double(rate(answer, foundation)),
  "jsonTreeMBps": .double(rate(answer, json)), "jsonTreeToFoundation": .double(ratio(json, foundation)),
]
print(JSON.text(Node(result)))
