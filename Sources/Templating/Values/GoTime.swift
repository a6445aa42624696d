/// A moment as Go's time.Time, in UTC or at a fixed offset from it.
struct GoTime: Equatable {
  /// Since 1970; years beyond ±200,000 are clamped.
  var seconds: Int64
  var nanoseconds: Int64
  /// Seconds east of UTC.
  var offset: Int64
  var zone: String

  private static let range: ClosedRange<Int64> = -6_000_000_000_000...6_000_000_000_000

  init(seconds: Int64, nanoseconds: Int64 = 0, offset: Int64 = 0, zone: String = "UTC") {
    self.seconds = min(max(seconds, Self.range.lowerBound), Self.range.upperBound)
    self.nanoseconds = nanoseconds
    self.offset = offset
    self.zone = zone
  }

  init(_ since1970: Double) {
    let whole = since1970.rounded(.down)
    self.init(seconds: Decimal.clamped(whole), nanoseconds: Decimal.clamped((since1970 - whole) * 1e9))
  }

  func adding(_ duration: GoTimeSpan) -> GoTime {
    let total = nanoseconds + duration.nanoseconds % 1_000_000_000
    let carry = CivilDate.floorDivide(total, 1_000_000_000)
    return GoTime(
      seconds: seconds + duration.nanoseconds / 1_000_000_000 + carry, nanoseconds: total - carry * 1_000_000_000,
      offset: offset, zone: zone)
  }

  func since(_ earlier: GoTime) -> GoTimeSpan {
    let (whole, overflow) = (seconds - earlier.seconds).multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return GoTimeSpan(nanoseconds: seconds < earlier.seconds ? .min : .max) }
    return GoTimeSpan(nanoseconds: whole &+ nanoseconds &- earlier.nanoseconds)
  }

  /// The same moment as a process in UTC shows it.
  var utc: GoTime { GoTime(seconds: seconds, nanoseconds: nanoseconds) }

  private var local: Int64 { seconds + offset }
  var date: (year: Int64, month: Int64, day: Int64) {
    CivilDate.date(days: CivilDate.floorDivide(local, 86_400))
  }
  var secondOfDay: Int64 { local - CivilDate.floorDivide(local, 86_400) * 86_400 }
  /// 0 for Sunday.
  var weekday: Int64 {
    let day = (CivilDate.floorDivide(local, 86_400) + 4) % 7
    return day < 0 ? day + 7 : day
  }
  var dayOfYear: Int64 {
    CivilDate.floorDivide(local, 86_400) - CivilDate.days(year: date.year, month: 1, day: 1) + 1
  }

  var description: String { formatted("2006-01-02 15:04:05.999999999 -0700 MST") }

  func formatted(_ layout: String) -> String { TimeLayout.format(self, layout) }

  /// The fields and methods that templates use; nil for others.
  func method(_ name: String, _ a: Arguments) throws -> GoValue? {
    switch name {
    case "Format": return .string(formatted(try a.string(0)))
    case "Unix": return .int64(seconds)
    case "UnixMilli": return .int64(seconds &* 1000 &+ nanoseconds / 1_000_000)
    case "UnixNano": return .int64(seconds &* 1_000_000_000 &+ nanoseconds)
    case "Year": return .int(date.year, .int)
    case "Month": return .int(date.month, .month)
    case "Day": return .int(date.day, .int)
    case "Hour": return .int(secondOfDay / 3600, .int)
    case "Minute": return .int(secondOfDay / 60 % 60, .int)
    case "Second": return .int(secondOfDay % 60, .int)
    case "Nanosecond": return .int(nanoseconds, .int)
    case "Weekday": return .int(weekday, .weekday)
    case "YearDay": return .int(dayOfYear, .int)
    case "UTC": return .time(GoTime(seconds: seconds, nanoseconds: nanoseconds))
    case "IsZero": return .bool(seconds == -62_135_596_800 && nanoseconds == 0)
    case "String": return .string(description)
    case "AddDate": return .time(try adding(years: a.int(0), months: a.int(1), days: a.int(2)))
    case "Before", "After", "Equal":
      guard case .time(let other) = a[0] else { throw a.failure("needs a time") }
      let (mine, theirs) = ((seconds, nanoseconds), (other.seconds, other.nanoseconds))
      return .bool(name == "Before" ? mine < theirs : name == "After" ? mine > theirs : mine == theirs)
    default: return nil
    }
  }

  private func adding(years: Int, months: Int, days: Int) throws -> GoTime {
    let bound = 1_000_000
    guard [years, months, days].allSatisfy({ abs($0) <= bound }) else {
      throw TemplateError(.function("AddDate"), "AddDate: the span is too large")
    }
    let day = CivilDate.days(
      year: date.year + Int64(years), month: date.month + Int64(months), day: date.day + Int64(days))
    return GoTime(seconds: day * 86_400 + secondOfDay - offset, nanoseconds: nanoseconds, offset: offset, zone: zone)
  }
}
