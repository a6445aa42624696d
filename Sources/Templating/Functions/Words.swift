/// Changes of case and of layout, word by word.
enum Words {
  /// strings.Title: the first letter of every word; words are letters, digits and `_`.
  static func title(_ text: String) -> String {
    var previousIsLetter = false
    return mapped(text) { scalar in
      defer { previousIsLetter = isWordScalar(scalar) }
      return previousIsLetter ? scalar : SimpleCase.title(scalar)
    }
  }

  static func untitle(_ text: String) -> String {
    var afterSpace = true
    return mapped(text) { scalar in
      defer { afterSpace = scalar.properties.isWhitespace }
      return afterSpace ? SimpleCase.lower(scalar) : scalar
    }
  }

  static func swapCase(_ text: String) -> String {
    var afterSpace = true
    return mapped(text) { scalar in
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .titlecaseLetter:
        afterSpace = false
        return SimpleCase.lower(scalar)
      case .lowercaseLetter:
        defer { afterSpace = false }
        return afterSpace ? SimpleCase.title(scalar) : SimpleCase.upper(scalar)
      default:
        afterSpace = scalar.properties.isWhitespace
        return scalar
      }
    }
  }

  static func initials(_ text: String) -> String {
    text.split { $0.isWhitespace }.compactMap { $0.unicodeScalars.first.map { String($0) } }.joined()
  }

  private static func mapped(_ text: String, _ change: (Unicode.Scalar) -> Unicode.Scalar) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { out.append(change(scalar)) }
    return String(out)
  }

  private static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }

  // MARK: Identifiers

  /// `HTTPServer2xx` as `http_server_2xx`: words at changes of case, before digits that letters follow, at connectors.
  static func joined(_ text: String, by connector: String) -> String {
    var out = ""
    var previous: Unicode.Scalar?
    let scalars = Array(text.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      let next = index + 1 < scalars.count ? scalars[index + 1] : nil
      if isConnector(scalar) {
        out += connector
      } else {
        if let previous, startsWord(scalar, after: previous, before: next, scalars[(index + 1)...]) { out += connector }
        out.unicodeScalars.append(SimpleCase.lower(scalar))
      }
      previous = scalar
    }
    return out
  }

  private static func startsWord(
    _ scalar: Unicode.Scalar, after previous: Unicode.Scalar, before next: Unicode.Scalar?,
    _ rest: ArraySlice<Unicode.Scalar>
  ) -> Bool {
    if isConnector(previous) { return false }
    if isDigit(scalar) {
      // Digits belong to the word before them, unless small letters follow: `Bld4Floor`, `HTTP2xx`.
      guard previous.properties.isAlphabetic else { return false }
      return rest.first { !isDigit($0) }?.properties.isLowercase ?? false
    }
    guard scalar.properties.isUppercase else { return false }
    if previous.properties.isUppercase { return next?.properties.isLowercase ?? false }
    return previous.properties.isLowercase || isDigit(previous)
  }

  /// `http_server` as `HttpServer`.
  static func pascal(_ text: String) -> String {
    let words = text.unicodeScalars.split(whereSeparator: isConnector).map { String($0) }
    return words.map { word in
      let isShouted = !word.unicodeScalars.contains { $0.properties.isLowercase }
      let rest = String(word.unicodeScalars.dropFirst())
      let first = word.unicodeScalars.first.map { String(SimpleCase.title($0)) } ?? ""
      return first + (isShouted ? SimpleCase.lower(rest) : rest)
    }.joined()
  }

  private static func isConnector(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar == "-" || scalar.properties.isWhitespace
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= 48 && scalar.value <= 57 }

  // MARK: Layout

  /// At most `width` bytes, three of them dots, from around `offset`.
  static func abbreviated(_ text: String, offset: Int, width: Int) -> String {
    let length = text.utf8.count
    guard length > width else { return text }
    let start = min(min(max(offset, 0), length), max(0, length - (width - 3)))
    if start <= 4 { return Bytes.slice(text, 0, width - 3) + "..." }
    guard width >= 7 else { return text }
    if start + width - 3 < length {
      return "..." + abbreviated(Bytes.slice(text, start, length), offset: 0, width: width - 3)
    }
    return "..." + Bytes.slice(text, length - (width - 3), length)
  }

  /// Lines of at most `width` bytes, broken at blanks; longer words are broken or left as they are.
  static func wrapped(_ text: String, width: Int, separator: String, breakingWords: Bool) -> String {
    let bytes = Array(text.utf8)
    let width = max(1, width)
    let lineBreak = Array((separator.isEmpty ? "\n" : separator).utf8)
    var out: [UInt8] = []
    var start = 0
    while bytes.count - start > width {
      if bytes[start] == 32 {
        start += 1
      } else if let blank = bytes[start...(start + width)].lastIndex(of: 32) {
        out += bytes[start..<blank] + lineBreak
        start = blank + 1
      } else if breakingWords {
        out += bytes[start..<(start + width)] + lineBreak
        start += width
      } else if let blank = bytes[(start + width)...].firstIndex(of: 32) {
        out += bytes[start..<blank] + lineBreak
        start = blank + 1
      } else {
        break
      }
    }
    return String(decoding: out + bytes[start...], as: UTF8.self)
  }
}
