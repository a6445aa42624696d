/// Go's layouts: a moment is written the way `Mon Jan 2 15:04:05 MST 2006` would be.
package enum TimeLayout {
  package static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  package static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

  /// Longest first where one begins with another.
  private static let elements = [
    "January", "Jan", "Monday", "Mon", "MST", "2006", "01", "02", "03", "04", "05", "06", "002", "15", "PM", "pm",
    "-07:00:00", "-070000", "-07:00", "-0700", "-07", "Z07:00:00", "Z070000", "Z07:00", "Z0700", "Z07", "__2", "_2",
    "1", "2", "3", "4", "5",
  ].sorted { $0.count > $1.count }

  static func format(_ time: GoTime, _ layout: String) -> String {
    var out = ""
    for piece in pieces(layout) { out += piece.isElement ? element(piece.text, time) : piece.text }
    return out
  }

  private struct Piece {
    var text: String
    var isElement: Bool
  }

  private static func pieces(_ layout: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = layout[...]
    while let first = rest.first {
      if let fraction = fraction(rest) {
        pieces.append(Piece(text: fraction, isElement: true))
        rest = rest.dropFirst(fraction.count)
      } else if let found = elements.first(where: { rest.hasPrefix($0) && fits($0, rest) }) {
        pieces.append(Piece(text: found, isElement: true))
        rest = rest.dropFirst(found.count)
      } else {
        pieces.append(Piece(text: String(first), isElement: false))
        rest = rest.dropFirst()
      }
    }
    return pieces
  }

  /// `Jan` inside `Janet` is text.
  private static func fits(_ element: String, _ rest: Substring) -> Bool {
    guard element == "Jan" || element == "Mon" else { return true }
    return !(rest.dropFirst(3).first.map { $0.isLowercase } ?? false)
  }

  /// `.000`, `,999`: fractions of a second, with no digit behind them.
  private static func fraction(_ rest: Substring) -> String? {
    guard rest.first == "." || rest.first == ",", let digit = rest.dropFirst().first, digit == "0" || digit == "9"
    else {
      return nil
    }
    let digits = rest.dropFirst().prefix { $0 == digit }
    let following = rest.dropFirst(1 + digits.count).first
    if let following, following.isASCII, following.isNumber { return nil }
    return String(rest.prefix(1 + digits.count))
  }

  private static func element(_ element: String, _ time: GoTime) -> String {
    let (year, month, day) = time.date
    let hour = time.secondOfDay / 3600
    switch element {
    case "2006": return padded(year, 4)
    case "06": return padded(year % 100, 2)
    case "January": return months[Int(month - 1)]
    case "Jan": return String(months[Int(month - 1)].prefix(3))
    case "01": return padded(month, 2)
    case "1": return String(month)
    case "Monday": return weekdays[Int(time.weekday)]
    case "Mon": return String(weekdays[Int(time.weekday)].prefix(3))
    case "02": return padded(day, 2)
    case "2": return String(day)
    case "_2": return padded(day, 2, with: " ")
    case "002": return padded(time.dayOfYear, 3)
    case "__2": return padded(time.dayOfYear, 3, with: " ")
    case "15": return padded(hour, 2)
    case "03": return padded(hour % 12 == 0 ? 12 : hour % 12, 2)
    case "3": return String(hour % 12 == 0 ? 12 : hour % 12)
    case "04": return padded(time.secondOfDay / 60 % 60, 2)
    case "4": return String(time.secondOfDay / 60 % 60)
    case "05": return padded(time.secondOfDay % 60, 2)
    case "5": return String(time.secondOfDay % 60)
    case "PM": return hour < 12 ? "AM" : "PM"
    case "pm": return hour < 12 ? "am" : "pm"
    case "MST": return time.zone
    case _ where element.hasPrefix("Z") && time.offset == 0: return "Z"
    case _ where element.hasPrefix("Z") || element.hasPrefix("-"): return zone(element, time.offset)
    default: return fractionText(element, time.nanoseconds)
    }
  }

  private static func zone(_ element: String, _ offset: Int64) -> String {
    let size = abs(offset)
    let colon = element.contains(":") ? ":" : ""
    var out = (offset < 0 ? "-" : "+") + padded(size / 3600, 2)
    let digits = element.count { $0.isNumber }
    if digits >= 4 { out += colon + padded(size / 60 % 60, 2) }
    if digits >= 6 { out += colon + padded(size % 60, 2) }
    return out
  }

  private static func fractionText(_ element: String, _ nanoseconds: Int64) -> String {
    var digits = String(padded(nanoseconds, 9).prefix(element.count - 1))
    guard element.hasSuffix("9") else { return element.prefix(1) + digits }
    while digits.hasSuffix("0") { digits.removeLast() }
    return digits.isEmpty ? "" : element.prefix(1) + digits
  }

  private static func padded(_ number: Int64, _ width: Int, with pad: String = "0") -> String {
    let text = String(number)
    return String(repeating: pad, count: max(0, width - text.count)) + text
  }

  // MARK: Reading

  /// Reads `text` by `layout`; nil when it does not fit.
  static func parse(_ text: String, _ layout: String) -> GoTime? {
    var fields = Fields()
    var rest = text[...]
    let pieces = pieces(layout)
    for (index, piece) in pieces.enumerated() {
      if piece.isElement {
        guard read(piece.text, from: &rest, into: &fields) else { return nil }
        let isLast =
          index + 1 == pieces.count || !pieces[index + 1].text.hasPrefix(".") && !pieces[index + 1].text.hasPrefix(",")
        if piece.text == "05" || piece.text == "5", isLast { readFraction(&rest, into: &fields) }
      } else {
        guard rest.hasPrefix(piece.text) else { return nil }
        rest = rest.dropFirst(piece.text.count)
      }
    }
    return rest.isEmpty ? fields.time : nil
  }

  private struct Fields {
    var (year, month, day): (Int64, Int64, Int64) = (0, 1, 1)
    var (hour, minute, second, nanoseconds): (Int64, Int64, Int64, Int64) = (0, 0, 0, 0)
    var isAfternoon: Bool?
    var offset: Int64 = 0

    var time: GoTime? {
      var hour = hour
      if let isAfternoon { hour = hour % 12 + (isAfternoon ? 12 : 0) }
      guard (1...12).contains(month), day >= 1, hour < 24, minute < 60, second < 60 else { return nil }
      let days = CivilDate.days(year: year, month: month, day: day)
      guard CivilDate.date(days: days).month == month else { return nil }
      return GoTime(
        seconds: days * 86_400 + hour * 3600 + minute * 60 + second - offset, nanoseconds: nanoseconds, offset: offset,
        zone: offset == 0 ? "UTC" : zone("-0700", offset))
    }
  }

  /// A fraction may stand behind the seconds even where the layout has none.
  private static func readFraction(_ rest: inout Substring, into fields: inout Fields) {
    let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
    guard rest.first == "." || rest.first == ",", !digits.isEmpty else { return }
    fields.nanoseconds = Int64((digits + "000000000").prefix(9)) ?? 0
    rest = rest.dropFirst(1 + digits.count)
  }

  private static func read(_ element: String, from rest: inout Substring, into fields: inout Fields) -> Bool {
    func number(_ widths: ClosedRange<Int>) -> Int64? {
      let digits = rest.prefix(widths.upperBound).prefix { $0.isASCII && $0.isNumber }
      guard digits.count >= widths.lowerBound, let number = Int64(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      return number
    }
    func set(_ path: WritableKeyPath<Fields, Int64>, _ widths: ClosedRange<Int>) -> Bool {
      guard let number = number(widths) else { return false }
      fields[keyPath: path] = number
      return true
    }
    func name(among names: [String], length: Int?) -> Int? {
      for (index, name) in names.enumerated() {
        let wanted = length.map { String(name.prefix($0)) } ?? name
        if rest.lowercased().hasPrefix(wanted.lowercased()) {
          rest = rest.dropFirst(wanted.count)
          return index
        }
      }
      return nil
    }
    switch element {
    case "2006": return set(\.year, 4...4)
    case "06":
      guard let short = number(2...2) else { return false }
      fields.year = short + (short >= 69 ? 1900 : 2000)
    case "January", "Jan":
      guard let index = name(among: months, length: element == "Jan" ? 3 : nil) else { return false }
      fields.month = Int64(index + 1)
    case "Monday", "Mon": return name(among: weekdays, length: element == "Mon" ? 3 : nil) != nil
    case "01": return set(\.month, 2...2)
    case "1": return set(\.month, 1...2)
    case "02": return set(\.day, 2...2)
    case "2": return set(\.day, 1...2)
    case "_2":
      if rest.hasPrefix(" ") { rest = rest.dropFirst() }
      return set(\.day, 1...2)
    case "15", "03": return set(\.hour, 2...2)
    case "3": return set(\.hour, 1...2)
    case "04": return set(\.minute, 2...2)
    case "4": return set(\.minute, 1...2)
    case "05": return set(\.second, 2...2)
    case "5": return set(\.second, 1...2)
    case "PM", "pm":
      guard let index = name(among: ["am", "pm"], length: nil) else { return false }
      fields.isAfternoon = index == 1
    case "MST":
      let letters = rest.prefix { $0.isASCII && $0.isUppercase }
      guard (3...5).contains(letters.count) else { return false }
      rest = rest.dropFirst(letters.count)
    case _ where element.hasPrefix("Z") && rest.hasPrefix("Z"): rest = rest.dropFirst()
    case _ where element.hasPrefix("Z") || element.hasPrefix("-"):
      guard let sign = rest.first, sign == "+" || sign == "-" else { return false }
      rest = rest.dropFirst()
      guard let hours = number(2...2) else { return false }
      if element.contains(":"), rest.hasPrefix(":") { rest = rest.dropFirst() }
      let minutes = element.count { $0.isNumber } >= 4 ? number(2...2) : 0
      fields.offset = (hours * 3600 + (minutes ?? 0) * 60) * (sign == "-" ? -1 : 1)
    default:
      guard rest.first == "." || rest.first == "," else { return element.hasSuffix("9") }
      let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
      fields.nanoseconds = Int64((digits + "000000000").prefix(9)) ?? 0
      rest = rest.dropFirst(1 + digits.count)
    }
    return true
  }
}
