/// Times as objects carry them: RFC 3339.
package enum TimeText {
  /// - Throws: what Go's `time.Parse` says of a text that is none.
  package static func check(_ text: String, isMicro: Bool) throws(DecodeProblem) {
    if isTime(Array(text.utf8)) { return }
    let layout = isMicro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00"
    throw DecodeProblem(message: "parsing time \"\(text)\" as \"\(layout)\": cannot parse \"\(text)\" as \"2006\"")
  }

  /// `2026-11-23T07:27:18Z`, with a fraction or an offset if need be.
  private static func isTime(_ bytes: [UInt8]) -> Bool {
    let pattern = Array("0000-00-00T00:00:00".utf8)
    guard bytes.count > pattern.count, zip(pattern, bytes).allSatisfy({ $0 == 0x30 ? isDigit($1) : $0 == $1 }) else {
      return false
    }
    var rest = bytes[pattern.count...]
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix(while: isDigit)
      guard !fraction.isEmpty else { return false }
      rest = rest.dropFirst(1 + fraction.count)
    }
    if rest.elementsEqual([UInt8(ascii: "Z")]) { return true }
    guard rest.count == 6, let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
      return false
    }
    return zip(Array("00:00".utf8), rest.dropFirst()).allSatisfy { $0 == 0x30 ? isDigit($1) : $0 == $1 }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
