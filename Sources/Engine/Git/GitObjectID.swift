/// The id of a git object: 40 (SHA-1) or 64 (SHA-256) hexadecimal digits in lower case.
package struct GitObjectID: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let hex: String

  /// Nil unless `text` is a whole id.
  package init?(_ text: some StringProtocol) {
    guard text.utf8.count == 40 || text.utf8.count == 64, text.utf8.allSatisfy(Self.isHexDigit) else { return nil }
    hex = text.lowercased()
  }

  /// The binary form that tree objects hold: 20 or 32 bytes.
  init?(bytes: ArraySlice<UInt8>) {
    guard bytes.count == 20 || bytes.count == 32 else { return nil }
    hex = Self.hex(of: bytes)
  }

  var byteCount: Int { hex.utf8.count / 2 }
  /// The first twelve digits, for people.
  package var short: String { String(hex.prefix(12)) }
  package var description: String { hex }

  package static func < (a: GitObjectID, b: GitObjectID) -> Bool { a.hex < b.hex }

  static func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }

  static func hex(of bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 0xF)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
