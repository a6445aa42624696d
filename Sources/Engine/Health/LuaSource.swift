/// Lua 5.1 as 5.4 takes it: the same text on the same lines, but for two things.
///
/// Numbers that are whole and came from a division are `2` in 5.1 and `2.0` in 5.4, and a concatenation of strings and
/// numbers asks no metamethod. So each `..` becomes `<< joint <<`, which does (see ``LuaPrelude``): 5.1 has no shifts, and
/// theirs is the precedence next to that of `..`. (A joint between two `..` would do as well, but for Lua 5.4.4, which
/// loses operands of a long concatenation with metamethods.) And a backslash before a letter that escapes nothing is an
/// error in 5.4, where 5.1 drops it.
struct LuaSource {
  private let bytes: [UInt8]
  private var position = 0
  private var output: [UInt8] = []

  static func adapted(_ script: String) -> [UInt8] {
    var source = LuaSource(bytes: Array(script.utf8))
    source.adapt()
    return source.output
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
    output.reserveCapacity(bytes.count + 64)
  }

  private func peek(_ distance: Int = 0) -> UInt8? {
    position + distance < bytes.count ? bytes[position + distance] : nil
  }

  private mutating func copy(_ count: Int = 1) {
    let end = min(position + count, bytes.count)
    output += bytes[position..<end]
    position = end
  }

  private mutating func adapt() {
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
        copy(2)
        if !copyLong() { copyLine() }
      case UInt8(ascii: "["):
        if !copyLong() { copy() }
      case UInt8(ascii: "\""), UInt8(ascii: "'"): copyString(byte)
      case UInt8(ascii: "."): copyDots()
      default:
        if isDigit(byte) { copyNumber() } else if isName(byte) { copyName() } else { copy() }
      }
    }
  }

  private mutating func copyLine() {
    while let byte = peek(), byte != UInt8(ascii: "\n") { copy() }
  }

  /// `[[…]]`, `[==[…]==]`.
  /// - Returns: false where none begins.
  private mutating func copyLong() -> Bool {
    guard peek() == UInt8(ascii: "[") else { return false }
    var level = 0
    while peek(1 + level) == UInt8(ascii: "=") { level += 1 }
    guard peek(1 + level) == UInt8(ascii: "[") else { return false }
    copy(level + 2)
    while peek() != nil {
      if peek() == UInt8(ascii: "]"), peek(level + 1) == UInt8(ascii: "]"),
        (0..<level).allSatisfy({ peek(1 + $0) == UInt8(ascii: "=") })
      {
        copy(level + 2)
        return true
      }
      copy()
    }
    return true
  }

  private static let escapes = Set(Array("abfnrtvxzu\\\"'\n\r0123456789".utf8))

  private mutating func copyString(_ quote: UInt8) {
    copy()
    while let byte = peek(), byte != UInt8(ascii: "\n") {
      if byte == quote {
        copy()
        return
      }
      guard byte == UInt8(ascii: "\\"), let next = peek(1) else {
        copy()
        continue
      }
      if Self.escapes.contains(next) {
        copy(2)
      } else {
        position += 1
        copy()
      }
    }
  }

  private mutating func copyDots() {
    var count = 1
    while peek(count) == UInt8(ascii: ".") { count += 1 }
    if count == 1, let next = peek(1), isDigit(next) { return copyNumber() }
    guard count == 2 else { return copy(count) }
    position += 2
    output += Array("<< \(LuaPrelude.joint) << ".utf8)
  }

  /// Digits, letters and dots of a number, with the sign of its exponent.
  private mutating func copyNumber() {
    var before = UInt8(0)
    let isHexadecimal = peek() == UInt8(ascii: "0") && [UInt8(ascii: "x"), UInt8(ascii: "X")].contains(peek(1))
    while let byte = peek() {
      let isSign = [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(byte)
      let takesSign = isSign && !isHexadecimal && [UInt8(ascii: "e"), UInt8(ascii: "E")].contains(before)
      // `1..x` is malformed in both; a dot that begins a concatenation ends the number all the same.
      let isDot = byte == UInt8(ascii: ".") && peek(1) != UInt8(ascii: ".")
      guard isName(byte) || isDot || takesSign else { return }
      before = byte
      copy()
    }
  }

  private mutating func copyName() {
    while let byte = peek(), isName(byte) { copy() }
  }

  private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private func isName(_ byte: UInt8) -> Bool {
    isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
      || byte >= 0x80
  }
}
