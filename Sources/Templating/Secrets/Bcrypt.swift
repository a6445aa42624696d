/// bcrypt (Provos and Mazières, 1999) as OpenBSD defines it, version `2a`.
enum Bcrypt {
  /// The most that takes part in the hash.
  static let maximumPasswordBytes = 72

  private static let alphabet = Array("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

  /// `$2a$10$` and the salt and the hash in bcrypt's own base64.
  /// - Parameter salt: 16 bytes.
  /// - Parameter cost: the logarithm of the number of rounds, 4 to 20.
  static func hash(_ password: [UInt8], salt: [UInt8], cost: Int) -> String {
    let cost = min(max(cost, 4), 20)
    let salt = Array((salt + [UInt8](repeating: 0, count: 16)).prefix(16))
    let key = Array((password + [0]).prefix(maximumPasswordBytes))
    var cipher = Blowfish()
    cipher.expand(key: key, salt: salt)
    for _ in 0..<(1 << cost) {
      cipher.expand(key: key, salt: nil)
      cipher.expand(key: salt, salt: nil)
    }
    var words = Blowfish.words(Array("OrpheanBeholderScryDoubt".utf8))
    for index in stride(from: 0, to: words.count - 1, by: 2) {
      var (left, right) = (words[index], words[index + 1])
      for _ in 0..<64 { cipher.encrypt(&left, &right) }
      (words[index], words[index + 1]) = (left, right)
    }
    let digest = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) } }
    return "$2a$\(cost < 10 ? "0" : "")\(cost)$" + text(salt) + text(Array(digest.prefix(23)))
  }

  /// Six bits a letter, without padding.
  private static func text(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    var (held, bits): (UInt32, UInt32) = (0, 0)
    for byte in bytes {
      held = held << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        out.append(alphabet[Int(held >> bits & 63)])
      }
    }
    if bits > 0 { out.append(alphabet[Int(held << (6 - bits) & 63)]) }
    return String(decoding: out, as: UTF8.self)
  }
}

/// Blowfish (Schneier, 1993), with the salted key schedule that bcrypt adds.
struct Blowfish {
  private static let start = PiDigits.fraction(words: 18 + 4 * 256)

  /// Round keys, then the four boxes.
  private var state = Blowfish.start

  /// - Parameter salt: mixed in between; 16 bytes.
  mutating func expand(key: [UInt8], salt: [UInt8]?) {
    let keyWords = Self.words(Self.repeated(key, to: 72))
    let saltWords = salt.map { Self.words($0) } ?? []
    for index in 0..<18 { state[index] ^= keyWords[index] }
    var (left, right): (UInt32, UInt32) = (0, 0)
    for index in stride(from: 0, to: state.count - 1, by: 2) {
      if saltWords.count == 4 {
        left ^= saltWords[index % 4]
        right ^= saltWords[index % 4 + 1]
      }
      encrypt(&left, &right)
      state[index] = left
      state[index + 1] = right
    }
  }

  func encrypt(_ left: inout UInt32, _ right: inout UInt32) {
    state.withUnsafeBufferPointer { state in
      var (a, b) = (left, right)
      for round in stride(from: 0, to: 16, by: 2) {
        a ^= state[round]
        b ^= Self.mix(a, state)
        b ^= state[round + 1]
        a ^= Self.mix(b, state)
      }
      (left, right) = (b ^ state[17], a ^ state[16])
    }
  }

  private static func mix(_ word: UInt32, _ state: UnsafeBufferPointer<UInt32>) -> UInt32 {
    let first = state[18 + Int(word >> 24)] &+ state[274 + Int(word >> 16 & 255)]
    return (first ^ state[530 + Int(word >> 8 & 255)]) &+ state[786 + Int(word & 255)]
  }

  /// Big-endian words of whole fours of bytes.
  static func words(_ bytes: [UInt8]) -> [UInt32] {
    stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { start in
      bytes[start..<(start + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  private static func repeated(_ bytes: [UInt8], to count: Int) -> [UInt8] {
    bytes.isEmpty ? [UInt8](repeating: 0, count: count) : (0..<count).map { bytes[$0 % bytes.count] }
  }
}
