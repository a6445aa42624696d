import Foundation

/// A scratch directory: the fleet repository, the repository of manifests, the hub's data and log.
struct Workspace {
  /// Tells this run from others that used the same clusters.
  let id = String(UUID().uuidString.prefix(8)).lowercased()
  let root: String
  var fleet: String { root + "/fleet" }
  var manifests: String { root + "/manifests" }
  var data: String { root + "/data" }

  init() throws {
    root = FileManager.default.temporaryDirectory.path + "/bench-fleet-\(id)"
    for folder in [fleet + "/clusters", fleet + "/templates", manifests] {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    try git("init", "-q", "-b", "main")
  }

  func remove() { try? FileManager.default.removeItem(atPath: root) }

  func write(_ text: String, _ path: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  /// Commits `text` as `objects/NAME` and gives the commit's id.
  func commit(_ text: String, _ name: String) throws -> String {
    try write(text, manifests + "/objects/" + name)
    try git("add", "-A")
    try git("-c", "user.name=bench", "-c", "user.email=bench@example.invalid", "commit", "-q", "-m", name)
    return try git("rev-parse", "HEAD")
  }

  @discardableResult private func git(_ arguments: String...) throws -> String {
    try Command.run("/usr/bin/env", ["git", "-C", manifests] + arguments)
  }

  /// The Application of a cluster.
  func application(_ cluster: Target) -> String { "bench-\(id)-\(cluster.name)" }

  /// Steps that a change goes over the clusters in, and how many of each at once.
  struct Waves {
    var count: Int
    var maxUpdate: String

    fileprivate var strategy: String {
      let steps = (0..<count).map {
        "{matchExpressions: [{key: wave, operator: In, values: ['\($0)']}], maxUpdate: \(maxUpdate)}"
      }
      return "strategy: {type: RollingSync, rollingSync: {steps: [\(steps.joined(separator: ", "))]}}"
    }
  }

  /// Every cluster, and an ApplicationSet that gives each an ``application(_:)`` in `namespace`.
  func writeFleet(_ clusters: [Target], namespace: String, waves: Waves? = nil) throws {
    for (index, cluster) in clusters.enumerated() {
      let wave = waves.map { ", wave: \"\(index * $0.count / clusters.count)\"" } ?? ""
      try write(
        """
        apiVersion: muster.dev/v1alpha1
        kind: Cluster
        metadata: {name: \(cluster.name), labels: {bench: "yes"\(wave)}}
        spec:
          server: \(cluster.access.server)
          credentials: {kubeconfig: {path: \(cluster.kubeconfig), context: \(cluster.context)}}
        """, fleet + "/clusters/\(cluster.name).yaml")
    }
    try write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata: {name: bench, namespace: argocd}
      spec:
        generators: [{clusters: {selector: {matchLabels: {bench: "yes"}}}}]
        \(waves?.strategy ?? "strategy: {}")
        template:
          metadata: {name: 'bench-\(id)-{{name}}'\(waves == nil ? "" : ", labels: {wave: '{{metadata.labels.wave}}'}")}
          spec:
            project: default
            source: {repoURL: \(manifests), targetRevision: main, path: objects}
            destination: {server: '{{server}}', namespace: \(namespace)}
            syncPolicy: {automated: {prune: true, selfHeal: true}, syncOptions: [CreateNamespace=true]}
      """, fleet + "/templates/bench.yaml")
  }
}

/// A program that runs to its end.
enum Command {
  /// Its standard output, trimmed.
  @discardableResult static func run(_ path: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchmarkError("\(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
    }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
