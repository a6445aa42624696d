/// A pattern as git matches it (wildmatch): over bytes, with `*`, `?`, sets, classes such as `[[:lower:]]` and, where
/// `*` keeps to one directory, `**`.
struct Wildmatch {
  private enum Piece {
    case byte(UInt8)
    case anyByte
    /// `*` within a directory.
    case anySegment
    case anyText
    /// `**/`: no directory, or any number of them.
    case directories
    case set(Set<UInt8>, isNegated: Bool)
  }

  private var pieces: [Piece] = []
  private let keepsSegments: Bool
  private let ignoresCase: Bool

  /// Nil for a malformed pattern, which fits nothing.
  init?(_ pattern: some Collection<UInt8>, keepsSegments: Bool, ignoresCase: Bool) {
    self.keepsSegments = keepsSegments
    self.ignoresCase = ignoresCase
    let bytes = Array(pattern)
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "*"): pieces.append(Self.star(&rest, in: bytes, keepsSegments))
      case UInt8(ascii: "?"): pieces.append(.anyByte)
      case UInt8(ascii: "["):
        guard let members = ByteSet.read(&rest, ignoresCase: ignoresCase) else { return nil }
        pieces.append(.set(members.bytes, isNegated: members.isNegated))
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { return nil }
        pieces.append(.byte(escaped))
      default: pieces.append(.byte(ignoresCase ? ByteSet.lowercased(byte) : byte))
      }
    }
  }

  /// Reads on behind a `*`.
  private static func star(_ rest: inout ArraySlice<UInt8>, in bytes: [UInt8], _ keepsSegments: Bool) -> Piece {
    let start = rest.startIndex - 1
    let slash = UInt8(ascii: "/")
    let more = rest.prefix { $0 == UInt8(ascii: "*") }.count
    rest = rest.dropFirst(more)
    guard keepsSegments else { return .anyText }
    let begins = start == 0 || bytes[start - 1] == slash
    let ends = rest.isEmpty || rest.first == slash || rest.starts(with: [UInt8(ascii: "\\"), slash])
    guard more > 0, begins, ends else { return .anySegment }
    guard rest.first == slash else { return .anyText }
    rest.removeFirst()
    return .directories
  }

  /// Whether the pattern fits all of `text`; takes time in proportion to pattern × text at most.
  func matches(_ text: some Collection<UInt8>) -> Bool {
    var reached = [Bool](repeating: false, count: pieces.count + 1)
    reached[0] = true
    skipEmpty(&reached, atSegment: true)
    for byte in text {
      var next = [Bool](repeating: false, count: pieces.count + 1)
      let seen = ignoresCase ? ByteSet.lowercased(byte) : byte
      for index in pieces.indices where reached[index] { step(index, seen, &next) }
      skipEmpty(&next, atSegment: seen == UInt8(ascii: "/"))
      reached = next
    }
    return reached[pieces.count]
  }

  private func step(_ index: Int, _ byte: UInt8, _ next: inout [Bool]) {
    let isSlash = byte == UInt8(ascii: "/")
    switch pieces[index] {
    case .byte(let wanted): if wanted == byte { next[index + 1] = true }
    case .anyByte: if !(keepsSegments && isSlash) { next[index + 1] = true }
    case .anySegment: if !isSlash { next[index] = true }
    case .anyText: next[index] = true
    case .directories:
      next[index] = true
      if isSlash { next[index + 1] = true }
    case .set(let bytes, let isNegated):
      if bytes.contains(byte) != isNegated, !(keepsSegments && isSlash) { next[index + 1] = true }
    }
  }

  /// Stars may fit nothing.
  private func skipEmpty(_ reached: inout [Bool], atSegment: Bool) {
    for index in pieces.indices where reached[index] {
      switch pieces[index] {
      case .anySegment, .anyText: reached[index + 1] = true
      case .directories: reached[index + 1] = reached[index + 1] || atSegment
      case .byte, .anyByte, .set: break
      }
    }
  }
}

/// The inside of brackets, as bytes.
enum ByteSet {
  /// Reads up to the closing bracket; nil when there is none, or for a class that nobody knows.
  static func read(_ rest: inout ArraySlice<UInt8>, ignoresCase: Bool) -> (bytes: Set<UInt8>, isNegated: Bool)? {
    let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
    if isNegated { rest.removeFirst() }
    var bytes: Set<UInt8> = []
    var previous: UInt8?
    var isFirst = true
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "]"), !isFirst { return (bytes, isNegated) }
      isFirst = false
      switch byte {
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { return nil }
        bytes.insert(escaped)
        previous = escaped
      case UInt8(ascii: "-") where previous != nil && rest.first != nil && rest.first != UInt8(ascii: "]"):
        guard let lower = previous, let upper = bound(&rest) else { return nil }
        insert(lower, upper, into: &bytes, ignoresCase: ignoresCase)
        previous = nil
      case UInt8(ascii: "[") where rest.first == UInt8(ascii: ":"):
        switch className(&rest) {
        case .some(let name?):
          guard let members = members(of: name, ignoresCase: ignoresCase) else { return nil }
          bytes.formUnion(members)
          previous = nil
        case .some(nil):
          bytes.insert(byte)
          previous = byte
        case nil: return nil
        }
      default:
        bytes.insert(byte)
        previous = byte
      }
    }
    return nil
  }

  private static func bound(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
    let byte = rest.popFirst()
    return byte == UInt8(ascii: "\\") ? rest.popFirst() : byte
  }

  private static func insert(_ lower: UInt8, _ upper: UInt8, into bytes: inout Set<UInt8>, ignoresCase: Bool) {
    guard lower <= upper else { return }
    bytes.formUnion(lower...upper)
    if ignoresCase { bytes.formUnion((lower...upper).map(lowercased)) }
  }

  /// The name between `[:` and `:]`; `.some(nil)` when it is no class but a bracket like any other byte, nil at the end.
  private static func className(_ rest: inout ArraySlice<UInt8>) -> String?? {
    let inside = rest.dropFirst()
    guard let close = inside.firstIndex(of: UInt8(ascii: "]")) else { return nil }
    let name = inside[..<close]
    guard name.last == UInt8(ascii: ":") else { return .some(nil) }
    rest = rest[(close + 1)...]
    return String(decoding: name.dropLast(), as: UTF8.self)
  }

  private static func members(of name: String, ignoresCase: Bool) -> Set<UInt8>? {
    let upper: Set<UInt8> = Set(65...90)
    let lower: Set<UInt8> = Set(97...122)
    let digits: Set<UInt8> = Set(48...57)
    let visible: Set<UInt8> = Set(33...126)
    switch name {
    case "alnum": return upper.union(lower).union(digits)
    case "alpha": return upper.union(lower)
    case "blank": return [9, 32]
    case "cntrl": return Set(0...31).union([127])
    case "digit": return digits
    case "graph": return visible
    case "lower": return lower
    case "print": return visible.union([32])
    case "punct": return visible.subtracting(upper).subtracting(lower).subtracting(digits)
    case "space": return [9, 10, 13, 32]
    case "upper": return ignoresCase ? upper.union(lower) : upper
    case "xdigit": return digits.union(65...70).union(97...102)
    default: return nil
    }
  }

  static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte | 32 : byte }
}
