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

  @Test func previewsAMerge() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let script = """
      set -e; cd "$HOME"; export GIT_CONFIG_GLOBAL=/dev/null; mkdir fleet; cd fleet
      git init -q -b main .; git config user.name t; git config user.email t@example.com; git config commit.gpgsign false
      cp -r "$0/clusters" "$0"/docs/examples/ai-deployments/* .; mkdir templates
      sed "s#https://github.com/your-org/ai-deployments#$HOME/fleet#" "$0/templates/model-serving-global.yaml" > templates/set.yaml
      git add -A; git commit -qm one
      git checkout -qb model; sed -i s/3.1-70b-instruct/3.2-70b-instruct/ models/llama3-70b/model-config.yaml; git commit -qam two
      git checkout -qb moved main; sed -i 's/ai-capable: "true"/tier: edge/' templates/set.yaml; git commit -qam three
      git checkout -qb broken main; echo '{' > templates/set.yaml; git commit -qam four
      """
    let made = try command.tool(["sh", "-c", script, BuiltCommand.package])
    #expect(made.status == 0, "\(made.error)")
    func preview(_ to: String, _ more: String...) throws -> BuiltCommand.Outcome {
      try command.run(["preview", "--from", "main", "--to", to, "--fleet", command.home + "/fleet"] + more)
    }
    #expect(try preview("main").status == 0)
    let model = try preview("model")
    #expect(model.status == 1 && model.error.isEmpty, "\(model.error)")
    #expect(model.out.contains("MODEL_VERSION: 3.1-70b-instruct → 3.2-70b-instruct"), "\(model.out)")
    #expect(try preview("model", "-o", "markdown").out.hasPrefix("### Fleet preview: `main` → `model`"))
    let json = try preview("model", "-o", "json")
    let read = try #require(try JSONSerialization.jsonObject(with: Data(json.out.utf8)) as? [String: Any])
    #expect((read["applications"] as? [Any])?.count == 21)
    let moved = try preview("moved")
    #expect(moved.status == 5 && moved.out.contains("refuses more than 5"), "\(moved.out)\(moved.error)")
    let broken = try preview("broken")
    #expect(broken.status == 2 && broken.error.contains("templates/set.yaml:2:1"), "\(broken.out)\(broken.error)")
    #expect(try preview("main~9").status == 2)
  }

  /// Errors that were there before say nothing of a change.
  @Test func previewsAChangeOfAFleetThatHasErrors() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let script = """
      set -e; cd "$HOME"; export GIT_CONFIG_GLOBAL=/dev/null; mkdir fleet; cd fleet
      git init -q -b main .; git config user.name t; git config user.email t@example.com; git config commit.gpgsign false
      mkdir clusters templates; echo '{' > templates/old.yaml; touch clusters/.gitkeep
      git add -A; git commit -qm one; git checkout -qb same; echo a > README; git add -A; git commit -qm two
      git checkout -qb worse; echo '[' > templates/new.yaml; git add -A; git commit -qm three
      """
    let made = try command.tool(["sh", "-c", script])
    #expect(made.status == 0, "\(made.error)")
    for (to, status, words) in [
      ("same", Int32(0), "1 error of these is in main already"), ("worse", 2, "templates/new.yaml"),
    ] {
      let outcome = try command.run(["preview", "--from", "main", "--to", to, "--fleet", command.home + "/fleet"])
      #expect(outcome.status == status && outcome.error.contains(words), "\(to): \(outcome)")
      #expect(outcome.error.contains("templates/old.yaml") && !outcome.out.contains("no change"), "\(outcome)")
    }
  }

  @Test func saysWhatOfAStartIsWrong() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let hub = try ScriptedHub([String: ScriptedHub.Answer]())
    defer { hub.stop() }
    let taken = try #require(hub.environment["MUSTER_HUB"]?.split(separator: "/").last.map(String.init))
    let port = try #require(taken.split(separator: ":").last.map(String.init))
    let file = try command.write("a", "file")
    let data = command.home + "/data"
    for (arguments, words) in [
      (["--fleet", ".", "--data", data, "--listen", taken], "cannot listen on \(taken): address already in use"),
      (["--fleet", "nodir", "--data", data, "--listen", "127.0.0.1:0"], "directory 'nodir' does not exist"),
      (["--fleet", file, "--data", data, "--listen", "127.0.0.1:0"], "is a file, not a directory"),
      (
        ["--fleet", ".", "--data", data, "--listen", "127.0.0.1:0", "--control", "nodir"],
        "--control: directory 'nodir' does not exist"
      ),
      (["--fleet", ".", "--data", "/proc/x", "--listen", "127.0.0.1:0"], "--data: the directory cannot be made"),
    ] {
      let outcome = try command.run(["hub"] + arguments)
      #expect(outcome.status == 2 && outcome.out.isEmpty && outcome.error.contains(words), "\(arguments): \(outcome)")
      #expect(!outcome.error.contains("Error Domain") && !outcome.error.contains("errno"), "\(outcome.error)")
    }
    let base = try command.run(["simulate", "--clusters", "1", "--listen-base", "10.0.0.1"])
    #expect(base.status == 2 && base.error.contains("--listen-base takes an address 127.x.y.z"), "\(base)")
    let simulate = try command.run([
      "simulate", "--clusters", "1", "--listen-base", "127.0.0.1", "--port", port, "--kubeconfig", command.home + "/k",
    ])
    #expect(simulate.status == 2 && simulate.error.contains("address already in use"), "\(simulate)")
    #expect(!simulate.error.contains("errno"), "\(simulate.error)")
  }

  @Test func checksInJSON() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let bad = try command.write("apiVersion: muster.dev/v1alpha1\nkind: Cluster\nmetadata: {nam: a}\n", "bad.yaml")
    let outcome = try command.run(["check", bad, "-o", "json"])
    #expect(outcome.status == 2 && outcome.error.isEmpty, "\(outcome)")
    let read = try #require(try JSONSerialization.jsonObject(with: Data(outcome.out.utf8)) as? [String: Any])
    let problems = try #require(read["diagnostics"] as? [[String: Any]])
    #expect(read["documents"] as? Int == 1)
    #expect(problems.contains { $0["severity"] as? String == "error" && $0["line"] as? Int == 3 }, "\(outcome.out)")
    let one = try command.run(["check", "-"], input: "a: 1\n")
    #expect(one.out.isEmpty || one.out.contains("1 document in 1 file"), "\(one)")
  }

  @Test func printsCompletionScripts() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    for shell in ["bash", "zsh", "fish"] {
      let script = try command.run(["completion", shell])
      #expect(script.status == 0 && script.out.contains("muster"), "\(shell)")
    }
    let unknown = try command.run(["completion", "tcsh"])
    #expect(unknown.status == 2 && unknown.error.contains("bash, zsh and fish"), "\(unknown)")
  }

  @Test func rendersAnOverlay() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let outcome = try command.run(["render", "docs/examples/ai-deployments/overlays/production"])
    #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
    #expect(outcome.out.components(separatedBy: "\n---\n").count > 5)
    let missing = try command.run(["render", "docs/nowhere"])
    #expect(missing.status == 2 && missing.out.isEmpty && missing.error.hasPrefix("error["), "\(missing.error)")
    let absolute = try command.run(["render", command.home + "/nowhere"])
    #expect(absolute.error.contains("there is no directory '\(command.home)/nowhere'"), "\(absolute.error)")
  }

  @Test func rendersAChartOfAnApplication() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let script = """
      #!/bin/sh
      case "$1" in
      version) echo v3.17.0 ;;
      template) while [ $# -gt 2 ]; do shift; done
        printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: %s}\\ndata: {a: "%s"}\\n' "$1" "$(cat Chart.yaml)" ;;
      esac

      """
    let helm = try command.write(script, "helm")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: helm)
    let repository = command.home + "/repository"
    try FileManager.default.createDirectory(atPath: repository, withIntermediateDirectories: true)
    _ = try command.write("version: 1", "repository/Chart.yaml")
    let application = try command.write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Application
      metadata: {name: web}
      spec:
        project: default
        destination: {name: edge-1, namespace: shop}
        source: {repoURL: 'https://example.org/x', path: .}
      """, "web.yaml")
    let arguments = ["render", "--app", application, "--repo", repository]
    let outcome = try command.run(arguments, environment: ["MUSTER_HELM": helm])
    #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
    #expect(outcome.out.contains("name: web\n") && outcome.out.contains("a: 'version: 1'\n"), "\(outcome.out)")
    let without = try command.run(arguments, environment: ["MUSTER_HELM": command.home + "/nowhere"])
    #expect(without.status == 2 && without.out.isEmpty, "\(without.error)")
    #expect(without.error.contains("helm is not installed, but '"), "\(without.error)")
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
