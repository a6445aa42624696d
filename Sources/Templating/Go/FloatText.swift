#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Numbers with a given precision, rounded exactly: the C library's printf, whose results are Go's.
enum FloatText {
  static func fixed(_ number: Double, precision: Int) -> String { format("%.*f", number, precision) }

  static func scientific(_ number: Double, precision: Int) -> String { format("%.*e", number, precision) }

  static func general(_ number: Double, precision: Int) -> String { format("%.*g", number, precision) }

  private static func format(_ format: String, _ number: Double, _ precision: Int) -> String {
    // Digits beyond these are zeros for every double.
    let precision = Int32(clamping: min(max(precision, 0), 1100))
    var buffer = [CChar](repeating: 0, count: 1500)
    let count = buffer.count
    let written = withVaList([precision, number]) { vsnprintf(&buffer, count, format, $0) }
    return String(
      decoding: buffer.prefix(max(0, min(Int(written), count - 1))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
