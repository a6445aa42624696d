import Engine
import Foundation
import Glibc
import Kustomize
import Manifest

// bench-render [overlays]: renders overlays of one base as the hub does, from git objects and each distinct input once.
//
// Prints what the first render of all costs, what it costs after a commit that touches one of them, and how the cost of
// one large overlay grows. Where `kubectl` is there, it renders some of the same overlays in the same run.

let overlays = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000
let repository = try GeneratedRepository(overlays: overlays, resources: 10, patches: 2)
let folder = FileManager.default.temporaryDirectory.appendingPathComponent("muster-mirrors-\(UUID().uuidString)").path
let mirrors = try GitMirrors(directory: folder)
let url = try GitURL(repository.path)
let cache = RenderCache<Rendering> { $0.documents.count * 4_096 }
let files = ParsedFileCache()
let bases = BaseCache()

func look() async throws -> GitObjectID { try await mirrors.resolve(url, revision: "main", freshness: .now).commit }

func renderAll(at commit: GitObjectID) async throws {
  let tree = await mirrors.tree(url, at: commit)
  try await withThrowingTaskGroup(of: Void.self) { group in
    // A few at a time, as the hub's queue has them.
    for lane in 0..<8 {
      group.addTask {
        for overlay in stride(from: lane, to: overlays, by: 8) {
          guard let path = TreePath(GeneratedRepository.overlay(overlay)) else { continue }
          _ = try await cache.render(
            .init(repository: url.identity, parameters: path.text), version: commit.hex, tree: tree
          ) { tree in
            var options = RenderOptions()
            options.cache = files
            options.bases = bases
            return try renderSource(tree, at: path, options: options)
          }
        }
      }
    }
    try await group.waitForAll()
  }
}

let first = try await Measure.of { try await renderAll(at: look()) }
print("\(overlays) overlays, first render: \(first.text)")
for round in 1...3 {
  try repository.touch(overlays / 2, patches: 2, models: 2, tag: "v\(round + 1)")
  let before = cache.renderCount
  // The look at the repository, which runs git, is counted apart.
  var commit: GitObjectID?
  let looking = try await Measure.of { commit = try await look() }
  guard let commit else { continue }
  let again = try await Measure.of { try await renderAll(at: commit) }
  print(
    "after a commit that touches one: \(again.text), \(cache.renderCount - before) rendered; "
      + "the look at the repository: \(looking.text)")
}

let oracle = "kubectl"
if ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").contains(where: {
  access("\($0)/\(oracle)", X_OK) == 0
}) == true {
  let runs = min(20, overlays)
  let other = try await Measure.of(RUSAGE_CHILDREN) {
    for overlay in 0..<runs {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [oracle, "kustomize", repository.path + "/" + GeneratedRepository.overlay(overlay)]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
    }
  }
  let each = other.processor / Double(runs)
  let ratio = each * Double(overlays) / first.processor
  print(String(format: "kubectl kustomize: %.1f ms of a processor each; ratio for all %.0f", each, ratio))
}
try repository.remove()
try FileManager.default.removeItem(atPath: folder)

for size in [500, 1_000, 2_000, 4_000] {
  let large = try GeneratedRepository(overlays: 1, resources: size, patches: 20)
  guard let path = TreePath(GeneratedRepository.overlay(0)) else { break }
  let tree = try LocalFileTree(large.path)
  let cost = try await Measure.of { _ = try renderSource(tree, at: path).yaml }
  print("one overlay of \(size) resources with 20 patches: \(cost.text)")
  try large.remove()
}
