/// Kubernetes' rules for names (RFC 1123), with the reason when one does not hold.
package enum DNSName {
  /// What is wrong with `name` as a DNS subdomain, continuing a sentence that names it; nil when nothing is.
  package static func problem(withSubdomain name: String) -> String? {
    guard !name.isEmpty else { return "is empty" }
    guard name.utf8.count <= 253 else { return "is too long: \(name.utf8.count) bytes, at most 253 are allowed" }
    for part in name.split(separator: ".", omittingEmptySubsequences: false) {
      guard let first = part.utf8.first, let last = part.utf8.last, isAlphanumeric(first), isAlphanumeric(last),
        part.utf8.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") })
      else { return "is no valid name: it may hold a-z, 0-9, '-' and '.', and begins and ends with a letter or digit" }
    }
    return nil
  }

  /// `text` as it may stand in a message: short, and without control characters.
  static func shown(_ text: String) -> String {
    let clean = String(String.UnicodeScalarView(text.unicodeScalars.prefix(80).map { isControl($0) ? "\u{FFFD}" : $0 }))
    return text.unicodeScalars.count > 80 ? clean + "…" : clean
  }

  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
