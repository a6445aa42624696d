import Manifest

/// What is wrong with the fleet repository and its sets, as `muster status` tells it: until it is mended, what was
/// last good stays in force.
struct FleetProblems {
  private static let most = 10

  let lines: [String]
  /// Whether the repository could not be read as a whole: then absence means nothing, and nothing is removed.
  let blocksRemovals: Bool

  /// - Parameters:
  ///   - fleet: the hub's answer to `GET /api/v1/fleet`.
  ///   - sets: the items of its answer to `GET /api/v1/applicationsets`.
  init(fleet: Node, sets: [Node]) {
    let diagnostics = fleet["diagnostics"]?.sequence ?? []
    let failures = (fleet["failures"]?.sequence ?? []).compactMap(\.string)
    let ofSets = sets.flatMap { set in
      (set["problems"]?.sequence ?? []).compactMap(\.string).map {
        "applicationset \(set["name"]?.string ?? ""): \($0)"
      }
    }
    lines = (diagnostics.map(Self.line) + failures.map { "error: " + $0 } + ofSets).map(Visible.text)
    blocksRemovals = !failures.isEmpty || diagnostics.contains { ($0["severity"]?.string ?? "error") == "error" }
  }

  private static func line(_ diagnostic: Node) -> String {
    let file = diagnostic["file"]?.string ?? ""
    let place =
      file.isEmpty ? "" : "\(file):\(diagnostic["line"]?.int ?? 0):\(diagnostic["column"]?.int ?? 0): "
    return place + (diagnostic["severity"]?.string ?? "error") + ": " + (diagnostic["message"]?.string ?? "")
  }

  /// The consequence that nobody would think of.
  static let removalsWait = "the fleet repository has errors: nothing is removed until they are mended"

  var text: String {
    if lines.isEmpty { return "" }
    let consequence = blocksRemovals ? "what was last good stays, and nothing is removed" : "what was last good stays"
    var text = "Fleet repository: \(Counted.text(lines.count, "problem")); \(consequence).\n"
    for line in lines.prefix(Self.most) { text += "  \(line)\n" }
    if lines.count > Self.most { text += "  … and \(lines.count - Self.most) more (-o json)\n" }
    return text + "\n"
  }
}
