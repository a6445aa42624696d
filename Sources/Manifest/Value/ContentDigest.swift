/// 128 bits that tell contents apart, stable over processes and machines. Not for secrets: it is no cryptographic hash.
package struct ContentDigest: Sendable, Hashable, CustomStringConvertible {
  package var high: UInt64
  package var low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The digest of nothing at all, which no content has.
  package static let none = ContentDigest(high: 0, low: 0)

  /// 32 hexadecimal digits.
  package var description: String { Self.hex(high) + Self.hex(low) }

  /// Reads ``description`` back; nil for anything else.
  package init?(_ text: String) {
    guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
      let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// Digests values in a canonical order, so that equal values have equal digests.
///
/// Two independent 64-bit multiply-xor lanes (FNV-1a and a variation of it).
package struct ContentHasher: Sendable {
  private var high: UInt64 = 0xCBF2_9CE4_8422_2325
  private var low: UInt64 = 0x9AE1_6A3B_2F90_404F

  package init() {}

  package var digest: ContentDigest { ContentDigest(high: high, low: low | 1) }

  private mutating func add(byte: UInt8) {
    high = (high ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    low = ((low &<< 5) | (low &>> 59)) ^ UInt64(byte)
    low = low &* 0x9E37_79B9_7F4A_7C15
  }

  package mutating func add(tag: UInt8) { add(byte: tag) }

  package mutating func add(_ number: UInt64) {
    var number = number
    for _ in 0..<8 {
      add(byte: UInt8(truncatingIfNeeded: number))
      number >>= 8
    }
  }

  package mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      add(UInt64(bytes.count))
      for byte in bytes { add(byte: byte) }
    }
  }

  package mutating func add(bytes: [UInt8]) {
    add(UInt64(bytes.count))
    for byte in bytes { add(byte: byte) }
  }

  package mutating func add(_ digest: ContentDigest) {
    add(digest.high)
    add(digest.low)
  }

  package mutating func add(_ node: Node) {
    switch node.value {
    case .null: add(tag: 0)
    case .bool(let flag): add(tag: flag ? 2 : 1)
    case .int(let number):
      add(tag: 3)
      add(UInt64(bitPattern: number))
    case .uint(let number):
      add(tag: 4)
      add(number)
    case .double(let number):
      add(tag: 5)
      add(number.bitPattern)
    case .string(let text):
      add(tag: 6)
      add(text)
    case .sequence(let nodes):
      add(tag: 7)
      add(UInt64(nodes.count))
      for node in nodes { add(node) }
    case .mapping(let mapping): add(mapping)
    }
  }

  package mutating func add(_ mapping: Mapping) {
    add(tag: 8)
    add(UInt64(mapping.count))
    for member in mapping.members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      add(member.key)
      add(member.value)
    }
  }

  package mutating func add(_ fields: FieldSet) {
    add(tag: fields.isMember ? 9 : 10)
    add(UInt64(fields.elements.count))
    for child in fields.elements {
      add(child.element)
      add(child.set)
    }
  }
}
