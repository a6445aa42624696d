import Foundation
import Testing

/// `muster health` with users' own scripts, in the process that they run in.
@Suite struct HealthScriptCommandTests {
  private func configMap(_ script: String, kind: String = "example.org_Widget") -> String {
    let body = script.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(
      separator: "\n")
    return
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n  resource.customizations.health.\(kind): |\n\(body)\n"
  }

  private let widget = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w}\nstatus: {level: 3}\n"

  private func health(_ command: BuiltCommand, _ script: String, _ object: String) throws -> BuiltCommand.Outcome {
    let customizations = try command.write(configMap(script), "argocd-cm.yaml")
    return try command.run([
      "health", try command.write(object, "object.yaml"), "--customizations", customizations, "--output", "json",
    ])
  }

  @Test func scriptsTellTheHealthOfTheirKind() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let script = "return {status = 'Healthy', message = 'level ' .. obj.status.level / 1}"
    let outcome = try health(
      command, script, widget + "---\napiVersion: example.org/v1\nkind: Gadget\nmetadata: {name: g}\n")
    #expect(
      outcome.out
        == #"[{"kind":"Widget","name":"w","status":"Healthy","message":"level 3"},{"kind":"Gadget","name":"g","status":null,"message":""}]"#
        + "\n")
    #expect(outcome.status == 0 && outcome.error.isEmpty)
    // What is being deleted is, whatever a script says.
    let deleted = widget.replacingOccurrences(
      of: "{name: w}", with: "{name: w, deletionTimestamp: '2031-01-02T03:04:05Z'}")
    #expect(try health(command, script, deleted).out.contains("Pending deletion"))
  }

  @Test func hostileScriptsAreBoundedAndTheNextOneRuns() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let table: [(String, String)] = [
      ("while true do end", "took longer than a second"),
      ("while true do pcall(function() while true do end end) end", "took longer than a second"),
      ("return string.find(string.rep('a', 3000), string.rep('.-', 30) .. 'b')", "took longer than a second"),
      ("return string.rep('x', 1e9)", "not enough memory"),
      ("return {status = 'Healthy', message = string.rep('m', 1e7)}", "mmmm"),
      ("os.exit(3)", "attempt to call a nil value"),
      ("io.write('x')", "attempt to index a nil value"),
      ("print(('x'):rep(1e6)) return {status = 'Healthy', message = 'quiet'}", "quiet"),
    ]
    for (script, words) in table {
      let outcome = try health(command, script, widget)
      // On a busy machine the second may be over before the memory is.
      let isBounded = outcome.out.contains(words) || words == "not enough memory" && outcome.out.contains("took longer")
      #expect(isBounded, "\(script): \(outcome.out.prefix(300)) \(outcome.error)")
      #expect(outcome.out.utf8.count < 10_000)
    }
    // One object's trouble is not the next one's; a script that goes on like this rests after three times.
    let script =
      "if obj.metadata.name == 'bad' then while true do end end return {status = 'Healthy', message = 'fine'}"
    func widgets(_ names: [String]) -> String {
      names.map { widget.replacingOccurrences(of: "{name: w}", with: "{name: \($0)}") }.joined(separator: "---\n")
    }
    let mixed = try health(command, script, widgets(["bad", "good"]))
    #expect(mixed.out.contains("took longer") && mixed.out.contains("fine"))
    let rests = try health(command, script, widgets(["bad", "bad", "bad", "good"]))
    #expect(rests.out.contains("it is tried again in") && !rests.out.contains("fine"))
  }

  @Test func foldersOfScriptsAndTheirTestdata() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let root = command.home + "/customizations"
    for (folder, words) in [("example.org/Widget", "exact"), ("_.example.com/_", "wild")] {
      try FileManager.default.createDirectory(
        atPath: "\(root)/\(folder)/testdata", withIntermediateDirectories: true)
      _ = try command.write(
        "return {status = 'Healthy', message = '\(words)'}", "customizations/\(folder)/health.lua")
    }
    let object = try command.write(widget, "customizations/example.org/Widget/testdata/w.yaml")
    #expect(try command.run(["health", object, "--output", "json"]).out.contains("exact"))
    let wild = try command.write("apiVersion: a.example.com/v1\nkind: Any\n", "any.yaml")
    let outcome = try command.run(["health", wild, "--customizations", root, "--output", "json"])
    #expect(outcome.out.contains("wild"), "\(outcome)")
  }

  @Test func whatIsNoCustomizationIsSaid() throws {
    let command = try BuiltCommand()
    defer { command.remove() }
    let object = try command.write(widget, "object.yaml")
    let table: [(String, String)] = [
      ("kind: ConfigMap\ndata: {resource.customizations.health.a_b_c: x}\n", "names no kind"),
      ("kind: ConfigMap\ndata: {resource.customizations: 'a: ['}\n", "cannot be read"), ("a: [", "yaml."),
    ]
    for (text, words) in table {
      let outcome = try command.run(["health", object, "--customizations", try command.write(text, "cm.yaml")])
      #expect(outcome.status == 2 && outcome.error.contains(words), "\(text): \(outcome)")
    }
    let absent = try command.run(["health", object, "--customizations", "/no/such/file"])
    #expect(absent.status == 2 && absent.error.contains("/no/such/file"))
  }
}
