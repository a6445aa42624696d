extension Function {
  /// Sprig's regular expressions, in RE2's syntax.
  static let regularExpressions: [Function] =
    [
      // The one that takes what is no expression for one that fits nothing.
      Function("regexMatch", 2) { a, run in
        let (pattern, text) = (try a.string(0), try a.string(1))
        guard let regex = try? LinearRegex(pattern) else { return .bool(false) }
        return .bool(try matches(regex, text, &run))
      },
      Function("mustRegexMatch", 2) { a, run in .bool(try matches(try compiled(a), try a.string(1), &run)) },
    ]
    + Function("regexFind", 2) { a, run in
      let (regex, text) = (try compiled(a), Array(try a.string(1).unicodeScalars))
      let match = try regex.firstMatch(in: text, from: 0) { try run.budget.spend($0) }
      return .string(match.map { string(text[$0.range]) } ?? "")
    }.also("mustRegexFind")
    + Function("regexFindAll", 3) { a, run in
      let (regex, text, limit) = (try compiled(a), Array(try a.string(1).unicodeScalars), try a.int(2))
      let matches = try regex.allMatches(in: text, limit: limit < 0 ? .max : limit) { try run.budget.spend($0) }
      return try run.texts(matches.map { string(text[$0.range]) })
    }.also("mustRegexFindAll")
    + Function("regexReplaceAll", 3) { a, run in
      let template = Array(try a.string(2).unicodeScalars)
      return try replaced(a, &run) { expanded(template, $0, $1, $2) }
    }.also("mustRegexReplaceAll")
    + Function("regexReplaceAllLiteral", 3) { a, run in
      let literal = try a.string(2)
      return try replaced(a, &run) { _, _, _ in literal }
    }.also("mustRegexReplaceAllLiteral")
    + Function("regexSplit", 3) { a, run in try split(a, &run) }.also("mustRegexSplit")
    + [
      Function("regexQuoteMeta", 1) { a, run in
        try run.text(
          try a.string(0).map { #"\.+*?()|[]{}^$"#.contains($0) ? "\\\($0)" : String($0) }.joined())
      }
    ]

  private static func matches(_ regex: LinearRegex, _ text: String, _ run: inout Run) throws -> Bool {
    try regex.firstMatch(in: Array(text.unicodeScalars), from: 0) { try run.budget.spend($0) } != nil
  }

  private static func compiled(_ a: Arguments) throws -> LinearRegex {
    let pattern = try a.string(0)
    do {
      return try LinearRegex(pattern)
    } catch {
      throw a.failure("error parsing regexp: \(error.message): `\(pattern.prefix(60))`")
    }
  }

  private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var text = ""
    text.unicodeScalars.append(contentsOf: scalars)
    return text
  }

  private static func replaced(
    _ a: Arguments, _ run: inout Run,
    _ replacement: (LinearRegex, LinearRegex.Match, [Unicode.Scalar]) -> String
  ) throws -> GoValue {
    let (regex, text) = (try compiled(a), Array(try a.string(1).unicodeScalars))
    var out = ""
    var start = 0
    for match in try regex.allMatches(in: text, limit: .max, spend: { try run.budget.spend($0) }) {
      out += string(text[start..<match.range.lowerBound]) + replacement(regex, match, text)
      start = match.range.upperBound
      try run.budget.makeText(bytes: out.utf8.count)
    }
    return try run.text(out + string(text[start...]))
  }

  /// `$1`, `${name}` and `$$` of a replacement.
  private static func expanded(
    _ template: [Unicode.Scalar], _ regex: LinearRegex, _ match: LinearRegex.Match, _ text: [Unicode.Scalar]
  ) -> String {
    var out = ""
    var index = 0
    while index < template.count {
      guard template[index] == "$" else {
        out.unicodeScalars.append(template[index])
        index += 1
        continue
      }
      if index + 1 < template.count, template[index + 1] == "$" {
        out += "$"
        index += 2
        continue
      }
      let isBraced = index + 1 < template.count && template[index + 1] == "{"
      let start = index + (isBraced ? 2 : 1)
      let end = template[min(start, template.count)...].firstIndex { !ScalarSet.words.contains($0) } ?? template.count
      let isClosed = !isBraced || end < template.count && template[end] == "}"
      guard end > start, isClosed else {
        out += "$"
        index += 1
        continue
      }
      let name = string(template[start..<end])
      let group = Int(name) ?? regex.captureNames[name] ?? -1
      if group >= 0, let range = match[group] { out += string(text[range]) }
      index = end + (isBraced ? 1 : 0)
    }
    return out
  }

  private static func split(_ a: Arguments, _ run: inout Run) throws -> GoValue {
    let (regex, text, limit) = (try compiled(a), Array(try a.string(1).unicodeScalars), try a.int(2))
    if limit == 0 { return try run.texts([]) }
    if text.isEmpty { return try run.texts([""]) }
    var parts: [String] = []
    var start = 0
    for match in try regex.allMatches(in: text, limit: .max, spend: { try run.budget.spend($0) }) {
      if limit > 0, parts.count == limit - 1 { break }
      let range = match.range
      // An empty match at either end does not split.
      if range.upperBound == 0 || range.isEmpty && range.lowerBound == text.count { continue }
      parts.append(string(text[start..<range.lowerBound]))
      start = range.upperBound
    }
    return try run.texts(parts + [string(text[start...])])
  }
}
