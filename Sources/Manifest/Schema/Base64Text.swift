/// Base64 text as Secrets carry it.
package enum Base64Text {
  /// Where strict decoding stops; nil for good text.
  package static func firstIllegalByte(_ text: String) -> Int? {
    let bytes = Array(text.utf8).filter { $0 != 0x0A && $0 != 0x0D }
    var position = 0
    while position < bytes.count, isDigit(bytes[position]) { position += 1 }
    if position == bytes.count { return bytes.count % 4 == 0 ? nil : bytes.count - bytes.count % 4 }
    let padding = bytes[position...]
    let isPadding = padding.allSatisfy { $0 == UInt8(ascii: "=") } && bytes.count % 4 == 0 && padding.count <= 2
    return isPadding ? nil : position
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
      true
    default: false
    }
  }
}
