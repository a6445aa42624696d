/// What stands between `%` and the verb, and how it shapes a value.
struct FormatFlags {
  var minus = false
  var plus = false
  var sharp = false
  var space = false
  /// Zeros on the left instead of blanks, for text too.
  var zero = false
  var width: Int?
  var precision: Int?
  /// `%#v`: as Go source.
  var isGoSyntax = false

  /// `%#v` and `%+v` mean something of their own, and nothing for numbers.
  func goSyntax(_ verb: Unicode.Scalar) -> FormatFlags {
    guard verb == "v" else { return self }
    var flags = self
    flags.isGoSyntax = sharp
    flags.sharp = false
    flags.plus = false
    return flags
  }

  func text(_ value: GoValue, _ verb: Unicode.Scalar, _ state: inout Run) throws -> String {
    try state.enter()
    defer { state.leave() }
    let text = try written(value, verb, &state)
    try state.budget.makeText(bytes: text.utf8.count)
    return text
  }

  private func written(_ value: GoValue, _ verb: Unicode.Scalar, _ state: inout Run) throws -> String {
    if verb == "T" { return pad(value.typeName) }
    let text: String?
    switch value {
    case .absent, .null: return verb == "v" ? pad("<nil>") : "%!\(verb)(<nil>)"
    case .bool(let flag): text = verb == "t" || verb == "v" ? pad(flag ? "true" : "false") : nil
    case .int(let number, let type):
      let word = "vsqxX".unicodeScalars.contains(verb) ? type.word(number) : nil
      text = word.map { string($0, verb) } ?? integer(number, verb)
    case .float(let number): text = float(number, verb)
    case .complex(let number): text = complex(number, verb)
    case .string(let string): text = self.string(string, verb)
    case .certificate(let certificate):
      let parts = [certificate.cert, certificate.key].compactMap { string($0, verb) }
      text = parts.count == 2 ? "{" + parts.joined(separator: " ") + "}" : nil
    case .time, .version: text = string(try Printer.text(value, &state), verb)
    case .list(let list): return try self.list(list, value.typeName, verb, &state)
    case .map(let map): return try self.map(map, value.typeName, verb, &state)
    }
    if let text { return text }
    guard verb != "v" else { return "" }
    return "%!\(verb)(\(value.typeName)=\(try written(value, "v", &state)))"
  }

  private func list(
    _ list: GoList, _ type: String, _ verb: Unicode.Scalar, _ state: inout Run
  ) throws -> String {
    var parts: [String] = []
    for value in list.values { parts.append(try member(value, verb, &state)) }
    return isGoSyntax ? type + "{" + parts.joined(separator: ", ") + "}" : "[" + parts.joined(separator: " ") + "]"
  }

  private func map(_ map: GoMap, _ type: String, _ verb: Unicode.Scalar, _ state: inout Run) throws -> String {
    var parts: [String] = []
    for key in map.sortedKeys {
      let value = try member(map.members[key] ?? .null, verb, &state)
      parts.append(try text(.string(key), verb, &state) + ":" + value)
    }
    return isGoSyntax ? type + "{" + parts.joined(separator: ", ") + "}" : "map[" + parts.joined(separator: " ") + "]"
  }

  private func member(_ value: GoValue, _ verb: Unicode.Scalar, _ state: inout Run) throws -> String {
    value.isNothing ? (isGoSyntax ? "interface {}(nil)" : "<nil>") : try text(value, verb, &state)
  }

  func pad(_ text: String) -> String {
    guard let width, width > text.unicodeScalars.count else { return text }
    let missing = width - text.unicodeScalars.count
    if minus { return text + String(repeating: " ", count: missing) }
    return String(repeating: zero ? "0" : " ", count: missing) + text
  }

  fileprivate var withoutZeros: FormatFlags {
    var flags = self
    flags.zero = false
    return flags
  }
}

// MARK: Text

extension FormatFlags {
  fileprivate func string(_ text: String, _ verb: Unicode.Scalar) -> String? {
    let cut = precision.map { String(String.UnicodeScalarView(text.unicodeScalars.prefix($0))) } ?? text
    switch verb {
    case "v": return pad(isGoSyntax ? GoQuote.quoted(cut) : cut)
    case "s": return pad(cut)
    case "q":
      if sharp, GoQuote.canBackquote(cut) { return pad("`\(cut)`") }
      return pad(GoQuote.quoted(cut, asciiOnly: plus))
    case "x", "X":
      let digits = text.utf8.prefix(precision ?? .max).map {
        ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: verb == "X")
      }
      let prefix = sharp && !digits.isEmpty ? "0\(verb)" : ""
      return pad(prefix + digits.joined(separator: space ? " " + prefix : ""))
    default: return nil
    }
  }
}

// MARK: Integers

extension FormatFlags {
  fileprivate func integer(_ number: Int64, _ verb: Unicode.Scalar) -> String? {
    switch verb {
    case "d", "v": return digits(number, 10)
    case "b": return digits(number, 2, prefix: sharp ? "0b" : "")
    case "o", "O": return digits(number, 8, prefix: verb == "O" ? "0o" : "", leadingZero: sharp)
    case "x", "X": return digits(number, 16, prefix: sharp ? "0\(verb)" : "", uppercase: verb == "X")
    case "c": return pad(Self.character(number))
    case "q": return pad(GoQuote.quotedLetter(Self.character(number), asciiOnly: plus))
    case "U": return unicode(number)
    default: return nil
    }
  }

  private static func character(_ number: Int64) -> String {
    String(Character(UInt32(exactly: number).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"))
  }

  private func unicode(_ number: Int64) -> String {
    let digits = String(UInt64(bitPattern: number), radix: 16, uppercase: true)
    var text = "U+" + Self.zeros(max(4, precision ?? 0) - digits.count) + digits
    if sharp, let scalar = UInt32(exactly: number).flatMap(Unicode.Scalar.init), GoQuote.isPrintable(scalar) {
      text += " '\(scalar)'"
    }
    return withoutZeros.pad(text)
  }

  private func digits(
    _ number: Int64, _ radix: Int, prefix: String = "", leadingZero: Bool = false, uppercase: Bool = false
  ) -> String {
    var digits = String(number.magnitude, radix: radix, uppercase: uppercase)
    let sign = number < 0 ? "-" : plus ? "+" : space ? " " : ""
    if let precision {
      // Nothing at all, not even a sign.
      if precision == 0, number == 0 { return withoutZeros.pad("") }
      digits = Self.zeros(precision - digits.count) + digits
    } else if zero, !minus, let width {
      digits = Self.zeros(width - sign.count - digits.count) + digits
    }
    if leadingZero, !digits.hasPrefix("0") { digits = "0" + digits }
    return withoutZeros.pad(sign + prefix + digits)
  }

  private static func zeros(_ count: Int) -> String { String(repeating: "0", count: max(0, count)) }
}

// MARK: Floats

extension FormatFlags {
  fileprivate func complex(_ number: GoComplex, _ verb: Unicode.Scalar) -> String? {
    var signed = self
    signed.plus = true
    guard let real = float(number.real, verb), let imaginary = signed.float(number.imaginary, verb) else { return nil }
    return "(\(real)\(imaginary)i)"
  }

  fileprivate func float(_ number: Double, _ verb: Unicode.Scalar) -> String? {
    guard let magnitude = Self.magnitude(abs(number), verb, precision) else { return nil }
    let isNegative = number.sign == .minus && !number.isNaN
    let sign = isNegative ? "-" : plus ? "+" : space ? " " : ""
    if number.isNaN { return withoutZeros.pad(sign + "NaN") }
    if number.isInfinite { return withoutZeros.pad((sign.isEmpty ? "+" : sign) + "Inf") }
    let digits = sharp && verb != "b" ? withPoint(magnitude, verb) : magnitude
    guard zero, !minus, let width, !sign.isEmpty else { return pad(sign + digits) }
    return sign + Self.zeros(width - sign.count - digits.count) + digits
  }

  private static func magnitude(_ number: Double, _ verb: Unicode.Scalar, _ precision: Int?) -> String? {
    switch verb {
    case "v", "g": precision.map { FloatText.general(number, precision: $0) } ?? GoFloat.shortest(number)
    case "G": (precision.map { FloatText.general(number, precision: $0) } ?? GoFloat.shortest(number)).uppercased()
    case "f", "F": FloatText.fixed(number, precision: precision ?? 6)
    case "e": FloatText.scientific(number, precision: precision ?? 6)
    case "E": FloatText.scientific(number, precision: precision ?? 6).uppercased()
    case "x": BinaryFloatText.hexadecimal(number, precision: precision)
    case "X": BinaryFloatText.hexadecimal(number, precision: precision).uppercased()
    case "b": BinaryFloatText.power(number)
    default: nil
    }
  }

  /// `#`: a point always, and for `%g` the zeros behind it that are usually left out.
  private func withPoint(_ text: String, _ verb: Unicode.Scalar) -> String {
    let exponentMarks = verb == "x" || verb == "X" ? "pP" : "eEpP"
    var number = String(text.prefix { !exponentMarks.contains($0) })
    let tail = text.dropFirst(number.count)
    var missing = "vgGx".unicodeScalars.contains(verb) ? precision ?? 6 : 0
    let significant = number.filter { $0 != "." }.drop { $0 == "0" }
    missing -= verb == "x" ? max(0, significant.count) : significant.count
    if !number.contains(".") {
      if number == "0" { missing -= 1 }
      number += "."
    }
    return number + Self.zeros(missing) + tail
  }
}
