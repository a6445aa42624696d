/// The order of mapping keys in YAML that Kubernetes tools write: letters after everything else, digit runs as numbers.
///
/// As goyaml v2 sorts (`a2` before `a10`, `-` and digits before letters, upper case first). It is not transitive for a few
/// mixtures of letters and digits; what a sort makes of those is deterministic here, and undefined there.
package enum NaturalKeyOrder {
  /// The positions of the members in this order.
  static func positions(in mapping: Mapping) -> [Int] {
    let members = mapping.members
    var positions = Array(members.indices)
    var isSorted = true
    for position in positions.dropFirst() where !isBefore(members[position - 1].key, members[position].key) {
      isSorted = false
      break
    }
    if !isSorted { positions.sort { isBefore(members[$0].key, members[$1].key) } }
    return positions
  }

  package static func isBefore(_ a: String, _ b: String) -> Bool {
    var a = a
    var b = b
    return a.withUTF8 { first in
      b.withUTF8 { second in
        let shared = min(first.count, second.count)
        var position = 0
        while position < shared && first[position] == second[position] { position += 1 }
        if position == shared { return first.count < second.count }
        if isASCII(first) && isASCII(second) {
          return compare(first, second, at: position) { byte in
            (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
          } isDigit: { byte in
            byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
          }
        }
        return isBeforeByScalars(first, second)
      }
    }
  }

  private static func isASCII(_ text: UnsafeBufferPointer<UInt8>) -> Bool { text.allSatisfy { $0 < 0x80 } }

  private static func isBeforeByScalars(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
    let first = Array(String(decoding: a, as: UTF8.self).unicodeScalars)
    let second = Array(String(decoding: b, as: UTF8.self).unicodeScalars)
    let shared = min(first.count, second.count)
    guard let position = (0..<shared).first(where: { first[$0] != second[$0] }) else {
      return first.count < second.count
    }
    return compare(first.map(\.value), second.map(\.value), at: position) {
      Unicode.Scalar($0).map(\.isLetter) ?? false
    } isDigit: {
      Unicode.Scalar($0)?.properties.generalCategory == .decimalNumber
    }
  }

  /// Decides at the first place where the two differ.
  private static func compare<Text: RandomAccessCollection>(
    _ a: Text, _ b: Text, at position: Int, isLetter: (Text.Element) -> Bool, isDigit: (Text.Element) -> Bool
  ) -> Bool where Text.Index == Int, Text.Element: FixedWidthInteger {
    let zero = Text.Element(truncatingIfNeeded: 0x30)
    let first = a[position]
    let second = b[position]
    let firstIsLetter = isLetter(first)
    let secondIsLetter = isLetter(second)
    if firstIsLetter && secondIsLetter { return first < second }
    if firstIsLetter || secondIsLetter { return secondIsLetter }
    // A zero inside a number counts; a leading one does not.
    var seed: Int64 = 0
    if first == zero || second == zero {
      var before = position - 1
      while before >= 0 && isDigit(a[before]) {
        if a[before] != zero {
          seed = 1
          break
        }
        before -= 1
      }
    }
    func run(_ text: Text) -> (value: Int64, end: Int) {
      var value = seed
      var end = position
      while end < text.count && isDigit(text[end]) {
        value = value &* 10 &+ (Int64(text[end]) - 0x30)
        end += 1
      }
      return (value, end)
    }
    let firstRun = run(a)
    let secondRun = run(b)
    if firstRun.value != secondRun.value { return firstRun.value < secondRun.value }
    if firstRun.end != secondRun.end { return firstRun.end < secondRun.end }
    return first < second
  }
}

extension Unicode.Scalar {
  fileprivate var isLetter: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}
