import Templating

/// A schedule in cron's five fields: minute, hour, day of month, month, day of week.
///
/// As robfig/cron's parser reads it, which Argo CD uses: names of months and weekdays, `*`, `?`, lists, ranges, steps
/// (`5/15` runs to the end); Sunday is 0; where both days are given, either fits. No `@daily`, no seconds, no `TZ=`.
package struct CronSchedule: Sendable, Equatable {
  /// Why a text is no schedule, in words that follow its quotation.
  package struct Problem: Error, Sendable, Equatable {
    package var message: String
  }

  private var minutes: UInt64
  private var hours: UInt64
  private var days: UInt64
  private var months: UInt64
  private var weekdays: UInt64
  /// One of the day fields is `*`: then both have to fit.
  private var needsBothDays: Bool

  package init(_ text: String) throws(Problem) {
    guard text.utf8.count <= 512 else { throw Problem(message: "is longer than 512 bytes") }
    let fields = text.split { $0 == " " || $0 == "\t" }
    guard fields.count == 5 else {
      throw Problem(message: "has \(fields.count) fields, not the five of cron (minute hour day month weekday)")
    }
    minutes = try Self.field(fields[0], .minute).bits
    hours = try Self.field(fields[1], .hour).bits
    let day = try Self.field(fields[2], .day)
    months = try Self.field(fields[3], .month).bits
    let weekday = try Self.field(fields[4], .weekday)
    (days, weekdays) = (day.bits, weekday.bits)
    needsBothDays = day.isStar || weekday.isStar
  }

  /// - Parameter day: since 1970.
  func fits(day: Int64) -> Bool {
    let date = CivilDate.date(days: day)
    guard Self.has(months, date.month) else { return false }
    let weekday = ((day + 4) % 7 + 7) % 7
    let (fitsDay, fitsWeekday) = (Self.has(days, date.day), Self.has(weekdays, weekday))
    return needsBothDays ? fitsDay && fitsWeekday : fitsDay || fitsWeekday
  }

  /// The last minute of a day that fits, not after `limit`.
  func lastMinute(atOrBefore limit: Int64) -> Int64? {
    guard limit >= 0 else { return nil }
    for hour in stride(from: min(limit / 60, 23), through: 0, by: -1) where Self.has(hours, hour) {
      let last = hour == limit / 60 ? limit % 60 : 59
      for minute in stride(from: last, through: 0, by: -1) where Self.has(minutes, minute) { return hour * 60 + minute }
    }
    return nil
  }

  /// The first minute of a day that fits, not before `limit`.
  func firstMinute(atOrAfter limit: Int64) -> Int64? {
    let limit = max(limit, 0)
    for hour in stride(from: limit / 60, through: 23, by: 1) where Self.has(hours, hour) {
      let first = hour == limit / 60 ? limit % 60 : 0
      for minute in stride(from: first, through: 59, by: 1) where Self.has(minutes, minute) {
        return hour * 60 + minute
      }
    }
    return nil
  }

  /// All minutes of a day that fit, ascending.
  var minutesOfDay: [Int64] { (0..<1_440).filter { Self.has(hours, $0 / 60) && Self.has(minutes, $0 % 60) } }

  private static func has(_ bits: UInt64, _ number: Int64) -> Bool {
    number >= 0 && number < 64 && bits & 1 << UInt64(number) != 0
  }

  // MARK: Parsing

  private enum Unit {
    case minute, hour, day, month, weekday

    var range: ClosedRange<Int> {
      switch self {
      case .minute: 0...59
      case .hour: 0...23
      case .day: 1...31
      case .month: 1...12
      case .weekday: 0...6
      }
    }

    var name: String {
      switch self {
      case .minute: "minute"
      case .hour: "hour"
      case .day: "day of month"
      case .month: "month"
      case .weekday: "day of week"
      }
    }

    /// Short names, counted from the range's beginning.
    var names: [String] {
      switch self {
      case .month: TimeLayout.months.map { String($0.prefix(3)).lowercased() }
      case .weekday: TimeLayout.weekdays.map { String($0.prefix(3)).lowercased() }
      default: []
      }
    }
  }

  private static func field(_ text: Substring, _ unit: Unit) throws(Problem) -> (bits: UInt64, isStar: Bool) {
    var bits: UInt64 = 0
    var isStar = false
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let (range, step, star) = try range(part, unit)
      for value in stride(from: range.lowerBound, through: range.upperBound, by: step) { bits |= 1 << UInt64(value) }
      isStar = isStar || star
    }
    return (bits, isStar)
  }

  private static func range(
    _ text: Substring, _ unit: Unit
  ) throws(Problem) -> (ClosedRange<Int>, step: Int, isStar: Bool) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let span = parts.first else { throw problem(text, unit, "has more than one step") }
    var step = 1
    if parts.count == 2 {
      guard let number = Int(parts[1]), number > 0 else { throw problem(text, unit, "has no step above zero") }
      step = min(number, 64)
    }
    if span == "*" || span == "?" { return (unit.range, step, step == 1) }
    let ends = span.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count <= 2, let first = ends.first else { throw problem(text, unit, "is no range") }
    let low = try number(first, unit)
    let high = ends.count == 2 ? try number(ends[1], unit) : parts.count == 2 ? unit.range.upperBound : low
    guard low <= high else { throw problem(text, unit, "begins after its end") }
    return (low...high, step, false)
  }

  private static func number(_ text: Substring, _ unit: Unit) throws(Problem) -> Int {
    if let index = unit.names.firstIndex(of: text.lowercased()) { return unit.range.lowerBound + index }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), unit.range.contains(number)
    else {
      throw problem(text, unit, "is not in \(unit.range.lowerBound)-\(unit.range.upperBound)")
    }
    return number
  }

  private static func problem(_ text: Substring, _ unit: Unit, _ reason: String) -> Problem {
    Problem(message: "has a \(unit.name) that cannot be read: '\(DNSName.shown(String(text)))' \(reason)")
  }
}
