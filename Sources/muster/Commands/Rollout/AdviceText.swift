import Manifest

/// What a person may do now, in two columns: commands, and what they do; what is no command stands below them.
enum AdviceText {
  private static let separator = "   "

  /// - Parameter advice: `muster …   what it does`, or a sentence.
  static func lines(_ advice: [String]) -> [String] {
    let rows = advice.map { text in
      text.hasPrefix("muster ")
        ? text.firstRange(of: separator).map { (text[..<$0.lowerBound], text[$0.upperBound...]) } : nil
    }
    let width = rows.compactMap { $0?.0.count }.max() ?? 0
    let commands = rows.compactMap(\.self).map { command, words in
      "  " + Visible.text(String(command)) + String(repeating: " ", count: width - command.count + 3)
        + Visible.text(String(words))
    }
    let sentences = zip(advice, rows).filter { $0.1 == nil }.map { "  " + Visible.text($0.0) }
    return commands + sentences
  }
}
