/// The parameters of a request's query; the first of equal names counts.
package struct QueryParameters: Sendable {
  private static let maximumCount = 64
  private var pairs: [(name: String, value: String)] = []

  package init(_ query: String) {
    for pair in query.split(separator: "&").prefix(Self.maximumCount) {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count > 1 ? String(parts[1]) : ""
      pairs.append((Self.decode(String(parts[0]), plus: true), Self.decode(value, plus: true)))
    }
  }

  package subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

  /// `true` and `1` say yes, as Go's ParseBool.
  package func flag(_ name: String) -> Bool { ["true", "1", "True", "TRUE", "t", "T"].contains(self[name] ?? "") }

  /// Percent decoding; a broken escape stays as it is, bad UTF-8 is replaced.
  package static func decode(_ text: String, plus: Bool = false) -> String {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return text }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2, let high = hex(rest[rest.startIndex]),
        let low = hex(rest[rest.startIndex + 1])
      {
        bytes.append(high << 4 | low)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(plus && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hex(_ byte: UInt8) -> UInt8? { Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init) }
}
