/// An instant, as the status of an analysis records it.
package struct AnalysisTime: Sendable, Hashable, Comparable {
  /// Since 1970.
  package var seconds: Double

  package init(seconds: Double) { self.seconds = seconds }

  package static func < (a: AnalysisTime, b: AnalysisTime) -> Bool { a.seconds < b.seconds }

  package static func + (time: AnalysisTime, seconds: Double) -> AnalysisTime {
    AnalysisTime(seconds: time.seconds + seconds)
  }

  /// Nanoseconds since 1970, as far as an integer reaches.
  var nanoseconds: Int { ExprNumber.int((seconds * 1e9).rounded()) }

  /// RFC 3339 in UTC, in whole seconds, as Kubernetes writes times.
  package var text: String {
    let whole = ExprNumber.int(min(max(seconds.rounded(.down), -62_135_596_800), 253_402_300_799))
    let date = Self.date(ofDay: Self.floorDivide(whole, 86_400))
    let rest = whole - Self.floorDivide(whole, 86_400) * 86_400
    func pad(_ number: Int, _ width: Int = 2) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return "\(pad(date.year, 4))-\(pad(date.month))-\(pad(date.day))"
      + "T\(pad(rest / 3600)):\(pad(rest / 60 % 60)):\(pad(rest % 60))Z"
  }

  /// Reads RFC 3339, with a fraction and an offset if need be; nil for anything else.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, [0x54, 0x74, 0x20].contains(bytes[10]),
      bytes[13] == 0x3A, bytes[16] == 0x3A
    else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      guard range.upperBound <= bytes.count else { return nil }
      var value = 0
      for byte in bytes[range] {
        guard (0x30...0x39).contains(byte) else { return nil }
        value = value * 10 + Int(byte - 0x30)
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), (1...12).contains(month),
      let day = number(8..<10), (1...31).contains(day), let hour = number(11..<13), hour < 24,
      let minute = number(14..<16), minute < 60, let second = number(17..<19), second <= 60
    else { return nil }
    var rest = bytes[19...]
    var fraction = 0.0
    if rest.first == 0x2E {
      let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
      guard !digits.isEmpty, let parsed = Double("0." + String(decoding: digits, as: UTF8.self)) else { return nil }
      fraction = parsed
      rest = rest.dropFirst(1 + digits.count)
    }
    var offset = 0
    if rest.elementsEqual([0x5A]) || rest.elementsEqual([0x7A]) {
    } else {
      guard rest.count == 6, let sign = rest.first, sign == 0x2B || sign == 0x2D,
        let hours = number(rest.startIndex + 1..<rest.startIndex + 3), rest[rest.startIndex + 3] == 0x3A,
        let minutes = number(rest.startIndex + 4..<rest.startIndex + 6), hours < 24, minutes < 60
      else { return nil }
      offset = (hours * 3600 + minutes * 60) * (sign == 0x2D ? -1 : 1)
    }
    let days = Self.day(year: year, month: month, day: day)
    seconds = Double(days * 86_400 + hour * 3600 + minute * 60 + second - offset) + fraction
  }

  private static func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : (a - b + 1) / b }

  /// Days since 1970 of a date of the Gregorian calendar. The year is counted from March, so that the leap day is last.
  private static func day(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = floorDivide(shifted, 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = day + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let part = (5 * dayOfYear + 2) / 153
    let month = part < 10 ? part + 3 : part - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * part + 2) / 5 + 1)
  }
}
