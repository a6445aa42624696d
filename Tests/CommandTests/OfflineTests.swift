import Foundation
import Testing

/// What needs no hub.
@Suite(.timeLimit(.minutes(5))) struct OfflineTests {
  @Test func checksTheExampleFleet() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let good = try command.run(["check", "clusters", "templates", "docs/examples/ai-deployments/base/model-serving"])
    #expect(good.status == 0, "\(good.error)")
    let path = try command.write("apiVersion: muster.dev/v1alpha1\nkind: Cluster\nmetadata: {nam: a}\n", "bad.yaml")
    let bad = try command.run(["check", path])
    #expect(bad.status == 2)
    #expect(bad.error.contains("error[") && bad.error.contains("bad.yaml:"), "\(bad.error)")
    #expect(try command.run(["check", "/nowhere.yaml"]).status == 2)
  }

  @Test func generatesOneApplicationForEachSelectedCluster() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let arguments = ["appset", "generate", "templates/model-serving-global.yaml", "--clusters", "clusters", "--output"]
    let outcome = try command.run(arguments + ["json"])
    #expect(outcome.status == 0, "\(outcome.error)")
    let items = try #require(try JSONSerialization.jsonObject(with: Data(outcome.out.utf8)) as? [[String: Any]])
    let names = items.compactMap { ($0["metadata"] as? [String: Any])?["name"] as? String }
    #expect(names.count == 22)
    #expect(names == names.sorted())
    #expect(try command.run(arguments + ["json"]).out == outcome.out)
    #expect(try command.run(arguments + ["yaml"]).out.contains("kind: Application"))
  }

  @Test func rendersAnOverlay() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let outcome = try command.run(["render", "docs/examples/ai-deployments/overlays/production"])
    #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
    #expect(outcome.out.components(separatedBy: "\n---\n").count > 5)
    let missing = try command.run(["render", "docs/nowhere"])
    #expect(missing.status == 2 && missing.out.isEmpty && missing.error.hasPrefix("error["), "\(missing.error)")
  }

  @Test func tellsTheHealthOfAnObject() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let degraded = """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, generation: 2}
      spec: {replicas: 1}
      status:
        observedGeneration: 2
        conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded}]
      """
    let outcome = try command.run(["health", try command.write(degraded, "web.yaml")])
    #expect(outcome.out.contains("Degraded"), "\(outcome.out)\(outcome.error)")
  }
}
