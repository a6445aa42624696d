/// A piece of a Go template.
struct Token: Equatable {
  enum Kind: Equatable {
    case text(String)
    /// `{{` or `{{-`
    case open
    /// `}}` or `-}}`
    case close
    case space
    case dot
    /// `.name`
    case field(String)
    /// `$` or `$name`
    case variable(String)
    /// A function's name or a keyword.
    case word(String)
    case bool(Bool)
    case number(String)
    case character(UInt32)
    case string(String)
    case pipe, leftParenthesis, rightParenthesis, declare, assign, comma
    case end
  }

  var kind: Kind
  /// UTF-8 bytes from the start of the text.
  var offset: Int
  /// As written.
  var source: String

  /// How messages call it.
  var shown: String {
    switch kind {
    case .end: "EOF"
    case .close: "\"}}\""
    case .open: "\"{{\""
    default: "<\(source.count > 40 ? source.prefix(40) + "…" : source[...])>"
    }
  }
}
