/// The binary digits of π, which Blowfish begins with: computed, so that nobody has to trust a table.
enum PiDigits {
  /// A number as an integer and a fraction of 32-bit words, the integer first.
  private typealias Fixed = [UInt32]

  /// The first `count` words behind the point.
  static func fraction(words count: Int) -> [UInt32] {
    // Words beyond the wanted ones take up what the divisions cut off.
    let size = count + 3
    // Machin: π = 16 arctan 1/5 - 4 arctan 1/239
    var sum = Fixed(repeating: 0, count: size)
    addArctangent(of: 5, times: 16, to: &sum)
    addArctangent(of: 239, times: 4, to: &sum, isNegative: true)
    return Array(sum[1...count])
  }

  private static func addArctangent(
    of inverse: UInt64, times factor: UInt32, to sum: inout Fixed, isNegative: Bool = false
  ) {
    var power = Fixed(repeating: 0, count: sum.count)
    power[0] = factor
    divide(&power, by: inverse, from: 0)
    var first = 0
    var odd: UInt64 = 1
    var subtracts = isNegative
    while first < power.count {
      var term = power
      divide(&term, by: odd, from: first)
      subtracts ? subtract(term, from: &sum) : add(term, to: &sum)
      divide(&power, by: inverse * inverse, from: first)
      while first < power.count, power[first] == 0 { first += 1 }
      odd += 2
      subtracts.toggle()
    }
  }

  private static func divide(_ number: inout Fixed, by divisor: UInt64, from first: Int) {
    var rest: UInt64 = 0
    for index in first..<number.count {
      let part = rest << 32 | UInt64(number[index])
      number[index] = UInt32(truncatingIfNeeded: part / divisor)
      rest = part % divisor
    }
  }

  private static func add(_ term: Fixed, to sum: inout Fixed) {
    var carry: UInt64 = 0
    for index in sum.indices.reversed() {
      carry += UInt64(sum[index]) + UInt64(term[index])
      sum[index] = UInt32(truncatingIfNeeded: carry)
      carry >>= 32
    }
  }

  private static func subtract(_ term: Fixed, from sum: inout Fixed) {
    var borrow = false
    for index in sum.indices.reversed() {
      let (first, under) = sum[index].subtractingReportingOverflow(term[index])
      let (second, underAgain) = first.subtractingReportingOverflow(borrow ? 1 : 0)
      sum[index] = second
      borrow = under || underAgain
    }
  }
}
