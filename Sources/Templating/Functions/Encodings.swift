import Manifest

extension Function {
  static let encodings: [Function] = [
    Function("b64enc", 1) { a, run in try run.text(Base64.encode(Array(try a.string(0).utf8))) },
    Function("b64dec", 1) { a, run in
      let text = try a.string(0)
      // Sprig gives the error as the result.
      guard let bytes = Base64.decode(text) else { return .string("illegal base64 data at input byte 0") }
      return try run.text(String(decoding: bytes, as: UTF8.self))
    },
    Function("b32enc", 1) { a, run in try run.text(Base32.encode(Array(try a.string(0).utf8))) },
    Function("b32dec", 1) { a, run in
      guard let bytes = Base32.decode(try a.string(0)) else { return .string("illegal base32 data at input byte 0") }
      return try run.text(String(decoding: bytes, as: UTF8.self))
    },
  ]
}

/// Base32 by RFC 4648 §6, with padding.
enum Base32 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    var held: UInt32 = 0
    var bits: UInt32 = 0
    for byte in bytes {
      held = held << 8 | UInt32(byte)
      bits += 8
      while bits >= 5 {
        bits -= 5
        out.append(alphabet[Int(held >> bits & 31)])
      }
    }
    if bits > 0 { out.append(alphabet[Int(held << (5 - bits) & 31)]) }
    while out.count % 8 != 0 { out.append(UInt8(ascii: "=")) }
    return String(decoding: out, as: UTF8.self)
  }

  static func decode(_ text: String) -> [UInt8]? {
    let digits = text.utf8.filter { $0 != 10 && $0 != 13 }
    let body = digits.prefix { $0 != UInt8(ascii: "=") }
    guard digits.count % 8 == 0, digits.dropFirst(body.count).allSatisfy({ $0 == UInt8(ascii: "=") }) else {
      return nil
    }
    var out: [UInt8] = []
    var held: UInt32 = 0
    var bits: UInt32 = 0
    for digit in body {
      guard let value = alphabet.firstIndex(of: digit) else { return nil }
      held = held << 5 | UInt32(value)
      bits += 5
      if bits >= 8 {
        bits -= 8
        out.append(UInt8(truncatingIfNeeded: held >> bits))
      }
    }
    return out
  }
}
