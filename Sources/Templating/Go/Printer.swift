/// Values as text, the way Go's fmt prints them with `%v`.
enum Printer {
  /// - Throws: ``TemplateError`` of kind `limit` for values that are too large, or hold themselves.
  static func text(_ value: GoValue, _ state: inout Run) throws -> String {
    var out = ""
    try append(value, to: &out, &state)
    return out
  }

  /// Enough of `value` for a message.
  static func short(_ value: GoValue) -> String {
    var state = Run(budget: Budget(Limits()), world: TemplateWorld())
    let text = (try? text(value, &state)) ?? value.typeName
    return text.count > 60 ? text.prefix(60) + "…" : text
  }

  private static func append(_ value: GoValue, to out: inout String, _ state: inout Run) throws {
    try state.enter()
    defer { state.leave() }
    let before = out.utf8.count
    switch value {
    case .absent, .null: out += "<nil>"
    case .bool(let flag): out += flag ? "true" : "false"
    case .int(let number, let type): out += type.word(number) ?? String(number)
    case .float(let number): out += GoFloat.shortest(number)
    case .string(let text): out += text
    case .time(let time): out += time.description
    case .version(let version): out += version.description
    case .complex(let number): out += Self.complex(number)
    case .certificate(let certificate): out += "{\(certificate.cert) \(certificate.key)}"
    case .list(let list):
      out += "["
      for (index, element) in list.values.enumerated() {
        if index > 0 { out += " " }
        try append(element, to: &out, &state)
      }
      out += "]"
    case .map(let map):
      out += "map["
      for (index, key) in map.sortedKeys.enumerated() {
        if index > 0 { out += " " }
        out += key + ":"
        if let element = map.members[key] { try append(element, to: &out, &state) }
      }
      out += "]"
    }
    try state.budget.spend(out.utf8.count - before)
    if out.utf8.count > state.budget.limits.outputBytes {
      throw TemplateError(.limit, "the text would be too large: the limit is \(state.budget.limits.outputBytes) bytes")
    }
  }

  private static func complex(_ number: GoComplex) -> String {
    let imaginary = GoFloat.shortest(number.imaginary)
    let sign = imaginary.hasPrefix("-") || imaginary.hasPrefix("+") ? "" : "+"
    return "(\(GoFloat.shortest(number.real))\(sign)\(imaginary)i)"
  }

  /// fmt.Sprint: a blank between two operands neither of which is text.
  static func sprint(_ values: some Collection<GoValue>, _ state: inout Run) throws -> String {
    var out = ""
    var previousIsText = true
    for (index, value) in values.enumerated() {
      let isText = if case .string = value { true } else { false }
      if index > 0, !isText, !previousIsText { out += " " }
      try append(value, to: &out, &state)
      previousIsText = isText
    }
    return out
  }

  /// fmt.Sprintln: blanks between all operands, and a line break.
  static func sprintln(_ values: some Collection<GoValue>, _ state: inout Run) throws -> String {
    var out = ""
    for (index, value) in values.enumerated() {
      if index > 0 { out += " " }
      try append(value, to: &out, &state)
    }
    return out + "\n"
  }
}
