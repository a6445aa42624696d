import Manifest

extension Function {
  /// Chance. Applications that use it change with every expansion; that is the template's choice.
  static let randomness: [Function] = [
    Function("randAlphaNum", 1) { a, run in try random(a, &run, from: letters + digits) },
    Function("randAlpha", 1) { a, run in try random(a, &run, from: letters) },
    Function("randNumeric", 1) { a, run in try random(a, &run, from: digits) },
    Function("randAscii", 1) { a, run in try random(a, &run, from: Array(32...126)) },
    Function("randBytes", 1) { a, run in
      let count = try a.int(0)
      try run.budget.makeText(bytes: count)
      return try run.text(Base64.encode((0..<count).map { _ in UInt8(truncatingIfNeeded: run.world.random()) }))
    },
    Function("randInt", 2) { a, run in
      let (lower, upper) = (try a.int(0), try a.int(1))
      guard lower < upper else { throw a.failure("invalid range: \(lower) to \(upper)") }
      let (distance, overflow) = upper.subtractingReportingOverflow(lower)
      guard !overflow else { throw a.failure("the range is too large") }
      return .int(lower + Int(run.world.random() % UInt64(distance)))
    },
    Function("shuffle", 1) { a, run in
      var scalars = Array(try a.string(0).unicodeScalars)
      try run.budget.makeText(bytes: scalars.count)
      for index in scalars.indices.dropFirst().reversed() {
        scalars.swapAt(index, Int(run.world.random() % UInt64(index + 1)))
      }
      return .string(String(String.UnicodeScalarView(scalars)))
    },
    Function("uuidv4", 0) { _, run in
      let high = run.world.random() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
      let low = run.world.random() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
      let digits = hexadecimal(high) + hexadecimal(low)
      let groups = [(0, 8), (8, 4), (12, 4), (16, 4), (20, 12)]
      return .string(groups.map { String(digits.dropFirst($0.0).prefix($0.1)) }.joined(separator: "-"))
    },
  ]

  private static let letters = Array(65...90) + Array(97...122) as [UInt8]
  private static let digits = Array(48...57) as [UInt8]

  private static func random(_ a: Arguments, _ run: inout Run, from alphabet: [UInt8]) throws -> GoValue {
    let count = try a.int(0)
    try run.budget.makeText(bytes: count)
    let bytes = (0..<count).map { _ in alphabet[Int(run.world.random() % UInt64(alphabet.count))] }
    return .string(String(decoding: bytes, as: UTF8.self))
  }

  private static func hexadecimal(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
