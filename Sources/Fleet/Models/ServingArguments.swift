/// What the command line of a model server says: `--model=org/name`, `--model org/name`, `vllm serve org/name`.
struct ServingArguments {
  private static let recognised: Set<String> = [
    "model", "model-id", "model-name", "served-model-name", "revision", "model-revision", "model-version", "model-tag",
  ]
  private static let maximumWords = 2_000

  private var options: [(name: String, value: String)] = []

  /// - Parameter words: command and arguments; a script for a shell is taken apart at its spaces.
  init(_ words: [String]) {
    let parts = Array(
      words.prefix(Self.maximumWords).flatMap { word in
        word.contains(" ") || word.contains("\n")
          ? word.split { " \n\t\\".contains($0) }.map { String($0.drop { $0 == "\"" || $0 == "'" }) } : [word]
      }.prefix(Self.maximumWords))
    for (index, part) in parts.enumerated() {
      let next = index + 1 < parts.count ? parts[index + 1] : nil
      if part.hasPrefix("-") {
        take(part.drop { $0 == "-" }, next)
      } else if part == "serve", let next, !next.hasPrefix("-") {
        options.append(("model", Self.bare(next)))
      }
    }
  }

  private mutating func take(_ option: Substring, _ next: String?) {
    if let equals = option.firstIndex(of: "=") {
      let name = Self.name(option[..<equals])
      if Self.recognised.contains(name) {
        options.append((name, Self.bare(String(option[option.index(after: equals)...]))))
      }
    } else if let next, !next.hasPrefix("-"), Self.recognised.contains(Self.name(option)) {
      options.append((Self.name(option), Self.bare(next)))
    }
  }

  private static func name(_ text: Substring) -> String { text.lowercased().replacing("_", with: "-") }

  private static func bare(_ text: String) -> String {
    guard let first = text.first, first == "\"" || first == "'" else {
      return String(text.prefix { $0 != "\"" && $0 != "'" })
    }
    return String(text.dropFirst().prefix { $0 != first })
  }

  func give(to fields: inout ModelFields) {
    for option in options { fields.take(option.name, option.value) }
  }
}
