/// Go's number literals in templates: decimal, hexadecimal, octal, binary, underscores, floats.
enum NumberLiteral {
  static func kind(of text: String, at offset: Int) throws(TemplateError) -> Operand.Kind {
    if text.hasSuffix("i") { return .complex(try complex(text, at: offset)) }
    let plain = text.replacing("_", with: "")
    if let integer = integer(plain) { return .int(integer) }
    let digits = plain.drop { $0 == "+" || $0 == "-" }
    let isHexadecimal = digits.lowercased().hasPrefix("0x")
    if digits.contains(where: { ".eEpP".contains($0) }), !isHexadecimal || digits.lowercased().contains("p"),
      let number = Double(plain), number.isFinite
    {
      return .float(number)
    }
    if digits.allSatisfy(\.isNumber), !digits.isEmpty {
      throw TemplateError(.syntax, "integer overflow: \(text.prefix(40))", at: offset)
    }
    throw TemplateError(.syntax, "bad number syntax: \"\(text.prefix(40))\"", at: offset)
  }

  /// `1i`, `1.5e3-2i`
  private static func complex(_ text: String, at offset: Int) throws(TemplateError) -> GoComplex {
    let body = text.dropLast()
    var split = body.endIndex
    for index in body.indices.dropFirst() where body[index] == "+" || body[index] == "-" {
      let before = body[body.index(before: index)]
      if before != "e", before != "E" { split = index }
    }
    let (real, imaginary) = split == body.endIndex ? ("0", body) : (body[..<split], body[split...])
    guard let real = decimal(real), let imaginary = decimal(imaginary) else {
      throw TemplateError(.syntax, "illegal number syntax: \"\(text.prefix(40))\"", at: offset)
    }
    return GoComplex(real: real, imaginary: imaginary)
  }

  private static func decimal(_ text: Substring) -> Double? {
    let plain = text.replacing("_", with: "")
    guard plain.utf8.allSatisfy({ "0123456789.+-eE".utf8.contains($0) }) else { return nil }
    return Double(plain).flatMap { $0.isFinite ? $0 : nil }
  }

  /// An integer of Go's syntax, sign included; nil for anything else.
  static func integer(_ text: String) -> Int64? {
    let negative = text.hasPrefix("-")
    let digits = text.drop { $0 == "+" || $0 == "-" }.lowercased()
    guard text.count - digits.count <= 1 else { return nil }
    let (body, radix): (Substring, Int) =
      if digits.hasPrefix("0x") { (digits.dropFirst(2), 16) } else if digits.hasPrefix("0b") {
        (digits.dropFirst(2), 2)
      } else if digits.hasPrefix("0o") { (digits.dropFirst(2), 8) } else if digits.count > 1, digits.hasPrefix("0") {
        (digits.dropFirst(1), 8)
      } else { (digits[...], 10) }
    guard body.first != "+", body.first != "-" else { return nil }
    return Int64((negative ? "-" : "") + body, radix: radix)
  }
}
