extension Function {
  /// Sprig's checksums, as lower case hexadecimal.
  static let hashes: [Function] = [
    Function("sha1sum", 1) { a, run in try digest(a, &run, SHA1.digest) },
    Function("sha256sum", 1) { a, run in try digest(a, &run, SHA256.digest) },
    Function("sha512sum", 1) { a, run in try digest(a, &run, SHA512.digest) },
    Function("adler32sum", 1) { a, run in
      let bytes = Array(try a.string(0).utf8)
      try run.budget.spend(bytes.count)
      var (low, high): (UInt32, UInt32) = (1, 0)
      for byte in bytes {
        low = (low + UInt32(byte)) % 65521
        high = (high + low) % 65521
      }
      return .string(String(high << 16 | low))
    },
  ]

  private static func digest(
    _ a: Arguments, _ run: inout Run, _ hash: ([UInt8]) -> [UInt8]
  ) throws -> GoValue {
    let bytes = Array(try a.string(0).utf8)
    try run.budget.spend(bytes.count + 100)
    return .string(hash(bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
  }
}
