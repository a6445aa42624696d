/// Go's Printf: flags, width, precision, argument indexes and the complaints about wrong verbs.
struct Formatter {
  /// Go refuses widths and precisions beyond a million.
  private static let maximumWidth = 1_000_000

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
      out += value.isNothing ? "<nil>" : "\(value.typeName)=" + (try FormatFlags().text(value, "v", &state))
    }
    out += ")"
  }

  private mutating func directive(_ state: inout Run) throws {
    var flags = FormatFlags()
    readFlags(&flags)
    badIndex = false
    readIndex()
    flags.width = try readNumber(&flags, isWidth: true)
    if position < format.count, format[position] == "." {
      position += 1
      readIndex()
      flags.precision = try readNumber(&flags, isWidth: false)
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
      out += try flags.goSyntax(verb).text(value, verb, &state)
    }
  }

  private mutating func readFlags(_ flags: inout FormatFlags) {
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

  /// A width, or a precision behind its point, where no digits mean 0.
  private mutating func readNumber(_ flags: inout FormatFlags, isWidth: Bool) throws -> Int? {
    if position < format.count, format[position] == "*" {
      position += 1
      return takeNumber(&flags, isWidth: isWidth)
    }
    let digits = format[position...].prefix { $0.value >= 48 && $0.value <= 57 }
    position += digits.count
    guard !digits.isEmpty else { return isWidth ? nil : 0 }
    let text = String(String.UnicodeScalarView(digits))
    guard let number = Int(text), number <= Self.maximumWidth else {
      throw TemplateError(.limit, "printf: the width \(text.prefix(20)) is beyond the limit of \(Self.maximumWidth)")
    }
    return number
  }

  /// `*`: from the next argument.
  private mutating func takeNumber(_ flags: inout FormatFlags, isWidth: Bool) -> Int? {
    let value = argument < arguments.count ? arguments[argument] : .absent
    argument += 1
    let bounds = Int64(-Self.maximumWidth)...Int64(Self.maximumWidth)
    guard case .int(let number, _) = value, bounds.contains(number), isWidth || number >= 0 else {
      out += isWidth ? "%!(BADWIDTH)" : "%!(BADPREC)"
      return nil
    }
    if number < 0 {
      flags.minus = true
      flags.zero = false
    }
    return Int(abs(number))
  }
}
