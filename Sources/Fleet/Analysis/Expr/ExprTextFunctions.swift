/// The functions of expr that work on text, byte by byte as Go's `strings` does.
enum ExprTextFunctions {
  /// - Parameter text: gives an argument that must be text; `integer` and `list` likewise.
  static func call(
    _ function: ExprFunction, count: Int, text: (Int) throws(ExprError) -> String,
    integer: (Int) throws(ExprError) -> Int, list: (Int) throws(ExprError) -> ExprList,
    spend: ExprFunctions.Spend
  ) throws(ExprError) -> ExprValue {
    if function == .join { return try joined(try list(0), count > 1 ? try text(1) : "", spend) }
    let subject = try text(0)
    switch function {
    case .trim: return .string(trim(subject, count > 1 ? try text(1) : nil))
    case .trimPrefix:
      let part = count > 1 ? try text(1) : " "
      return .string(subject.utf8.starts(with: part.utf8) ? tail(subject, dropping: part.utf8.count) : subject)
    case .trimSuffix:
      let part = count > 1 ? try text(1) : " "
      let ends = subject.utf8.reversed().starts(with: part.utf8.reversed())
      return .string(ends ? String(decoding: subject.utf8.dropLast(part.utf8.count), as: UTF8.self) : subject)
    case .upper: return .string(subject.uppercased())
    case .lower: return .string(subject.lowercased())
    case .split, .splitAfter:
      let limit = count > 2 ? try integer(2) : -1
      let parts = split(subject, by: try text(1), limit: limit, keepsSeparator: function == .splitAfter)
      try spend(parts.count + subject.utf8.count)
      return .strings(parts)
    case .replace:
      let limit = count > 3 ? try integer(3) : -1
      return .string(try replaced(subject, try text(1), by: try text(2), limit: limit, spend))
    case .repeat: return .string(try repeated(subject, try integer(1), spend))
    case .indexOf: return .int(ExprText.position(of: try text(1), in: subject) ?? -1)
    case .lastIndexOf: return .int(ExprText.position(of: try text(1), in: subject, isLast: true) ?? -1)
    case .hasPrefix: return .bool(subject.utf8.starts(with: try text(1).utf8))
    default: return .bool(subject.utf8.reversed().starts(with: try text(1).utf8.reversed()))
    }
  }

  private static func tail(_ text: String, dropping count: Int) -> String {
    String(decoding: text.utf8.dropFirst(count), as: UTF8.self)
  }

  private static func trim(_ text: String, _ set: String?) -> String {
    func isCut(_ scalar: Unicode.Scalar) -> Bool {
      if let set { return set.unicodeScalars.contains(scalar) }
      return scalar.properties.isWhitespace
    }
    let scalars = text.unicodeScalars.drop(while: isCut)
    var end = scalars.endIndex
    while end > scalars.startIndex, isCut(scalars[scalars.index(before: end)]) { end = scalars.index(before: end) }
    return String(String.UnicodeScalarView(scalars[..<end]))
  }

  private static func joined(_ list: ExprList, _ glue: String, _ spend: ExprFunctions.Spend) throws(ExprError)
    -> ExprValue
  {
    var text = ""
    for (index, item) in list.items.enumerated() {
      guard case .string(let part) = item else {
        throw ExprError(.run, "join takes a list of texts, not of \(item.typeName)")
      }
      try spend(part.utf8.count + glue.utf8.count)
      text += (index > 0 ? glue : "") + part
    }
    return .string(text)
  }

  private static func repeated(_ text: String, _ count: Int, _ spend: ExprFunctions.Spend) throws(ExprError) -> String {
    guard count >= 0 else { throw ExprError(.run, "repeat: a number of times is not negative") }
    let (bytes, isTooLarge) = text.utf8.count.multipliedReportingOverflow(by: count)
    try spend(isTooLarge || count > 1_000_000 ? 1_000_000 : bytes)
    return String(repeating: text, count: count)
  }

  /// Go's `SplitN`: below zero no limit; an empty separator splits between characters.
  private static func split(_ text: String, by separator: String, limit: Int, keepsSeparator: Bool) -> [String] {
    if limit == 0 { return [] }
    var parts: [String] = []
    if separator.isEmpty {
      var rest = text.unicodeScalars[...]
      while let first = rest.first {
        if parts.count + 1 == limit { break }
        parts.append(String(first))
        rest = rest.dropFirst()
      }
      return rest.isEmpty ? parts : parts + [String(String.UnicodeScalarView(rest))]
    }
    var rest = text
    while limit < 0 || parts.count < limit - 1, let position = ExprText.position(of: separator, in: rest) {
      let length = position + (keepsSeparator ? separator.utf8.count : 0)
      parts.append(String(decoding: rest.utf8.prefix(length), as: UTF8.self))
      rest = tail(rest, dropping: position + separator.utf8.count)
    }
    return parts + [rest]
  }

  private static func replaced(
    _ text: String, _ old: String, by new: String, limit: Int, _ spend: ExprFunctions.Spend
  ) throws(ExprError) -> String {
    guard limit != 0, old != new else { return text }
    // An empty text stands before each character and at the end.
    var parts = split(text, by: old, limit: limit < 0 ? -1 : old.isEmpty ? limit : limit &+ 1, keepsSeparator: false)
    if old.isEmpty {
      let all = text.unicodeScalars.count + 1
      let count = limit < 0 ? all : min(limit, all)
      try spend(count * new.utf8.count + text.utf8.count)
      parts = split(text, by: "", limit: limit < 0 ? -1 : limit, keepsSeparator: false)
      return (count > 0 ? new : "") + parts.joined(separator: new) + (count == all && !parts.isEmpty ? new : "")
    }
    try spend(parts.count * new.utf8.count + text.utf8.count)
    return parts.joined(separator: new)
  }
}
