/// The padding that the SHA family shares (FIPS 180-4 §5.1): a one bit, zeros, and the length in bits.
enum MerkleDamgard {
  /// `message` padded to whole blocks of `block` bytes; the last eight bytes hold the length.
  static func padded(_ message: [UInt8], block: Int) -> [UInt8] {
    var bytes = message
    bytes.append(0x80)
    // SHA-512 has sixteen bytes for the length; the upper eight are zero for every message there can be.
    while bytes.count % block != block - block / 8 { bytes.append(0) }
    bytes += [UInt8](repeating: 0, count: block / 8 - 8)
    let bits = UInt64(message.count) * 8
    for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
    return bytes
  }

  static func bigEndian<Word: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>) -> Word {
    bytes.reduce(0) { $0 << 8 | Word(truncatingIfNeeded: $1) }
  }

  static func bytes<Word: FixedWidthInteger>(of words: [Word]) -> [UInt8] {
    words.flatMap { word in
      stride(from: Word.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> Word($0)) }
    }
  }
}
