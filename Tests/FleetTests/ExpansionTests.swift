import Manifest
import Testing

@testable import Fleet

/// Golden folders: `in/appset.yaml`, `in/clusters/*.yaml`, `in/repository/**`, and what comes out.
@Suite struct ExpansionTests {
  private static let folder = GoldenFolder("Cases/Expansion")

  @Test(arguments: folder.names) func golden(_ name: String) throws {
    let files = try Self.folder.files(name)
    let declared = FleetContents.read(files.filter { $0.name == "in/appset.yaml" })
    let registry = FleetContents.read(files.filter { $0.name.hasPrefix("in/clusters/") }).known.registry
    let set = try #require(declared.known.applicationSets.first, "\(declared.diagnostics)")
    let expander = ApplicationSetExpander(set)
    var inputs = ExpansionInputs(registry: registry)
    for inquiry in expander.expand(inputs).inquiries {
      inputs.repositories[inquiry] = .success(MemoryTree(files, below: "in/repository/"))
    }
    let expansion = expander.expand(inputs)
    if let expected = files.first(where: { $0.name == "errors.txt" }) {
      let said = expansion.applications.diagnostics.filter { $0.severity == .error }.map(Self.line)
      #expect(said.joined(separator: "\n") + "\n" == String(decoding: expected.bytes, as: UTF8.self))
      guard case .incomplete = expansion.applications else {
        Issue.record("an expansion with errors is complete")
        return
      }
    } else {
      let said = expansion.applications.diagnostics
      let warnings = files.first { $0.name == "warnings.txt" }.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
      #expect(said.map { Self.line($0) + "\n" }.joined() == warnings && !said.contains { $0.severity == .error })
      guard case .complete = expansion.applications else {
        Issue.record("an expansion without errors is incomplete: \(expansion.applications.failures)")
        return
      }
    }
    let expected = try #require(files.first { $0.name == "out.yaml" })
    let wanted = try YAML.parse(expected.bytes, options: YAML.Options(schema: .yaml11))
    let got = expansion.applications.known.map { Node.mapping($0.root) }
    #expect(got == wanted, "\(got.map { JSON.text($0) }.joined(separator: "\n"))")
  }

  private static func line(_ diagnostic: Diagnostic) -> String {
    let mark = diagnostic.location?.mark ?? .none
    let extra = [diagnostic.label, diagnostic.help ?? ""].filter { !$0.isEmpty }.map { " (\($0))" }.joined()
    return "\(mark.line):\(mark.column) \(diagnostic.code): \(diagnostic.message)\(extra)"
  }

  @Test func unansweredInquiriesLeaveTheAnswerIncomplete() throws {
    let set = try Self.set(
      """
      generators: [{git: {repoURL: https://git.example.com/a.git, revision: main, directories: [{path: "*"}]}}]
      template: {metadata: {name: "{{path}}"}, spec: {destination: {name: in-cluster}}}
      """)
    let expansion = ApplicationSetExpander(set).expand(ExpansionInputs(registry: .empty))
    #expect(expansion.inquiries == [.repository(url: "https://git.example.com/a.git", revision: "main")])
    guard case .incomplete = expansion.applications else {
      Issue.record("nothing may be deleted before the repository is read")
      return
    }
  }

  @Test func oneBadElementLeavesTheOthers() throws {
    let set = try Self.set(
      """
      goTemplate: true
      goTemplateOptions: [missingkey=error]
      generators: [{list: {elements: [{name: a, ns: x}, {name: b}, {name: Bad_Name, ns: x}, {name: c, ns: x}]}}]
      template: {metadata: {name: "{{.name}}"}, spec: {destination: {name: in-cluster, namespace: "{{.ns}}"}}}
      """)
    let answer = ApplicationSetExpander(set).expand(ExpansionInputs(registry: .empty)).applications
    #expect(answer.known.map(\.name) == ["a", "c"])
    #expect(Set(answer.diagnostics.map(\.code)) == ["template.missing-parameter", "application.bad-name"])
    guard case .incomplete = answer else {
      Issue.record("a bad element must keep anything from being deleted")
      return
    }
  }

  /// Argo CD's result, and a word of why it is none that anybody wanted.
  @Test func aSimpleTemplateWarnsOfAParameterThatIsMissing() throws {
    let set = try Self.set(
      """
      generators: [{list: {elements: [{name: a, ns: x}, {name: b}, {name: c}]}}]
      template: {metadata: {name: "{{name}}"}, spec: {destination: {name: in-cluster, namespace: "{{ns}}"}}}
      """)
    let answer = ApplicationSetExpander(set).expand(ExpansionInputs(registry: .empty)).applications
    #expect(answer.known.map(\.destination.namespace) == ["x", "{{ns}}", "{{ns}}"])
    let warnings = answer.diagnostics
    #expect(warnings.map(\.code) == ["template.missing-parameter"] && warnings.map(\.severity) == [.warning])
    #expect(warnings.first?.message.contains("'ns'") == true && warnings.first?.label.contains("has: name") == true)
    guard case .complete = answer else {
      Issue.record("a warning keeps nothing from going")
      return
    }
  }

  static func set(_ spec: String) throws -> ApplicationSet {
    let indented = spec.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n" + indented
    let answer = FleetContents.read([FleetFile(name: "set.yaml", bytes: Array(text.utf8))])
    return try #require(answer.known.applicationSets.first, "\(answer.diagnostics)")
  }
}
