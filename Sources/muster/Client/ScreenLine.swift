import Manifest

/// One line of a screen.
enum ScreenLine {
  private static let ellipsis = "…"

  /// The text in at most `columns`; what is cut off leaves `…` behind. Colours (SGR sequences) take no room.
  static func cut(_ line: String, to columns: Int) -> String {
    guard columns > 0, width(line) > columns else { return line }
    var text = ""
    var used = 0
    var isPainted = false
    for piece in pieces(line) {
      switch piece {
      case .colour(let sequence):
        text += sequence
        isPainted = true
      case .character(let character):
        let width = Visible.width(String(character))
        guard used + width < columns else { return text + ellipsis + (isPainted ? "\u{1B}[0m" : "") }
        text.append(character)
        used += width
      }
    }
    return text
  }

  /// Columns that a terminal gives to it.
  static func width(_ line: String) -> Int {
    pieces(line).reduce(0) { width, piece in
      if case .character(let character) = piece { return width + Visible.width(String(character)) }
      return width
    }
  }

  private enum Piece {
    case colour(String)
    case character(Character)
  }

  private static func pieces(_ line: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = line[...]
    while let character = rest.first {
      if character == "\u{1B}", let end = rest.firstIndex(of: "m"), rest.dropFirst().first == "[" {
        pieces.append(.colour(String(rest[...end])))
        rest = rest[rest.index(after: end)...]
      } else {
        pieces.append(.character(character))
        rest = rest.dropFirst()
      }
    }
    return pieces
  }
}
