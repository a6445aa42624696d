/// Values as text and lists of text, the way Sprig takes them.
extension GoValue {
  /// Sprig's strval: `%v`, and text as it is.
  func text(_ run: inout Run) throws -> String {
    if case .string(let text) = self { return text }
    return try Printer.text(self, &run)
  }

  /// Sprig's strslice: a list's members but nulls as text; anything else as the only one.
  func textList(_ run: inout Run) throws -> [String] {
    switch self {
    case .absent, .null: return []
    case .list(let list):
      var texts: [String] = []
      for value in list.values where !value.isNothing { texts.append(try value.text(&run)) }
      return texts
    default: return [try text(&run)]
    }
  }
}
