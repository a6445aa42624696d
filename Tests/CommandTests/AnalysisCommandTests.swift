import Foundation
import Testing

/// `muster analysis` and `muster rollout replicas`, without a network.
@Suite(.timeLimit(.minutes(5))) struct AnalysisCommandTests {
  private let template = """
    apiVersion: argoproj.io/v1alpha1
    kind: AnalysisTemplate
    metadata: {name: t}
    spec:
      args: [{name: port}]
      metrics:
      - name: a
        consecutiveErrorLimit: 0
        successCondition: result == 1
        provider: {web: {url: "http://127.0.0.1:{{args.port}}/"}}

    """

  @Test func answersRows() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let conditions = """
      {"expr": "result[0] > 1", "source": "vector", "result": [2]}
      {"expr": "isNaN(result)", "source": "scalar", "result": "NaN"}

      {"expr": "result > 1", "source": "nullable", "result": null}
      {"expr": "result", "source": "elsewhere", "result": true}
      {"result": 1}
      {"successCondition": "result[0] > 1", "failureCondition": "result[0] < 1", "source": "vector", "result": ["NaN"]}
      {"failureCondition": "result[0] > 1", "source": "vector", "result": []}
      """
    let evaluated = try command.run(["analysis", "eval", "--jsonl"], input: conditions)
    let lines = evaluated.out.split(separator: "\n")
    #expect(evaluated.status == 0 && lines.count == 7)
    #expect(lines.prefix(2) == ["{\"value\":true}", "{\"value\":true}"])
    #expect(lines.suffix(2) == ["{\"phase\":\"Inconclusive\"}", "{\"phase\":\"Error\"}"])
    #expect(lines.dropFirst(2).dropLast(2).allSatisfy { $0.hasPrefix("{\"error\":\"") })
    let assessed = try command.run(
      ["analysis", "assess", "--jsonl"],
      input: """
        {"metric": {"count": "2", "interval": "10s"}, "measurements": ["Successful", "Successful"]}
        {"metric": {"count": 2}, "measurements": []}
        {"metric": {"interval": "10s"}, "measurements": ["Successful"], "terminate": false}
        """)
    #expect(
      assessed.out
        == "{\"phase\":\"Successful\"}\n{\"error\":\"interval must be specified when count > 1\"}\n{\"phase\":\"Running\"}\n"
    )
    let counted = try command.run(
      ["rollout", "replicas", "--jsonl"],
      input: """
        {"kind": "target", "replicas": 10, "weight": 25, "maxSurge": "25%"}
        {"kind": "walk", "replicas": 5, "weight": 20, "maxSurge": 1, "maxUnavailable": 0}
        {"kind": "routed", "replicas": 10, "weight": 25, "dynamicStableScale": true}
        {"kind": "target", "replicas": -1}
        """)
    #expect(
      counted.out.hasPrefix(
        "{\"canary\":3,\"stable\":8}\n{\"trace\":[[1,5],[1,4]]}\n{\"canary\":3,\"stable\":8}\n{\"error\":"),
      "\(counted.out)")
    let broken = try command.run(["analysis", "eval", "--jsonl"], input: "{\"expr\": \"true\"}\n[1]\n")
    #expect(
      broken.status == 2 && broken.out == "{\"value\":true}\n" && broken.error.contains("-:2:1"), "\(broken.error)")
    #expect(try command.run(["analysis", "eval"]).status == 2)
  }

  @Test func lintsFiles() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let fine = try command.run(["analysis", "lint", try command.write(template, "fine.yaml")])
    #expect(fine.status == 0 && fine.out == "1 analysis is fine\n", "\(fine.out) \(fine.error)")
    let path = try command.write(
      template.replacing("successCondition: result == 1", with: "failureCondition: result == 1"), "nil.yaml")
    let warned = try command.run(["analysis", "lint", path])
    #expect(
      warned.status == 0 && warned.error.contains("nil.yaml:9:23") && warned.error.contains("null-passes"),
      "\(warned.error)")
    let checked = try command.run(["check", path])
    #expect(checked.status == 0 && checked.error == warned.error, "\(checked.error)")
    #expect(try command.run(["analysis", "lint", "--strict", path]).status == 1)
    #expect(try command.run(["analysis", "lint", path, "-o", "json"]).out.contains("\"line\": 9"))
    let unknown = try command.write(template.replacing("args.port", with: "args.prt"), "unknown.yaml")
    let refused = try command.run(["analysis", "lint", unknown])
    #expect(refused.status == 2 && refused.error.contains("did you mean 'port'?"), "\(refused.error)")
    let refusedByCheck = try command.run(["check", unknown])
    #expect(refusedByCheck.status == 2 && refusedByCheck.error == refused.error, "\(refusedByCheck.error)")
    #expect(try command.run(["analysis", "lint", "clusters"]).status == 2)
  }

  @Test func runsAnalyses() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let path = try command.write(template, "t.yaml")
    // Nobody listens on port 1.
    let away = try command.run(["analysis", "run", path, "--arg", "port=1"])
    #expect(
      away.status == 4 && away.out.contains("a is Error") && away.error.contains("consecutiveErrors (1)"),
      "\(away.error)")
    let hidden = try command.run([
      "analysis", "run", path, "--arg-file", "port=\(try command.write("1\n", "port"))", "-o", "json",
    ])
    #expect(hidden.status == 4 && hidden.out.contains("\"phase\": \"Error\""), "\(hidden.out)")
    #expect(try command.run(["analysis", "run", path]).status == 2)
    #expect(try command.run(["analysis", "run", path, "--arg", "prt=1"]).error.contains("it declares port"))
    #expect(try command.run(["analysis", "run", path, "--template", "u"]).status == 2)
    let endless = try command.write(
      template.replacing("consecutiveErrorLimit: 0", with: "initialDelay: 1h\n    interval: 1s"), "endless.yaml")
    #expect(try command.run(["analysis", "run", endless, "--arg", "port=1"]).error.contains("--for"))
    #expect(try command.run(["analysis", "run", endless, "--arg", "port=1", "--for", "100ms"]).status == 0)
    #expect(try command.run(["analysis", "run", endless, "--arg", "port=1", "--timeout", "100ms"]).status == 6)
    let job = try command.write(
      template.replacing(
        "provider: {web: {url: \"http://127.0.0.1:{{args.port}}/\"}}", with: "provider: {job: {spec: {}}}"),
      "job.yaml")
    let nowhere = try command.run(["analysis", "run", job, "--arg", "port=1"])
    #expect(nowhere.status == 2 && nowhere.error.contains("give --context NAME"), "\(nowhere.error)")
    let kubeconfig = try command.write("apiVersion: v1\nkind: Config\n", "kubeconfig")
    #expect(
      try command.run(["analysis", "run", job, "--arg", "port=1", "--kubeconfig", kubeconfig, "--context", "x"]).status
        == 2)
  }
}
