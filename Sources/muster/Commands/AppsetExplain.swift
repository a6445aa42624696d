import ArgumentParser
import Manifest

/// `muster appset explain SET [--cluster C]`: why a cluster is in or out, and where its parameters come from and go.
struct AppsetExplain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Says why a cluster is in a set or out, and where its parameters come from.")

  @Argument(help: "The ApplicationSet.", completion: NameCompletion.sets) var name: String
  @Option(help: "The cluster in question; else all in short.", completion: NameCompletion.clusters) var cluster: String?
  @OptionGroup var list: ListOptions
  @OptionGroup var hub: HubOptions

  func run() async throws {
    let query = cluster.map { "?cluster=" + URLText.segment($0) } ?? ""
    let client = try hub.client()
    let set = try await client.get("applicationsets/" + URLText.segment(name))
    let explanation = try await client.get("applicationsets/\(URLText.segment(name))/explanation" + query)
    let words = ExplanationText(explanation: explanation, file: set["file"]?.string ?? "")
    guard list.format == .name else {
      return print(list.text(explanation) { words.text(wide: $0) }, terminator: "")
    }
    for name in words.applications { print(Visible.text(name)) }
  }
}

/// An explanation in words.
private struct ExplanationText {
  let explanation: Node
  /// `templates/web.yaml:1`
  let file: String

  /// What it expands to.
  var applications: [String] {
    (explanation["generators"]?.sequence ?? []).flatMap { $0["elements"]?.sequence ?? [] }
      .compactMap { $0["application"]?.string }.filter { !$0.isEmpty }
  }

  func text(wide: Bool) -> String {
    let parts = explanation["generators"]?.sequence ?? []
    var text = verdict(parts)
    for part in parts { text += "\n" + words(part, wide) }
    for problem in explanation["problems"]?.sequence ?? [] {
      text += "\nProblem: \(Visible.text(problem.string ?? ""))\n"
    }
    return text
  }

  private func verdict(_ parts: [Node]) -> String {
    let set = Visible.text(explanation["set"]?.string ?? "")
    guard let cluster = explanation["cluster"]?.string.map({ Visible.text($0) }) else { return "\(set)\n" }
    let names = parts.flatMap { $0["elements"]?.sequence ?? [] }.compactMap { $0["application"]?.string }
    if names.isEmpty { return "\(set): cluster \(cluster) is out\n" }
    return "\(set): cluster \(cluster) is in, as \(names.map { Visible.text($0) }.joined(separator: ", "))\n"
  }

  private func words(_ part: Node, _ wide: Bool) -> String {
    let path = file.split(separator: ":").dropLast().joined(separator: ":")
    let count = part["parameterSets"]?.int.map { "gives \($0)" } ?? "failed"
    var text = "Generator \(part["generator"]?.string ?? "") (\(path):\(part["line"]?.int ?? 0)) \(count)\n"
    for refusal in part["refusals"]?.sequence ?? [] { text += "  \(Visible.text(refusal.string ?? ""))\n" }
    for element in part["elements"]?.sequence ?? [] { text += self.element(element, wide) }
    return text
  }

  private func element(_ element: Node, _ wide: Bool) -> String {
    var text = "  " + Visible.text(element["from"]?.string ?? "") + " → "
    let name = element["application"]?.string ?? ""
    text += name.isEmpty ? "nothing" : Visible.text(name)
    text += element["isGood"]?.bool == true ? "\n" : " (refused: see the set's problems)\n"
    // Whoever asks for all wants to see all; whoever asks for one, its parameters.
    guard explanation["cluster"]?.string != nil else { return text }
    var table = Table(["  PARAMETER", "VALUE", "USED IN LINES"])
    for parameter in element["parameters"]?.sequence ?? [] {
      table.rows.append([
        "  " + (parameter["name"]?.string ?? ""), parameter["value"]?.string ?? "",
        (parameter["lines"]?.sequence ?? []).compactMap { $0.int.map(String.init) }.joined(separator: ", "),
      ])
    }
    return text + table.text(whole: wide)
  }
}
