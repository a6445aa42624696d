/// Dates in HTTP's headers (RFC 9110 §5.6.7).
enum HTTPDate {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
  private static let longest = 64

  /// Seconds since 1970; nil for what is no date in one of the three forms that a recipient takes:
  /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
  static func seconds(_ text: String) -> Double? {
    guard text.utf8.count <= longest else { return nil }
    let words = text.split { $0 == " " || $0 == "," || $0 == "-" }
    let (day, month, year, time): (Substring, Substring, Substring, Substring)
    switch words.count {
    case 6 where words[5] == "GMT": (day, month, year, time) = (words[1], words[2], words[3], words[4])
    case 5: (day, month, year, time) = (words[2], words[1], words[4], words[3])
    default: return nil
    }
    guard let month = months.firstIndex(of: String(month)), let day = two(day), let year = full(year) else {
      return nil
    }
    let parts = time.split(separator: ":", omittingEmptySubsequences: false).map(two)
    guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2] else { return nil }
    return Timestamp.seconds(
      "\(year)-\(digits(month + 1))-\(digits(day))T\(digits(hour)):\(digits(minute)):\(digits(second))Z")
  }

  private static func two(_ text: Substring) -> Int? {
    guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
  }

  /// Four digits; of two, those of the last and this century that are not far ahead.
  private static func full(_ text: Substring) -> String? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    if text.utf8.count == 4 { return String(text) }
    guard text.utf8.count == 2, let year = two(text) else { return nil }
    return (year < 70 ? "20" : "19") + String(text)
  }

  private static func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
