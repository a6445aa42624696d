/// A rule for every year, as POSIX writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneRule: Sendable {
  private enum Day: Sendable {
    /// The `week`th (5: last) `weekday` of a month.
    case ofWeek(month: Int64, week: Int64, weekday: Int64)
    /// From 1, without counting February 29.
    case julian(Int64)
    /// From 0.
    case ofYear(Int64)
  }

  private struct Change: Sendable {
    var day: Day
    /// Of local time.
    var seconds: Int64
  }

  private var standard: ZoneFile.Local
  private var daylight: (local: ZoneFile.Local, start: Change, end: Change)?

  /// Nil for what is no such rule.
  init?(_ text: String) {
    var rest = Array(text.utf8)[...]
    guard let name = Self.name(&rest), let offset = Self.time(&rest) else { return nil }
    standard = ZoneFile.Local(offset: -offset, isDaylight: false, name: name)
    guard !rest.isEmpty else { return }
    guard let summer = Self.name(&rest) else { return nil }
    let summerOffset = Self.time(&rest).map { -$0 } ?? standard.offset + 3600
    guard let start = Self.change(&rest), let end = Self.change(&rest), rest.isEmpty else { return nil }
    daylight = (ZoneFile.Local(offset: summerOffset, isDaylight: true, name: summer), start, end)
  }

  func local(at seconds: Int64) -> ZoneFile.Local {
    guard let daylight else { return standard }
    let year = CivilDate.date(days: CivilDate.floorDivide(seconds + standard.offset, 86_400)).year
    let start = Self.moment(daylight.start, year) - standard.offset
    let end = Self.moment(daylight.end, year) - daylight.local.offset
    let isSummer = start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end
    return isSummer ? daylight.local : standard
  }

  private static func moment(_ change: Change, _ year: Int64) -> Int64 {
    let newYear = CivilDate.days(year: year, month: 1, day: 1)
    let day: Int64
    switch change.day {
    case .ofYear(let number): day = newYear + number
    case .julian(let number):
      let isLeap = CivilDate.days(year: year + 1, month: 1, day: 1) - newYear == 366
      day = newYear + number - (isLeap && number >= 60 ? 0 : 1)
    case .ofWeek(let month, let week, let weekday):
      let first = CivilDate.days(year: year, month: month, day: 1)
      let length = CivilDate.days(year: year, month: month + 1, day: 1) - first
      // The epoch was a Thursday.
      let firstWeekday = ((first + 4) % 7 + 7) % 7
      var offset = (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
      if offset >= length { offset -= 7 }
      day = first + offset
    }
    return day * 86_400 + change.seconds
  }

  // MARK: Reading

  /// Letters, or anything between `<` and `>`.
  private static func name(_ rest: inout ArraySlice<UInt8>) -> String? {
    let isQuoted = rest.first == UInt8(ascii: "<")
    if isQuoted { rest.removeFirst() }
    let name = rest.prefix { isQuoted ? $0 != UInt8(ascii: ">") : ($0 | 32) >= 97 && ($0 | 32) <= 122 }
    rest = rest.dropFirst(name.count)
    if isQuoted, rest.popFirst() == nil { return nil }
    return name.count < 3 ? nil : String(decoding: name, as: UTF8.self)
  }

  private static func number(_ rest: inout ArraySlice<UInt8>) -> Int64? {
    let digits = rest.prefix(4).prefix { $0 >= 48 && $0 <= 57 }
    rest = rest.dropFirst(digits.count)
    return Int64(String(decoding: digits, as: UTF8.self))
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  private static func time(_ rest: inout ArraySlice<UInt8>) -> Int64? {
    let sign = rest.first
    if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
    guard var seconds = number(&rest).map({ $0 * 3600 }) else { return nil }
    for unit: Int64 in [60, 1] where rest.first == UInt8(ascii: ":") {
      rest.removeFirst()
      guard let part = number(&rest) else { return nil }
      seconds += part * unit
    }
    return sign == UInt8(ascii: "-") ? -seconds : seconds
  }

  /// `,M3.5.0/2`, `,J60`, `,59`
  private static func change(_ rest: inout ArraySlice<UInt8>) -> Change? {
    guard rest.popFirst() == UInt8(ascii: ","), let day = day(&rest) else { return nil }
    guard rest.first == UInt8(ascii: "/") else { return Change(day: day, seconds: 7200) }
    rest.removeFirst()
    return time(&rest).map { Change(day: day, seconds: $0) }
  }

  private static func day(_ rest: inout ArraySlice<UInt8>) -> Day? {
    switch rest.first {
    case UInt8(ascii: "J"):
      rest.removeFirst()
      return number(&rest).flatMap { (1...365).contains($0) ? .julian($0) : nil }
    case UInt8(ascii: "M"):
      rest.removeFirst()
      guard let month = number(&rest), rest.popFirst() == UInt8(ascii: "."), let week = number(&rest),
        rest.popFirst() == UInt8(ascii: "."), let weekday = number(&rest)
      else { return nil }
      guard (1...12).contains(month), (1...5).contains(week), (0...6).contains(weekday) else { return nil }
      return .ofWeek(month: month, week: week, weekday: weekday)
    default: return number(&rest).flatMap { (0...365).contains($0) ? .ofYear($0) : nil }
    }
  }
}
