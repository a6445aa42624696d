import CYAML

/// What a scalar's text means.
enum YAMLScalar {
  static let tagPrefix = "tag:yaml.org,2002:"

  /// - Returns: nil for a text that is not of the type that its tag says.
  static func node(
    _ text: UnsafeBufferPointer<UInt8>, style: yaml_scalar_style_t, tag: String?, schema: YAML.Schema,
    mark: SourceMark
  ) -> Node? {
    let nodeStyle = Self.style(style)
    // The tag '!' says nothing.
    if let tag, tag != "!" {
      return tagged(String(decoding: text, as: UTF8.self), tag: tag, style: nodeStyle, schema: schema, mark: mark)
    }
    if nodeStyle != .plain { return Node(.string(String(decoding: text, as: UTF8.self)), mark: mark, style: nodeStyle) }
    guard let first = text.first else { return Node(.null, spelling: "", mark: mark) }
    guard mayBeOther(first, length: text.count) else {
      return Node(.string(String(decoding: text, as: UTF8.self)), mark: mark)
    }
    if let number = canonicalInteger(text) { return Node(.int(number), mark: mark) }
    return plain(String(decoding: text, as: UTF8.self), schema: schema, mark: mark)
  }

  private static func style(_ style: yaml_scalar_style_t) -> Node.Style {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: .literal
    case YAML_FOLDED_SCALAR_STYLE: .folded
    default: .plain
    }
  }

  /// Whether a text that begins so may be anything but a string; no word that is has more than five letters.
  private static func mayBeOther(_ byte: UInt8, length: Int) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "~"):
      true
    case UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "f"),
      UInt8(ascii: "F"), UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "o"), UInt8(ascii: "O"):
      length <= 5
    default: false
    }
  }

  /// Decimal, without sign, leading zero or underscore, up to 18 digits: the common case.
  private static func canonicalInteger(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard text.count <= 18, let first = text.first, first != UInt8(ascii: "0") || text.count == 1 else { return nil }
    var number: Int64 = 0
    for byte in text {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      number = number * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    return number
  }

  /// The value of a plain scalar; the spelling is kept where the value does not give it back.
  static func plain(_ text: String, schema: YAML.Schema, mark: SourceMark) -> Node {
    if schema == .kustomize, let time = YAML11.timestamp(text) {
      return Node(.string(time), spelling: text, mark: mark)
    }
    let value = resolve(text, schema: schema)
    let canonical: String? =
      switch value {
      case .null: "null"
      case .bool(let flag): flag ? "true" : "false"
      case .int(let number): String(number)
      case .uint(let number): String(number)
      case .string: text
      case .double(let number): number.isFinite ? GoNumber.yaml(number) : nil
      case .sequence, .mapping: nil
      }
    return canonical == text ? Node(value, mark: mark) : Node(value, spelling: text, mark: mark)
  }

  private static func tagged(
    _ text: String, tag: String, style: Node.Style, schema: YAML.Schema, mark: SourceMark
  ) -> Node? {
    let type = tag.hasPrefix(tagPrefix) ? tag.dropFirst(tagPrefix.count) : ""
    switch type {
    case "int", "float", "bool", "null":
      let value = resolve(text, schema: schema)
      return isValue(value, of: type) ? Node(value, spelling: text, mark: mark, style: style) : nil
    case "timestamp" where schema == .kustomize:
      return YAML11.timestamp(text).map { Node(.string($0), spelling: text, mark: mark, style: style) }
    case "binary" where schema != .manifest:
      return Base64.decode(text).map { Node(.string(String(decoding: $0, as: UTF8.self)), mark: mark, style: style) }
    default: return Node(.string(text), mark: mark, style: style)
    }
  }

  private static func isValue(_ value: Value, of type: Substring) -> Bool {
    switch value {
    case .int, .uint: type == "int" || type == "float"
    case .double: type == "float"
    case .bool: type == "bool"
    case .null: type == "null"
    case .string, .sequence, .mapping: false
    }
  }

  /// What a plain text is by a schema.
  static func resolve(_ text: String, schema: YAML.Schema) -> Value {
    if let first = text.utf8.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") {
      return number(text) ?? .string(text)
    }
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .double(.infinity)
    case "-.inf", "-.Inf", "-.INF": return .double(-.infinity)
    case ".nan", ".NaN", ".NAN": return .double(.nan)
    case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON": return schema == .yaml11 ? .bool(true) : .string(text)
    case "n", "N", "no", "No", "NO", "off", "Off", "OFF": return schema == .yaml11 ? .bool(false) : .string(text)
    default:
      // An underscore may stand in a number, but not begin one.
      guard let first = text.utf8.first, "+-.".utf8.contains(first) else { return .string(text) }
      return number(text) ?? .string(text)
    }
  }

  /// Numbers as goyaml reads them: underscores between digits are dropped, `0x`, `0b`, `0o` and a leading 0 are bases.
  private static func number(_ text: String) -> Value? {
    let plain = text.utf8.contains(UInt8(ascii: "_")) ? text.filter { $0 != "_" } : text
    if let integer = integer(plain) { return integer }
    guard isFloat(plain), let number = Double(plain), number.isFinite else { return nil }
    return .double(number)
  }

  private static func integer(_ text: String) -> Value? {
    var digits = Substring(text)
    let isNegative = digits.first == "-"
    let isSigned = isNegative || digits.first == "+"
    if isSigned { digits.removeFirst() }
    var radix = 10
    if digits.first == "0", digits.utf8.count > 1 {
      switch digits.dropFirst().first {
      case "x", "X": (radix, digits) = (16, digits.dropFirst(2))
      case "b", "B": (radix, digits) = (2, digits.dropFirst(2))
      case "o", "O": (radix, digits) = (8, digits.dropFirst(2))
      default: (radix, digits) = (8, digits.dropFirst())
      }
    }
    guard let first = digits.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-"),
      let magnitude = UInt64(digits, radix: radix)
    else { return nil }
    if let number = Int64(exactly: magnitude) { return .int(isNegative ? -number : number) }
    // Go's unsigned integers have no sign in front; with one, this is a float.
    if !isSigned { return .uint(magnitude) }
    return isNegative && magnitude == UInt64(Int64.max) + 1 ? .int(Int64.min) : nil
  }

  /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
  private static func isFloat(_ text: String) -> Bool {
    var rest = Substring(text).utf8
    func skipDigits() -> Int {
      let count = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }.count
      rest = rest.dropFirst(count)
      return count
    }
    func skip(_ bytes: String) -> Bool {
      guard let first = rest.first, bytes.utf8.contains(first) else { return false }
      rest = rest.dropFirst()
      return true
    }
    _ = skip("+-")
    let whole = skipDigits()
    if skip(".") {
      let fraction = skipDigits()
      guard whole > 0 || fraction > 0 else { return false }
    } else {
      guard whole > 0 else { return false }
    }
    if skip("eE") {
      _ = skip("+-")
      guard skipDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}
