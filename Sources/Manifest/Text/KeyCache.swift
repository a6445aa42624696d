#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Gives equal keys one string, since a manifest's keys are few and repeat: longer ones are allocated once.
struct KeyCache {
  private static let size = 512
  private var slots: [String?] = Array(repeating: nil, count: size)

  /// - Parameter bytes: valid UTF-8.
  mutating func string(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    // Up to 15 bytes a string holds in itself.
    guard bytes.count > 15 else { return String(decoding: bytes, as: UTF8.self) }
    var hash = UInt64(bytes.count)
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    let slot = Int(truncatingIfNeeded: (hash ^ (hash &>> 29)) % UInt64(Self.size))
    if let known = slots[slot], Self.holds(known, bytes) { return known }
    let string = String(decoding: bytes, as: UTF8.self)
    slots[slot] = string
    return string
  }

  private static func holds(_ known: String, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard known.utf8.count == bytes.count else { return false }
    return known.utf8.withContiguousStorageIfAvailable { stored in
      guard let a = stored.baseAddress, let b = bytes.baseAddress else { return stored.isEmpty }
      return memcmp(a, b, stored.count) == 0
    } ?? known.utf8.elementsEqual(bytes)
  }
}
