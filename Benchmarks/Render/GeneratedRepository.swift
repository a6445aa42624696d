import Foundation

/// A repository of one base with the objects of some models, and overlays of it that are all different.
struct GeneratedRepository {
  let path: String

  init(overlays: Int, resources: Int, patches: Int) throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("muster-render-\(UUID().uuidString)").path
    let models = max(1, resources / 4)
    for model in 0..<models { try write("base/model-\(model).yaml", Self.model(model)) }
    try write(
      "base/kustomization.yaml", "resources:\n" + (0..<models).map { "- model-\($0).yaml\n" }.joined())
    for overlay in 0..<overlays { try write(overlay, patches: patches, models: models, tag: "v1") }
    try git("init", "-q", "-b", "main", ".")
    try commit("one")
  }

  func remove() throws { try FileManager.default.removeItem(atPath: path) }

  static func overlay(_ number: Int) -> String { "overlays/o\(number)" }

  /// Changes one overlay, and commits that.
  func touch(_ overlay: Int, patches: Int, models: Int, tag: String) throws {
    try write(overlay, patches: patches, models: models, tag: tag)
    try commit(tag)
  }

  private func write(_ file: String, _ text: String) throws {
    let target = URL(fileURLWithPath: path + "/" + file)
    try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: target)
  }

  private func write(_ overlay: Int, patches: Int, models: Int, tag: String) throws {
    var text = """
      namespace: serving-\(overlay)
      namePrefix: c\(overlay)-
      resources: [../../base]
      labels:
      - pairs: {cluster: c\(overlay)}
        includeSelectors: true
      images:
      - {name: registry.example.com/server, newTag: \(tag)}
      replicas:
      - {name: model-0, count: \(2 + overlay % 7)}
      configMapGenerator:
      - name: cluster
        literals: [CLUSTER=c\(overlay)]

      """
    if patches > 0 { text += "patches:\n" }
    for patch in 0..<patches { text += Self.patch(patch, model: patch / 2 % models) }
    try write(Self.overlay(overlay) + "/kustomization.yaml", text)
  }

  /// Operations and merges in turn.
  private static func patch(_ number: Int, model: Int) -> String {
    if number.isMultiple(of: 2) {
      return """
        - target: {kind: Deployment, name: model-\(model)}
          patch: |-
            - {op: replace, path: /spec/template/spec/containers/0/args/0, value: --shard=\(number)}

        """
    }
    return """
      - patch: |-
          apiVersion: apps/v1
          kind: Deployment
          metadata: {name: model-\(model)}
          spec: {template: {spec: {containers: [{name: server, env: [{name: SHARD, value: "\(number)"}]}]}}}

      """
  }

  private static func model(_ number: Int) -> String {
    let name = "model-\(number)"
    return """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: \(name), labels: {app: \(name)}}
      spec:
        selector: {matchLabels: {app: \(name)}}
        template:
          metadata: {labels: {app: \(name)}}
          spec:
            serviceAccountName: \(name)
            containers:
            - name: server
              image: registry.example.com/server:v0
              args: [--model=/models/\(name), --max-model-len=8192]
              envFrom: [{configMapRef: {name: \(name)}}]
              resources: {limits: {nvidia.com/gpu: 1}}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: \(name)}
      spec: {selector: {app: \(name)}, ports: [{name: http, port: 80, targetPort: 8000}]}
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: \(name)}
      data: {MODEL_NAME: example/\(name), MAX_BATCH: "32"}
      ---
      apiVersion: v1
      kind: ServiceAccount
      metadata: {name: \(name)}

      """
  }

  private func commit(_ message: String) throws {
    try git("add", "-A")
    try git(
      "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "-q", "--no-gpg-sign", "-m", message)
  }

  private func git(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["git", "-C", path] + arguments
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
  }
}
