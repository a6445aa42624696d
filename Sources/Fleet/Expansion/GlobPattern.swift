/// A pattern of Go's path.Match: `*`, `?`, `[a-z]`, `[^a-z]`, `\\x`. Nothing but a slash fits a slash.
struct GlobPattern {
  private enum Piece {
    case letter(Unicode.Scalar)
    case anyLetter
    case anyText
    case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
  }

  private var pieces: [Piece] = []

  /// Nil for a malformed pattern, which fits nothing.
  init?(_ text: String) {
    guard text.utf8.count <= 4096 else { return nil }
    var rest = Array(text.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "*":
        if case .anyText? = pieces.last { continue }
        pieces.append(.anyText)
      case "?": pieces.append(.anyLetter)
      case "[":
        guard let set = Self.set(&rest) else { return nil }
        pieces.append(set)
      case "\\":
        guard let escaped = rest.popFirst() else { return nil }
        pieces.append(.letter(escaped))
      default: pieces.append(.letter(scalar))
      }
    }
  }

  /// `!` is a letter like any other: only `^` negates.
  private static func set(_ rest: inout ArraySlice<Unicode.Scalar>) -> Piece? {
    let isNegated = rest.first == "^"
    if isNegated { rest.removeFirst() }
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    var isEmpty = true
    while let scalar = rest.first {
      if scalar == "]", !isEmpty {
        rest.removeFirst()
        return .set(ranges, isNegated: isNegated)
      }
      guard let lower = bound(&rest) else { return nil }
      var upper = lower
      if rest.first == "-" {
        rest.removeFirst()
        guard let end = bound(&rest) else { return nil }
        upper = end
      }
      // A range that runs backwards is well formed, and fits nothing.
      isEmpty = false
      if lower <= upper { ranges.append(lower...upper) }
    }
    return nil
  }

  private static func bound(_ rest: inout ArraySlice<Unicode.Scalar>) -> Unicode.Scalar? {
    guard let scalar = rest.popFirst(), scalar != "-", scalar != "]" else { return nil }
    return scalar == "\\" ? rest.popFirst() : scalar
  }

  /// Whether the pattern fits the whole of `path`; takes time in proportion to pattern × path at most.
  func matches(_ path: String) -> Bool {
    let letters = Array(path.unicodeScalars)
    var (piece, letter) = (0, 0)
    var retry: (piece: Int, letter: Int)?
    while letter < letters.count || piece < pieces.count {
      if piece < pieces.count {
        if case .anyText = pieces[piece] {
          retry = (piece, letter)
          piece += 1
          continue
        }
        if letter < letters.count, fits(pieces[piece], letters[letter]) {
          piece += 1
          letter += 1
          continue
        }
      }
      // The last `*` takes one letter more; earlier ones need no second chance.
      guard let last = retry, last.letter < letters.count, letters[last.letter] != "/" else { return false }
      retry = (last.piece, last.letter + 1)
      (piece, letter) = (last.piece + 1, last.letter + 1)
    }
    return true
  }

  private func fits(_ piece: Piece, _ letter: Unicode.Scalar) -> Bool {
    switch piece {
    case .letter(let wanted): letter == wanted
    case .anyLetter: letter != "/"
    case .set(let ranges, let isNegated): ranges.contains { $0.contains(letter) } != isNegated
    case .anyText: false
    }
  }
}
