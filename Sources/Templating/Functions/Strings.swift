extension Function {
  /// Sprig's functions on text. Lengths and offsets count bytes, as in Go.
  static let strings: [Function] =
    [
      Function("upper", 1) { a, run in try run.text(SimpleCase.upper(try a.string(0))) },
      Function("lower", 1) { a, run in try run.text(SimpleCase.lower(try a.string(0))) },
      Function("title", 1) { a, run in try run.text(Words.title(try a.string(0))) },
      Function("untitle", 1) { a, run in try run.text(Words.untitle(try a.string(0))) },
      Function("swapcase", 1) { a, run in try run.text(Words.swapCase(try a.string(0))) },
      Function("snakecase", 1) { a, run in try run.text(Words.joined(try a.string(0), by: "_")) },
      Function("kebabcase", 1) { a, run in try run.text(Words.joined(try a.string(0), by: "-")) },
      Function("camelcase", 1) { a, run in try run.text(Words.pascal(try a.string(0))) },
      Function("initials", 1) { a, run in try run.text(Words.initials(try a.string(0))) },
      Function("nospace", 1) { a, run in
        try run.text(String(try a.string(0).unicodeScalars.filter { !$0.properties.isWhitespace }.map(Character.init)))
      },
      Function("trim", 1) { a, run in try run.text(Trimming.spaces(try a.string(0))) },
      Function("trimSuffix", 2) { a, run in
        let (suffix, text) = (try a.string(0), try a.string(1))
        return try run.text(
          Bytes.hasSuffix(text, suffix) ? Bytes.slice(text, 0, text.utf8.count - suffix.utf8.count) : text)
      },
      Function("trimPrefix", 2) { a, run in
        let (prefix, text) = (try a.string(0), try a.string(1))
        return try run.text(
          Bytes.hasPrefix(text, prefix) ? Bytes.slice(text, prefix.utf8.count, text.utf8.count) : text)
      },
      Function("trunc", 2) { a, run in try run.text(truncated(try a.int(0), try a.string(1))) },
      Function("abbrev", 2) { a, run in
        let (width, text) = (try a.int(0), try a.string(1))
        return try run.text(width < 4 ? text : Words.abbreviated(text, offset: 0, width: width))
      },
      Function("abbrevboth", 3) { a, run in
        let (left, width, text) = (try a.int(0), try a.int(1), try a.string(2))
        let tooNarrow = width < 4 || left > 0 && width < 7
        return try run.text(tooNarrow ? text : Words.abbreviated(text, offset: left, width: width))
      },
      Function("substr", 3) { a, run in try run.text(try substring(a)) },
      Function("repeat", 2) { a, run in
        let (count, text) = (try a.int(0), try a.string(1))
        guard count >= 0 else { throw a.failure("negative Repeat count") }
        let (size, overflow) = count.multipliedReportingOverflow(by: text.utf8.count)
        try run.budget.makeText(bytes: overflow ? .max : size)
        return .string(text.isEmpty ? "" : String(repeating: text, count: count))
      },
      Function("replace", 3) { a, run in
        let (old, new, text) = (try a.string(0), try a.string(1), try a.string(2))
        return try run.text(try Bytes.replacing(old, new, in: text, &run))
      },
      Function("contains", 2) { a, run in
        try run.budget.spend(try a.string(1).utf8.count)
        return .bool(Bytes.contains(try a.string(1), try a.string(0)))
      },
      Function("hasPrefix", 2) { a, _ in .bool(Bytes.hasPrefix(try a.string(1), try a.string(0))) },
      Function("hasSuffix", 2) { a, _ in .bool(Bytes.hasSuffix(try a.string(1), try a.string(0))) },
      Function("quote", 0...) { a, run in try quoted(a, &run) { GoQuote.quoted($0) } },
      Function("squote", 0...) { a, run in try quoted(a, &run) { "'\($0)'" } },
      Function("cat", 0...) { a, run in
        let texts = try a.values.filter { !$0.isNothing }.map { try $0.text(&run) }
        return try run.text(texts.joined(separator: " "))
      },
      Function("indent", 2) { a, run in try run.text(try indented(a, &run)) },
      Function("nindent", 2) { a, run in try run.text("\n" + (try indented(a, &run))) },
      Function("wrap", 2) { a, run in
        try run.text(Words.wrapped(try a.string(1), width: try a.int(0), separator: "\n", breakingWords: false))
      },
      Function("wrapWith", 3) { a, run in
        let (width, separator, text) = (try a.int(0), try a.string(1), try a.string(2))
        try run.budget.makeText(bytes: text.utf8.count * (separator.utf8.count + 1))
        return try run.text(Words.wrapped(text, width: width, separator: separator, breakingWords: true))
      },
      Function("plural", 3) { a, _ in .string(try a.int(2) == 1 ? try a.string(0) : try a.string(1)) },
      Function("join", 2) { a, run in
        try run.text(try a[1].textList(&run).joined(separator: try a.string(0)))
      },
      Function("splitList", 2) { a, run in
        try run.texts(Bytes.split(try a.string(1), by: try a.string(0), limit: nil))
      },
      Function("split", 2) { a, run in
        try numbered(Bytes.split(try a.string(1), by: try a.string(0), limit: nil), &run)
      },
      Function("splitn", 3) { a, run in
        try numbered(Bytes.split(try a.string(2), by: try a.string(0), limit: try a.int(1)), &run)
      },
      Function("hello", 0) { _, _ in .string("Hello!") },
      Function("fail", 1) { a, _ in throw TemplateError(.failed, try a.string(0)) },
    ]
    + Function("trimAll", 2) { a, run in
      try run.text(Trimming.scalars(of: try a.string(1), in: try a.string(0)))
    }.also("trimall")

  private static func truncated(_ count: Int, _ text: String) -> String {
    let length = text.utf8.count
    if count < 0, count > -length { return Bytes.slice(text, length + count, length) }
    if count >= 0, length > count { return Bytes.slice(text, 0, count) }
    return text
  }

  private static func substring(_ a: Arguments) throws -> String {
    let (start, end, text) = (try a.int(0), try a.int(1), try a.string(2))
    let length = text.utf8.count
    let lower = max(start, 0)
    let upper = start < 0 ? end : end < 0 || end > length ? length : end
    guard lower <= upper, upper <= length else { throw a.failure("slice bounds out of range [\(start):\(end)]") }
    return Bytes.slice(text, lower, upper)
  }

  private static func quoted(_ a: Arguments, _ run: inout Run, _ quote: (String) -> String) throws -> GoValue {
    let texts = try a.values.filter { !$0.isNothing }.map { quote(try $0.text(&run)) }
    return try run.text(texts.joined(separator: " "))
  }

  private static func indented(_ a: Arguments, _ run: inout Run) throws -> String {
    let (spaces, text) = (try a.int(0), try a.string(1))
    guard spaces >= 0 else { throw a.failure("negative Repeat count") }
    let lines = text.utf8.count { $0 == 10 } + 1
    let (size, overflow) = spaces.multipliedReportingOverflow(by: lines)
    try run.budget.makeText(bytes: overflow ? .max : size)
    let pad = String(repeating: " ", count: spaces)
    return pad + (try Bytes.replacing("\n", "\n" + pad, in: text, &run))
  }

  /// `_0`, `_1`, …
  private static func numbered(_ parts: [String], _ run: inout Run) throws -> GoValue {
    try run.budget.makeList(count: parts.count)
    let members = parts.enumerated().map { ("_\($0)", GoValue.string($1)) }
    return .map(GoMap(Dictionary(uniqueKeysWithValues: members), element: .string))
  }
}
