/// A time zone as the system's zone database has it: a TZif file (RFC 9636), and what holds behind its last entry.
package struct ZoneFile: Sendable {
  package struct Local: Equatable, Sendable {
    /// Seconds east of UTC.
    package var offset: Int64
    package var isDaylight: Bool
    package var name: String
  }

  private var transitions: [(from: Int64, kind: Int)] = []
  private var kinds: [Local] = []
  private var rule: ZoneRule?

  /// Nil for bytes that are no such file.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count <= 1 << 20, let first = Header(bytes, at: 0) else { return nil }
    guard first.version >= UInt8(ascii: "2") else {
      guard read(bytes, first, wordSize: 4) != nil else { return nil }
      return
    }
    guard let second = Header(bytes, at: first.end(wordSize: 4)), let end = read(bytes, second, wordSize: 8) else {
      return nil
    }
    let footer = bytes[min(end, bytes.count)...].drop { $0 == 10 }.prefix { $0 != 10 }
    rule = ZoneRule(String(decoding: footer, as: UTF8.self))
  }

  /// What clocks there show at `seconds` since 1970.
  package func local(at seconds: Int64) -> Local {
    let utc = Local(offset: 0, isDaylight: false, name: "UTC")
    guard let first = transitions.first, seconds >= first.from else {
      if transitions.isEmpty, let rule { return rule.local(at: seconds) }
      return kinds.first { !$0.isDaylight } ?? kinds.first ?? utc
    }
    if let last = transitions.last, seconds >= last.from, let rule { return rule.local(at: seconds) }
    var (low, high) = (0, transitions.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if transitions[middle].from <= seconds { low = middle } else { high = middle }
    }
    return kinds[transitions[low].kind]
  }

  private struct Header {
    var start: Int
    var version: UInt8
    var counts: [Int]

    init?(_ bytes: [UInt8], at start: Int) {
      guard start + 44 <= bytes.count, bytes[start..<(start + 4)].elementsEqual("TZif".utf8) else { return nil }
      self.start = start
      version = bytes[start + 4]
      counts = (0..<6).map { Int(ZoneFile.number(bytes, start + 20 + 4 * $0, 4)) }
      guard counts.allSatisfy({ $0 >= 0 && $0 <= bytes.count }) else { return nil }
    }

    var times: Int { counts[3] }
    var kinds: Int { counts[4] }
    var names: Int { counts[5] }

    func end(wordSize: Int) -> Int {
      start + 44 + times * (wordSize + 1) + kinds * 6 + names + counts[2] * (wordSize + 4) + counts[1] + counts[0]
    }
  }

  /// Reads a block; where it ends, nil when it is cut short or refers to what is not there.
  private mutating func read(_ bytes: [UInt8], _ header: Header, wordSize: Int) -> Int? {
    let end = header.end(wordSize: wordSize)
    guard end <= bytes.count, header.kinds > 0 else { return nil }
    let times = header.start + 44
    let indexes = times + header.times * wordSize
    let types = indexes + header.times
    let names = types + header.kinds * 6
    for index in 0..<header.kinds {
      let type = types + index * 6
      let name = bytes[names..<(names + header.names)].dropFirst(Int(bytes[type + 5])).prefix { $0 != 0 }
      kinds.append(
        Local(
          offset: Self.number(bytes, type, 4), isDaylight: bytes[type + 4] != 0,
          name: String(decoding: name, as: UTF8.self)))
    }
    for index in 0..<header.times {
      let kind = Int(bytes[indexes + index])
      guard kind < kinds.count else { return nil }
      transitions.append((Self.number(bytes, times + index * wordSize, wordSize), kind))
    }
    return end
  }

  /// A signed big-endian number; the bytes are there.
  private static func number(_ bytes: [UInt8], _ start: Int, _ size: Int) -> Int64 {
    var value: UInt64 = 0
    for byte in bytes[start..<(start + size)] { value = value << 8 | UInt64(byte) }
    return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
  }
}
