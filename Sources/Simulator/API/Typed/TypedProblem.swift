/// Ways in which a value does not fit its type, worded as structured-merge-diff words them.
struct TypedProblem: Error, Equatable {
  struct Entry: Equatable {
    var path: String
    var message: String

    var text: String { path.isEmpty ? message : "\(path): \(message)" }
  }

  var entries: [Entry]

  var text: String {
    entries.count == 1 ? entries[0].text : (["errors:"] + entries.map { "  " + $0.text }).joined(separator: "\n")
  }
}
