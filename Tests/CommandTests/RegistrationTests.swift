import Foundation
import Testing

/// Clusters are brought in by the command: a hub without any, and a simulated fleet.
@Suite(.serialized, .timeLimit(.minutes(5))) struct RegistrationTests {
  /// The command, a hub, and simulated clusters `sim-0001` … with their kubeconfig.
  private struct Stage {
    let command: BuiltCommand
    let hub: String
    let kubeconfig: String
    private let environment: [String: String]
    private let processes: [RunningCommand]

    init(clusters: Int, base: String) throws {
      command = try BuiltCommand()
      for part in ["clusters", "templates"] {
        try FileManager.default.createDirectory(
          atPath: command.home + "/fleet/" + part, withIntermediateDirectories: true)
      }
      kubeconfig = command.home + "/simulated.kubeconfig"
      let simulation = try RunningCommand(
        [
          "simulate", "--clusters", "\(clusters)", "--listen-base", base, "--port", "0", "--kubeconfig", kubeconfig,
        ], home: command.home)
      _ = try simulation.line(with: "ready ")
      let running = try RunningCommand(
        ["hub", "--fleet", command.home + "/fleet", "--data", command.home + "/data", "--listen", "127.0.0.1:0"],
        home: command.home)
      let address = try running.line(with: "listens on ").split(separator: " ").last.map(String.init) ?? ""
      hub = "http://" + address
      environment = ["MUSTER_HUB": hub, "MUSTER_DATA": command.home + "/data"]
      processes = [running, simulation]
    }

    func end() {
      for process in processes { process.end() }
      command.remove()
    }

    /// The kubeconfig with others in the place of the lines that hold an authority's certificate.
    func altered(_ other: (_ indent: String, _ line: String) -> String) throws -> String {
      let text = try String(contentsOfFile: kubeconfig, encoding: .utf8)
      let lines = text.split(separator: "\n").map { line -> String in
        guard let key = line.firstRange(of: "certificate-authority-data:") else { return String(line) }
        return other(String(line[..<key.lowerBound]), String(line))
      }
      return lines.joined(separator: "\n")
    }

    func muster(_ words: String...) throws -> BuiltCommand.Outcome { try command.run(words, environment: environment) }

    /// With the kubeconfig's context.
    func cluster(_ verb: String, _ name: String, context: String, _ more: String...) throws -> BuiltCommand.Outcome {
      try command.run(
        ["cluster", verb, name, "--kubeconfig", kubeconfig, "--context", context] + more, environment: environment)
    }
  }

  @Test func aClusterComesInOnceAndUnderOneName() throws {
    let stage = try Stage(clusters: 2, base: "127.98.7.1")
    defer { stage.end() }
    let first = try stage.cluster("register", "edge-1", context: "sim-0001", "--labels", "tier=edge")
    #expect(first.status == 0 && first.error.contains("cluster edge-1 is registered"), "\(first.error)")
    let again = try stage.cluster("register", "second", context: "sim-0001")
    #expect(again.status == 2 && again.error.contains("which is registered as edge-1 already"), "\(again.error)")
    let wrong = try stage.cluster("rotate", "edge-1", context: "sim-0002")
    #expect(
      wrong.status == 2 && wrong.error.contains("context 'sim-0002' points at https://127.98.7.2"), "\(wrong.error)")
    #expect(wrong.error.contains("and not at the cluster that is registered as edge-1"), "\(wrong.error)")
    let rotated = try stage.cluster("rotate", "edge-1", context: "sim-0001")
    #expect(rotated.status == 0, "\(rotated.error)")
    let unknown = try stage.cluster("rotate", "nobody", context: "sim-0001")
    #expect(unknown.status == 2 && unknown.error.contains("no cluster is named 'nobody'"), "\(unknown.error)")
    let narrow = try stage.cluster("register", "edge-1", context: "sim-0001", "--namespace", "muster-system")
    #expect(narrow.status == 0 && narrow.error.contains("earlier registration: ClusterRoleBinding muster-hub"))
    // Nothing was made in the other cluster, and it comes in.
    let other = try stage.cluster("register", "edge-2", context: "sim-0002", "--namespace", "muster-system")
    #expect(other.status == 0 && !other.error.contains("taken away"), "\(other.error)")
    #expect(try stage.muster("cluster", "list", "-o", "name").out == "edge-1\nedge-2\n")
  }

  @Test func noHubNoAccount() throws {
    let stage = try Stage(clusters: 1, base: "127.98.8.1")
    defer { stage.end() }
    let arguments = ["cluster", "register", "edge-1", "--kubeconfig", stage.kubeconfig, "--context", "sim-0001"]
    let absent = try stage.command.run(arguments + ["--hub", "http://127.0.0.1:1"], environment: ["MUSTER_TOKEN": "x"])
    #expect(absent.status == 3 && absent.error.contains("does not answer"), "\(absent.error)")
    let refused = try stage.command.run(arguments + ["--hub", stage.hub], environment: ["MUSTER_TOKEN": "wrong"])
    #expect(refused.status == 3 && refused.error.contains("a valid bearer token is needed"), "\(refused.error)")
    // No rights are there to be taken away.
    let first = try stage.cluster("register", "edge-1", context: "sim-0001", "--namespace", "muster-system")
    #expect(first.status == 0 && !first.error.contains("taken away"), "\(first.error)")
  }

  @Test func trustsAnyCertificateOnlyWhenTold() throws {
    let stage = try Stage(clusters: 1, base: "127.98.9.1")
    defer { stage.end() }
    let trusting = try stage.altered { indent, _ in indent + "insecure-skip-tls-verify: true" }
    #expect(trusting.contains("insecure-skip-tls-verify: true"))
    let kubeconfig = try stage.command.write(trusting, "trusting.kubeconfig")
    let arguments = ["cluster", "register", "edge-1", "--kubeconfig", kubeconfig, "--context", "sim-0001"]
    let environment = ["MUSTER_HUB": stage.hub, "MUSTER_DATA": stage.command.home + "/data"]
    let refused = try stage.command.run(arguments, environment: environment)
    #expect(refused.status == 2 && refused.error.contains("or --insecure-skip-tls-verify"), "\(refused.error)")
    let flag = "--insecure-skip-tls-verify"
    let pointless = try stage.cluster("register", "edge-1", context: "sim-0001", flag)
    #expect(pointless.status == 2 && pointless.error.contains("does not"), "\(pointless.error)")
    let told = try stage.command.run(arguments + [flag], environment: environment)
    #expect(told.status == 0, "\(told.error)")
    var state = ""
    for _ in 0..<100 where !state.contains("Reachable ") {
      state = try stage.muster("cluster", "list").out
      Thread.sleep(forTimeInterval: 0.1)
    }
    #expect(state.contains("Reachable "), "\(state)")
  }

  @Test func theHubSaysThatItDoesNotGetThere() throws {
    let stage = try Stage(clusters: 1, base: "127.98.10.1")
    defer { stage.end() }
    // Through a proxy that is nowhere, the command itself does not get there either.
    let proxied = try stage.altered { indent, line in "\(line)\n\(indent)proxy-url: http://robot:hush@127.0.0.1:1" }
    let kubeconfig = try stage.command.write(proxied, "proxied.kubeconfig")
    let outcome = try stage.command.run(
      ["cluster", "register", "edge-1", "--kubeconfig", kubeconfig, "--context", "sim-0001"],
      environment: ["MUSTER_HUB": stage.hub, "MUSTER_DATA": stage.command.home + "/data"])
    #expect(outcome.status == 3 && !outcome.error.contains("hush"), "\(outcome.error)")
  }
}
