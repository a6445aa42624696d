import Manifest

/// How values of expr are written as text.
enum ExprText {
  /// Go's `%v`.
  static func of(_ value: ExprValue) -> String {
    switch value {
    case .null: "<nil>"
    case .bool(let flag): flag ? "true" : "false"
    case .int(let number): String(number)
    case .float(let number): of(number)
    case .string(let text): text
    case .list(let list): "[" + list.items.map(of).joined(separator: " ") + "]"
    case .map(let map):
      "map["
        + zip(map.keys, map.values).map { (of($0), of($1)) }.sorted { $0.0 < $1.0 }
        .map { "\($0.0):\($0.1)" }.joined(separator: " ") + "]"
    case .time(let nanoseconds): AnalysisTime(seconds: Double(nanoseconds) / 1e9).text
    case .duration(let nanoseconds): of(Double(nanoseconds) / 1e9) + "s"
    }
  }

  /// Go's `%v` of a float: the fewest digits that give it back, with an exponent below 1e-4 and from 1e6 on.
  static func of(_ number: Double) -> String {
    guard let decimal = DecimalDigits(number) else { return nonFinite(number) }
    let exponent = decimal.point - 1
    return exponent < -4 || exponent >= 6 ? decimal.scientific : decimal.fixed
  }

  /// Go's `strconv.FormatFloat` with `f`: the fewest digits, never an exponent.
  static func fixed(_ number: Double) -> String { DecimalDigits(number)?.fixed ?? nonFinite(number) }

  private static func nonFinite(_ number: Double) -> String {
    number.isNaN ? "NaN" : number < 0 ? "-Inf" : "+Inf"
  }

  /// For messages: short, and without what could be a secret's length of text.
  static func shown(_ value: ExprValue) -> String {
    switch value {
    case .string(let text): "'\(Visible.text(String(text.prefix(60))))'"
    case .list, .map: value.typeName
    default: of(value)
    }
  }

  /// The byte at which `part` first, or last, stands in `text`, in time linear in both (Knuth, Morris and Pratt).
  static func position(of part: String, in text: String, isLast: Bool = false) -> Int? {
    let wanted = Array(part.utf8)
    guard !wanted.isEmpty else { return isLast ? text.utf8.count : 0 }
    let fallbacks = fallbacks(of: wanted)
    var matched = 0
    var found: Int?
    for (index, byte) in text.utf8.enumerated() {
      while matched > 0, matched == wanted.count || wanted[matched] != byte { matched = fallbacks[matched - 1] }
      if wanted[matched] == byte { matched += 1 }
      guard matched == wanted.count else { continue }
      found = index + 1 - wanted.count
      if !isLast { return found }
    }
    return found
  }

  /// How much of the beginning is matched still when the byte behind each place does not match.
  private static func fallbacks(of wanted: [UInt8]) -> [Int] {
    var fallbacks = [Int](repeating: 0, count: wanted.count)
    var length = 0
    for index in wanted.indices.dropFirst() {
      while length > 0, wanted[length] != wanted[index] { length = fallbacks[length - 1] }
      if wanted[length] == wanted[index] { length += 1 }
      fallbacks[index] = length
    }
    return fallbacks
  }
}

/// The fewest decimal digits that give a number back: 0.d₁d₂… × 10^point.
private struct DecimalDigits {
  private let isNegative: Bool
  private var digits: [Character]
  private(set) var point: Int

  /// Nil for what is no finite number.
  init?(_ number: Double) {
    guard number.isFinite else { return nil }
    isNegative = number.sign == .minus
    let parts = number.magnitude.description.split(separator: "e", maxSplits: 1)
    let mantissa = parts.first ?? "0"
    let whole = mantissa.prefix { $0 != "." }
    digits = Array(whole + mantissa.dropFirst(whole.count + 1))
    point = whole.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    let leading = digits.prefix { $0 == "0" }.count
    digits.removeFirst(leading)
    point -= leading
    while digits.last == "0" { digits.removeLast() }
    if digits.isEmpty {
      digits = ["0"]
      point = 1
    }
  }

  private var sign: String { isNegative ? "-" : "" }

  var fixed: String {
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + String(digits) }
    if point >= digits.count { return sign + String(digits) + String(repeating: "0", count: point - digits.count) }
    return sign + String(digits[..<point]) + "." + String(digits[point...])
  }

  /// An exponent has two digits at least.
  var scientific: String {
    let exponent = point - 1
    let magnitude = String(abs(exponent))
    return sign + String(digits.prefix(1)) + (digits.count > 1 ? "." + String(digits.dropFirst()) : "") + "e"
      + (exponent < 0 ? "-" : "+") + (magnitude.count < 2 ? "0" : "") + magnitude
  }
}
