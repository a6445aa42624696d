/// Go's Printf: flags, width, precision, argument indexes and the complaints about wrong verbs.
struct Formatter {
  /// Go refuses widths and precisions beyond a million.
  private static let maximumWidth = 1_000_000

  private struct Flags {
    var minus = false
    var plus = false
    var sharp = false
    var space = false
    var zero = false
    var width: Int?
    var precision: Int?
  }

  private let format: [Unicode.Scalar]
  private let arguments: [GoValue]
  private var position = 0
  private var argument = 0
  private var reordered = false
  private var badIndex = false
  private var out = ""

  init(format: String, arguments: [GoValue]) {
    self.format = Array(format.unicodeScalars)
    self.arguments = arguments
  }

  mutating func run(_ state: inout Run) throws -> String {
    while position < format.count {
      let scalar = format[position]
      position += 1
      if scalar != "%" {
        out.unicodeScalars.append(scalar)
      } else {
        try directive(&state)
      }
      guard out.utf8.count <= state.budget.limits.outputBytes else {
        throw TemplateError(
          .limit, "printf: the text is larger than the limit of \(state.budget.limits.outputBytes) bytes")
      }
    }
    try appendExtra(&state)
    return out
  }

  private mutating func appendExtra(_ state: inout Run) throws {
    guard !reordered, argument < arguments.count else { return }
    out += "%!(EXTRA "
    for (index, value) in arguments[argument...].enumerated() {
      if index > 0 { out += ", " }
      out += value.isNothing ? "<nil>" : "\(value.typeName)=" + (try Printer.text(value, &state))
    }
    out += ")"
  }

  private mutating func directive(_ state: inout Run) throws {
    var flags = Flags()
    readFlags(&flags)
    badIndex = false
    readIndex()
    flags.width = try readNumber(&flags, isWidth: true)
    if position < format.count, format[position] == "." {
      position += 1
      readIndex()
      flags.precision = try readNumber(&flags, isWidth: false) ?? 0
    }
    readIndex()
    guard position < format.count else {
      out += "%!(NOVERB)"
      return
    }
    let verb = format[position]
    position += 1
    if verb == "%" {
      out += "%"
    } else if badIndex {
      out += "%!\(verb)(BADINDEX)"
    } else if argument >= arguments.count {
      out += "%!\(verb)(MISSING)"
    } else {
      let value = arguments[argument]
      argument += 1
      out += try text(value, verb, flags, &state)
    }
  }

  private mutating func readFlags(_ flags: inout Flags) {
    while position < format.count {
      switch format[position] {
      case "-":
        flags.minus = true
        flags.zero = false
      case "+": flags.plus = true
      case "#": flags.sharp = true
      case " ": flags.space = true
      case "0": flags.zero = !flags.minus
      default: return
      }
      position += 1
    }
  }

  /// `[n]`
  private mutating func readIndex() {
    guard position < format.count, format[position] == "[" else { return }
    reordered = true
    guard let close = format[position...].firstIndex(of: "]") else {
      badIndex = true
      position += 1
      return
    }
    let digits = String(String.UnicodeScalarView(format[(position + 1)..<close]))
    position = close + 1
    if let index = Int(digits), index >= 1, index <= arguments.count {
      argument = index - 1
    } else {
      badIndex = true
    }
  }

  private mutating func readNumber(_ flags: inout Flags, isWidth: Bool) throws -> Int? {
    if position < format.count, format[position] == "*" {
      position += 1
      guard argument < arguments.count, case .int(let number, _) = arguments[argument],
        abs(number) <= Int64(Self.maximumWidth)
      else {
        argument += 1
        out += isWidth ? "%!(BADWIDTH)" : "%!(BADPREC)"
        return nil
      }
      argument += 1
      if number < 0, isWidth { flags.minus = true }
      return number < 0 && !isWidth ? nil : Int(abs(number))
    }
    var digits = ""
    while position < format.count, format[position].value >= 48, format[position].value <= 57 {
      digits.unicodeScalars.append(format[position])
      position += 1
    }
    guard !digits.isEmpty else { return nil }
    guard let number = Int(digits), number <= Self.maximumWidth else {
      throw TemplateError(.limit, "printf: the width \(digits.prefix(20)) is beyond the limit of \(Self.maximumWidth)")
    }
    return number
  }

  // MARK: Verbs

  private func text(
    _ value: GoValue, _ verb: Unicode.Scalar, _ flags: Flags, _ state: inout Run
  ) throws -> String {
    switch verb {
    case "T": return pad(value.typeName, flags)
    case "p": return bad(verb, value, try Printer.text(value, &state))
    default: break
    }
    switch value {
    case .absent, .null: return verb == "v" ? pad("<nil>", flags) : "%!\(verb)(<nil>)"
    case .bool(let flag):
      return verb == "t" || verb == "v" ? pad(flag ? "true" : "false", flags) : bad(verb, value, "\(flag)")
    case .int(let number, _): return integer(number, verb, flags) ?? bad(verb, value, String(number))
    case .float(let number):
      return float(number, verb, flags) ?? bad(verb, value, GoFloat.shortest(number))
    case .string(let text): return string(text, verb, flags) ?? bad(verb, value, text)
    case .list(let list):
      let parts = try list.values.map { try self.text($0, verb, flags, &state) }
      if flags.sharp, verb == "v" { return value.typeName + "{" + parts.joined(separator: ", ") + "}" }
      return "[" + parts.joined(separator: " ") + "]"
    case .map(let map):
      try state.enter()
      defer { state.leave() }
      let parts = try map.sortedKeys.map { key in
        let member = try self.text(map.members[key] ?? .absent, verb, flags, &state)
        return try self.text(.string(key), verb, flags, &state) + ":" + member
      }
      if flags.sharp, verb == "v" { return value.typeName + "{" + parts.joined(separator: ", ") + "}" }
      return "map[" + parts.joined(separator: " ") + "]"
    case .time, .version:
      return string(try Printer.text(value, &state), verb, flags) ?? bad(verb, value, "")
    }
  }

  private func bad(_ verb: Unicode.Scalar, _ value: GoValue, _ text: String) -> String {
    "%!\(verb)(\(value.typeName)=\(text))"
  }

  private func string(_ text: String, _ verb: Unicode.Scalar, _ flags: Flags) -> String? {
    let cut = flags.precision.map { String(String.UnicodeScalarView(text.unicodeScalars.prefix($0))) } ?? text
    switch verb {
    case "v": return pad(flags.sharp ? GoQuote.quoted(text) : cut, flags)
    case "s": return pad(cut, flags)
    case "q": return pad(flags.sharp && !text.contains("`") ? "`\(cut)`" : GoQuote.quoted(cut), flags)
    case "x", "X":
      let digits = cut.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: verb == "X") }
      return pad(digits.joined(separator: flags.space ? " " : ""), flags)
    default: return nil
    }
  }

  private func integer(_ number: Int64, _ verb: Unicode.Scalar, _ flags: Flags) -> String? {
    switch verb {
    case "d", "v": return digits(number, 10, flags)
    case "b": return digits(number, 2, flags, prefix: flags.sharp ? "0b" : "")
    case "o": return digits(number, 8, flags, prefix: flags.sharp ? "0" : "")
    case "O": return digits(number, 8, flags, prefix: "0o")
    case "x": return digits(number, 16, flags, prefix: flags.sharp ? "0x" : "")
    case "X": return digits(number, 16, flags, prefix: flags.sharp ? "0X" : "", uppercase: true)
    case "c": return pad(Self.character(number), flags)
    case "q": return pad("'" + GoQuote.quoted(Self.character(number)).dropFirst().dropLast() + "'", flags)
    case "U":
      let hexadecimal = String(number, radix: 16, uppercase: true)
      return pad("U+" + String(repeating: "0", count: max(0, 4 - hexadecimal.count)) + hexadecimal, flags)
    default: return nil
    }
  }

  private static func character(_ number: Int64) -> String {
    String(Character(UInt32(exactly: number).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"))
  }

  private func digits(
    _ number: Int64, _ radix: Int, _ flags: Flags, prefix: String = "", uppercase: Bool = false
  ) -> String {
    var digits = String(number.magnitude, radix: radix, uppercase: uppercase)
    let sign = number < 0 ? "-" : flags.plus ? "+" : flags.space ? " " : ""
    if let precision = flags.precision {
      digits = precision == 0 && number == 0 ? "" : Self.zeros(precision - digits.count) + digits
    } else if flags.zero, let width = flags.width {
      digits = Self.zeros(width - sign.count - prefix.count - digits.count) + digits
    }
    return pad(sign + prefix + digits, flags)
  }

  private func float(_ number: Double, _ verb: Unicode.Scalar, _ flags: Flags) -> String? {
    var text: String
    switch verb {
    case "v", "g":
      text = flags.precision.map { FloatText.general(number, precision: $0) } ?? GoFloat.shortest(number)
    case "G": text = FloatText.general(number, precision: flags.precision ?? 17).uppercased()
    case "f", "F": text = FloatText.fixed(number, precision: flags.precision ?? 6)
    case "e": text = FloatText.scientific(number, precision: flags.precision ?? 6)
    case "E": text = FloatText.scientific(number, precision: flags.precision ?? 6).uppercased()
    default: return nil
    }
    if let special = GoFloat.special(number) { return pad(special == "+Inf" && !flags.plus ? "+Inf" : special, flags) }
    var sign = ""
    if text.hasPrefix("-") {
      sign = "-"
      text.removeFirst()
    } else if flags.plus {
      sign = "+"
    } else if flags.space {
      sign = " "
    }
    if flags.zero, let width = flags.width { text = Self.zeros(width - sign.count - text.count) + text }
    return pad(sign + text, flags)
  }

  private static func zeros(_ count: Int) -> String { String(repeating: "0", count: max(0, count)) }

  private func pad(_ text: String, _ flags: Flags) -> String {
    guard let width = flags.width else { return text }
    let missing = String(repeating: " ", count: max(0, width - text.unicodeScalars.count))
    return flags.minus ? text + missing : missing + text
  }
}
