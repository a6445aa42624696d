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

  /// Go's `%v` of a float: an exponent below 1e-4 and from 1e21 on.
  private static func of(_ number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
    let magnitude = number.magnitude
    guard magnitude >= 1e-6, magnitude < 1e-4 else {
      let text = GoNumber.json(number)
      guard let mark = text.firstIndex(of: "e") else { return text }
      let exponent = text[text.index(mark, offsetBy: 2)...]
      return text[...text.index(after: mark)] + (exponent.count < 2 ? "0" : "") + exponent
    }
    let scaled = number.description.lowercased()
    guard let mark = scaled.firstIndex(of: "e") else { return scaled }
    let mantissa = scaled[..<mark]
    return (mantissa.hasSuffix(".0") ? mantissa.dropLast(2) : mantissa) + "e-0" + scaled[mark...].suffix(1)
  }

  /// For messages: short, and without what could be a secret's length of text.
  static func shown(_ value: ExprValue) -> String {
    switch value {
    case .string(let text): "'\(Visible.text(String(text.prefix(60))))'"
    case .list, .map: value.typeName
    default: of(value)
    }
  }

  /// The byte at which `part` first stands in `text`.
  static func position(of part: String, in text: String, isLast: Bool = false) -> Int? {
    let bytes = Array(text.utf8)
    let wanted = Array(part.utf8)
    guard wanted.count <= bytes.count else { return nil }
    let starts = 0...(bytes.count - wanted.count)
    func fits(_ start: Int) -> Bool { bytes[start..<start + wanted.count].elementsEqual(wanted) }
    return isLast ? starts.reversed().first(where: fits) : starts.first(where: fits)
  }
}
