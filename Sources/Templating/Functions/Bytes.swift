/// Text as Go sees it: bytes. Cuts through a letter leave U+FFFD, as Go's output does once it is JSON.
enum Bytes {
  /// The bytes from `lower` up to `upper`, which lie within the text.
  static func slice(_ text: String, _ lower: Int, _ upper: Int) -> String {
    String(decoding: text.utf8.dropFirst(lower).prefix(upper - lower), as: UTF8.self)
  }

  static func hasPrefix(_ text: String, _ prefix: String) -> Bool { text.utf8.starts(with: prefix.utf8) }

  static func hasSuffix(_ text: String, _ suffix: String) -> Bool {
    text.utf8.count >= suffix.utf8.count && text.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }

  static func contains(_ text: String, _ part: String) -> Bool {
    !positions(of: Array(part.utf8), in: Array(text.utf8), limit: 1).isEmpty || part.isEmpty
  }

  /// Where `part` begins, without overlaps; empty for an empty part.
  static func positions(of part: [UInt8], in text: [UInt8], limit: Int = .max) -> [Int] {
    guard let first = part.first, part.count <= text.count else { return [] }
    var found: [Int] = []
    var index = 0
    while index <= text.count - part.count, found.count < limit {
      if text[index] == first, text[index..<(index + part.count)].elementsEqual(part) {
        found.append(index)
        index += part.count
      } else {
        index += 1
      }
    }
    return found
  }

  /// strings.Replace of all; an empty `old` fits before every letter and at the end.
  static func replacing(_ old: String, _ new: String, in text: String, _ run: inout Run) throws -> String {
    if old.isEmpty {
      let (size, overflow) = (text.utf8.count + 1).multipliedReportingOverflow(by: new.utf8.count + 1)
      try run.budget.makeText(bytes: overflow ? .max : size)
      return new + text.unicodeScalars.map { String(Character($0)) + new }.joined()
    }
    let (bytes, part, replacement) = (Array(text.utf8), Array(old.utf8), Array(new.utf8))
    let found = positions(of: part, in: bytes)
    try run.budget.makeText(bytes: bytes.count + found.count * max(0, replacement.count - part.count))
    var out: [UInt8] = []
    var start = 0
    for position in found {
      out += bytes[start..<position]
      out += replacement
      start = position + part.count
    }
    out += bytes[start...]
    return String(decoding: out, as: UTF8.self)
  }

  /// strings.Split and SplitN: an empty separator splits into letters; a limit of 0 gives nothing, below 0 all.
  static func split(_ text: String, by separator: String, limit: Int?) -> [String] {
    let limit = limit.map { $0 < 0 ? .max : $0 } ?? .max
    guard limit > 0 else { return [] }
    if separator.isEmpty {
      let letters = text.unicodeScalars.map { String(Character($0)) }
      guard letters.count > limit else { return letters }
      return Array(letters.prefix(limit - 1)) + [letters.dropFirst(limit - 1).joined()]
    }
    let (bytes, part) = (Array(text.utf8), Array(separator.utf8))
    var parts: [String] = []
    var start = 0
    for position in positions(of: part, in: bytes, limit: limit == .max ? .max : limit - 1) {
      parts.append(String(decoding: bytes[start..<position], as: UTF8.self))
      start = position + part.count
    }
    return parts + [String(decoding: bytes[start...], as: UTF8.self)]
  }
}

/// Text without what stands at its ends.
enum Trimming {
  static func spaces(_ text: String) -> String { trimmed(text) { $0.properties.isWhitespace } }

  static func scalars(of text: String, in set: String) -> String {
    let set = Set(set.unicodeScalars)
    return trimmed(text) { set.contains($0) }
  }

  private static func trimmed(_ text: String, _ isTrimmed: (Unicode.Scalar) -> Bool) -> String {
    var scalars = text.unicodeScalars[...]
    while let first = scalars.first, isTrimmed(first) { scalars.removeFirst() }
    while let last = scalars.last, isTrimmed(last) { scalars.removeLast() }
    return String(scalars)
  }
}
