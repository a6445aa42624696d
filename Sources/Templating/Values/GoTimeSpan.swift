/// Go's time.Duration.
struct GoTimeSpan: Equatable {
  var nanoseconds: Int64

  init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  init(seconds: Int64) {
    nanoseconds =
      seconds.multipliedReportingOverflow(by: 1_000_000_000).overflow
      ? (seconds < 0 ? .min : .max) : seconds * 1_000_000_000
  }

  /// `1h30m`, `-500ms`; nil for anything else.
  init?(_ text: String) {
    let units: [String: Double] = [
      "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]
    var rest = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
    guard !rest.isEmpty, rest.utf8.count <= 100 else { return nil }
    var total = 0.0
    if rest != "0" {
      while !rest.isEmpty {
        let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = rest[digits.endIndex...].prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
        guard let number = Double(digits), let size = units[String(unit)] else { return nil }
        total += number * size
        rest = rest[unit.endIndex...]
      }
    }
    guard total < 9.2e18 else { return nil }
    nanoseconds = Int64(total.rounded()) * (text.first == "-" ? -1 : 1)
  }

  var negated: GoTimeSpan { GoTimeSpan(nanoseconds: nanoseconds == .min ? .max : -nanoseconds) }

  /// To the nearest multiple, halves away from zero.
  func rounded(to unit: Int64) -> GoTimeSpan {
    let rest = nanoseconds % unit
    let whole = nanoseconds - rest
    guard abs(rest) >= unit - abs(rest) else { return GoTimeSpan(nanoseconds: whole) }
    return GoTimeSpan(nanoseconds: whole &+ (nanoseconds < 0 ? -unit : unit))
  }

  /// As Go prints it: `1h30m0s`, `1.5ms`.
  var description: String {
    let size = nanoseconds.magnitude
    let sign = nanoseconds < 0 ? "-" : ""
    switch size {
    case 0: return "0s"
    case ..<1000: return "\(sign)\(size)ns"
    case ..<1_000_000: return sign + Self.decimal(size, 1000) + "µs"
    case ..<1_000_000_000: return sign + Self.decimal(size, 1_000_000) + "ms"
    default:
      let minutes = size / 60_000_000_000
      let seconds = Self.decimal(size % 60_000_000_000, 1_000_000_000) + "s"
      if minutes == 0 { return sign + seconds }
      return sign + (minutes < 60 ? "" : "\(minutes / 60)h") + "\(minutes % 60)m" + seconds
    }
  }

  private static func decimal(_ number: UInt64, _ unit: UInt64) -> String {
    let rest = number % unit
    guard rest > 0 else { return String(number / unit) }
    var digits = String(unit + rest).dropFirst()
    while digits.hasSuffix("0") { digits = digits.dropLast() }
    return "\(number / unit).\(digits)"
  }

  /// Sprig's durationRound: the largest unit that fits, such as `2h`, `3d`, `1mo`, `1y`.
  var coarse: String {
    let size = nanoseconds.magnitude
    let hour: UInt64 = 3_600_000_000_000
    let units: [(UInt64, String)] = [
      (hour * 24 * 365, "y"), (hour * 24 * 30, "mo"), (hour * 24, "d"), (hour, "h"), (hour / 60, "m"),
      (1_000_000_000, "s"),
    ]
    for (unit, name) in units where size > unit || size == unit && name == "s" { return "\(size / unit)\(name)" }
    return "0s"
  }
}
