/// A point of wall-clock time, in milliseconds since 1970 (UTC); passed in, never read by the machines.
package struct Moment: Sendable, Hashable, Comparable {
  package var milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  package static func < (a: Moment, b: Moment) -> Bool { a.milliseconds < b.milliseconds }

  /// Saturates at the ends of time.
  package static func + (moment: Moment, interval: Duration) -> Moment {
    let (seconds, attoseconds) = interval.components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    guard !overflow else { return Moment(milliseconds: seconds < 0 ? .min : .max) }
    let sum = moment.milliseconds.addingReportingOverflow(product + attoseconds / 1_000_000_000_000_000)
    return Moment(milliseconds: sum.overflow ? (seconds < 0 ? .min : .max) : sum.partialValue)
  }

  /// `2026-11-23T07:27:18Z`, as `metav1.Time` is written: whole seconds.
  var rfc3339: String {
    let (seconds, _) = milliseconds.quotientAndFloor(by: 1000)
    let (days, rest) = seconds.quotientAndFloor(by: 86_400)
    let (year, month, day) = Self.civil(days: days)
    return "\(Self.pad(year, 4))-\(Self.pad(month, 2))-\(Self.pad(day, 2))T"
      + "\(Self.pad(rest / 3600, 2)):\(Self.pad(rest / 60 % 60, 2)):\(Self.pad(rest % 60, 2))Z"
  }

  /// `2026-11-23T07:27:18.123000Z`, as `metav1.MicroTime` is written.
  var rfc3339Micro: String {
    let (_, rest) = milliseconds.quotientAndFloor(by: 1000)
    return "\(rfc3339.dropLast()).\(Self.pad(rest, 3))000Z"
  }

  /// Reads what ``rfc3339`` writes; nil for anything else.
  init?(rfc3339 text: String) {
    let parts = text.split(whereSeparator: { "-T:Z".contains($0) }).map { Int64($0) }
    guard text.utf8.count == 20, text.hasSuffix("Z"), parts.count == 6, let year = parts[0], let month = parts[1],
      let day = parts[2], let hour = parts[3], let minute = parts[4], let second = parts[5],
      (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    milliseconds = (Self.days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second) * 1000
  }

  private static func pad(_ number: Int64, _ width: Int) -> String {
    let text = String(number)
    return text.utf8.count >= width ? text : String(repeating: "0", count: width - text.utf8.count) + text
  }

  /// Days since 1970 to year, month and day of the proleptic Gregorian calendar, by eras of 400 years from 1 March.
  private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let (era, dayOfEra) = shifted.quotientAndFloor(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shiftedYear.quotientAndFloor(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension Int64 {
  /// Quotient rounded down and the remainder that is never negative; `divisor` is positive.
  fileprivate func quotientAndFloor(by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
