import Manifest

extension Function {
  static let encodings: [Function] = [
    Function("b64enc", 1) { a, run in try run.text(Base64.encode(Array(try a.string(0).utf8))) },
    Function("b64dec", 1) { a, run in try decoded(GoBase64.decode(Array(try a.string(0).utf8)), 64, &run) },
    Function("b32enc", 1) { a, run in try run.text(Base32.encode(Array(try a.string(0).utf8))) },
    Function("b32dec", 1) { a, run in try decoded(Base32.decode(Array(try a.string(0).utf8)), 32, &run) },
  ]

  /// Sprig gives the error as the result.
  private static func decoded(_ text: DecodedText, _ base: Int, _ run: inout Run) throws -> GoValue {
    switch text {
    case .bytes(let bytes): try run.text(String(decoding: bytes, as: UTF8.self))
    case .illegal(let position): .string("illegal base\(base) data at input byte \(position)")
    }
  }
}

/// What came of reading bytes from text, and where Go says that it is wrong.
enum DecodedText: Equatable {
  case bytes([UInt8])
  case illegal(at: Int)
}

/// encoding/base64's standard encoding, which looks over stray bits behind the last byte.
enum GoBase64 {
  static func decode(_ text: [UInt8]) -> DecodedText {
    var out: [UInt8] = []
    out.reserveCapacity(text.count / 4 * 3)
    var digits: [UInt8] = []
    var position = 0
    while position < text.count {
      let byte = text[position]
      position += 1
      if byte == 10 || byte == 13 { continue }
      if let value = Base64.value(of: byte) {
        digits.append(value)
        if digits.count == 4 { flush(&digits, into: &out) }
        continue
      }
      guard byte == UInt8(ascii: "="), digits.count >= 2 else { return .illegal(at: position - 1) }
      if let illegal = padding(text, &position, behind: digits.count) { return .illegal(at: illegal) }
      flush(&digits, into: &out)
    }
    return digits.isEmpty ? .bytes(out) : .illegal(at: position - digits.count)
  }

  /// Reads what may stand behind a first `=`; where it is wrong, if it is.
  private static func padding(_ text: [UInt8], _ position: inout Int, behind digits: Int) -> Int? {
    func skipBreaks() { while position < text.count, text[position] == 10 || text[position] == 13 { position += 1 } }
    if digits == 2 {
      skipBreaks()
      guard position < text.count else { return text.count }
      guard text[position] == UInt8(ascii: "=") else { return position - 1 }
      position += 1
    }
    skipBreaks()
    return position < text.count ? position : nil
  }

  private static func flush(_ digits: inout [UInt8], into out: inout [UInt8]) {
    var bits: UInt32 = 0
    for place in 0..<4 { bits = bits << 6 | (place < digits.count ? UInt32(digits[place]) : 0) }
    let bytes = [UInt8(bits >> 16 & 255), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
    out += bytes.prefix(digits.count - 1)
    digits.removeAll(keepingCapacity: true)
  }
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

  /// As encoding/base32: what stands behind good padding is not looked at.
  static func decode(_ text: [UInt8]) -> DecodedText {
    let text = text.filter { $0 != 10 && $0 != 13 }
    var out: [UInt8] = []
    var held: UInt64 = 0
    for (position, byte) in text.enumerated() {
      let place = position % 8
      if byte == UInt8(ascii: "="), place >= 2, text.count - position <= 8 {
        if let illegal = padding(text, from: position) { return .illegal(at: illegal) }
        guard ![3, 6].contains(place) else { return .illegal(at: position) }
        out += bytes(held << UInt64(5 * (8 - place))).prefix(place * 5 / 8)
        return .bytes(out)
      }
      guard let value = alphabet.firstIndex(of: byte) else { return .illegal(at: position) }
      held = held << 5 | UInt64(value)
      guard place == 7 else { continue }
      out += bytes(held)
      held = 0
    }
    let left = text.count % 8
    return left == 0 ? .bytes(out) : .illegal(at: text.count - left)
  }

  /// Where the padding from `position` on is too short or holds something else.
  private static func padding(_ text: [UInt8], from position: Int) -> Int? {
    let wanted = 7 - position % 8
    let rest = text[(position + 1)...]
    guard rest.count >= wanted else { return text.count }
    return rest.prefix(wanted).firstIndex { $0 != UInt8(ascii: "=") }.map { $0 - 1 }
  }

  private static func bytes(_ held: UInt64) -> [UInt8] {
    (0..<5).map { UInt8(truncatingIfNeeded: held >> UInt64(32 - 8 * $0)) }
  }
}
