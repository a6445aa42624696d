import Glibc

/// What time it is: seconds since 1970, UTC. Injected, so that tests decide.
package struct WallClock: Sendable {
  package let now: @Sendable () -> Double

  package init(now: @escaping @Sendable () -> Double) { self.now = now }

  package static let system = WallClock {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// Instants as Kubernetes writes them (RFC 3339).
package enum Timestamp {
  /// Seconds since 1970; nil for anything that is not an RFC 3339 date-time.
  package static func seconds(_ text: String) -> Double? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.count <= 40, bytes[4] == dash, bytes[7] == dash,
      bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"), bytes[13] == colon, bytes[16] == colon,
      let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
      let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60,
      let (fraction, offset) = fractionAndOffset(bytes[19...])
    else { return nil }
    let time = hour * 3600 + minute * 60 + second - offset
    return Double(days(year: year, month: month, day: day) * 86_400 + time) + fraction
  }

  /// Such as `2026-01-31T12:00:00Z`; nil outside of the years 1 to 9999.
  package static func text(_ seconds: Double) -> String? {
    guard (-62_135_596_800..<253_402_300_800).contains(seconds) else { return nil }
    let whole = Int(seconds.rounded(.down))
    let day = (whole >= 0 ? whole : whole - 86_399) / 86_400
    let time = whole - day * 86_400
    var year = 1970 + Int((Double(day) / 365.2425).rounded(.down))
    while days(year: year, month: 1, day: 1) > day { year -= 1 }
    while days(year: year + 1, month: 1, day: 1) <= day { year += 1 }
    let month = (1...12).last { days(year: year, month: $0, day: 1) <= day } ?? 1
    let date = [year, month, day - days(year: year, month: month, day: 1) + 1]
    let clock = [time / 3600, time / 60 % 60, time % 60]
    return padded(date[0], 4) + "-" + padded(date[1], 2) + "-" + padded(date[2], 2) + "T"
      + clock.map { padded($0, 2) }.joined(separator: ":") + "Z"
  }

  private static func padded(_ number: Int, _ count: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, count - digits.count)) + digits
  }

  private static let dash = UInt8(ascii: "-")
  private static let colon = UInt8(ascii: ":")

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      value = value * 10 + Int(digit - 0x30)
    }
    return digits.isEmpty ? nil : value
  }

  private static func fractionAndOffset(_ rest: ArraySlice<UInt8>) -> (Double, Int)? {
    var rest = rest
    var fraction = 0.0
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
      guard !digits.isEmpty, digits.count <= 12, let value = number(digits) else { return nil }
      for _ in digits { fraction = fraction == 0 ? 0.1 : fraction / 10 }
      fraction *= Double(value)
      rest = rest.dropFirst(digits.count + 1)
    }
    if rest.elementsEqual("Z".utf8) || rest.elementsEqual("z".utf8) { return (fraction, 0) }
    guard rest.count == 6, let sign = rest.first, sign == dash || sign == UInt8(ascii: "+") else { return nil }
    let digits = Array(rest.dropFirst())
    guard digits[2] == colon, let hours = number(digits[0..<2]), let minutes = number(digits[3..<5]), hours < 24,
      minutes < 60
    else { return nil }
    return (fraction, (hours * 3600 + minutes * 60) * (sign == dash ? -1 : 1))
  }

  /// Days from 1970-01-01 in the proleptic Gregorian calendar, by whole years and months.
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let before = year - 1
    let untilYear = before * 365 + before / 4 - before / 100 + before / 400
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let untilMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
    return untilYear + untilMonth + (isLeap && month > 2 ? 1 : 0) + day - 1 - 719_162
  }
}
