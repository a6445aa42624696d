import Manifest

/// What is wrong with the fleet repository and its sets, as `muster status` tells it: until it is mended, what was
/// last good stays in force.
struct FleetProblems {
  private static let most = 10

  let lines: [String]

  /// - Parameters:
  ///   - fleet: the hub's answer to `GET /api/v1/fleet`.
  ///   - sets: the items of its answer to `GET /api/v1/applicationsets`.
  init(fleet: Node, sets: [Node]) {
    let diagnostics = (fleet["diagnostics"]?.sequence ?? []).map { diagnostic in
      let file = diagnostic["file"]?.string ?? ""
      let place =
        file.isEmpty
        ? "" : "\(file):\(diagnostic["line"]?.int ?? 0):\(diagnostic["column"]?.int ?? 0): "
      let severity = diagnostic["severity"]?.string ?? "error"
      return place + severity + ": " + (diagnostic["message"]?.string ?? "")
    }
    let failures = (fleet["failures"]?.sequence ?? []).compactMap(\.string).map { "error: " + $0 }
    let ofSets = sets.flatMap { set in
      (set["problems"]?.sequence ?? []).compactMap(\.string).map {
        "applicationset \(set["name"]?.string ?? ""): \($0)"
      }
    }
    lines = diagnostics + failures + ofSets
  }

  var text: String {
    if lines.isEmpty { return "" }
    var text =
      "Fleet repository: \(lines.count) \(lines.count == 1 ? "problem" : "problems"); what was last good stays.\n"
    for line in lines.prefix(Self.most) { text += "  \(line)\n" }
    if lines.count > Self.most { text += "  … and \(lines.count - Self.most) more (-o json)\n" }
    return text + "\n"
  }
}
