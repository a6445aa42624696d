import CYAML

/// What stopped libyaml, in our words.
struct YAMLSyntaxProblem {
  private let code: String
  private let message: String
  private let mark: SourceMark
  private let note: Diagnostic.Note?
  private let help: String?

  init(_ parser: yaml_parser_t, _ bytes: UnsafeBufferPointer<UInt8>) {
    let problem = parser.problem.map { String(cString: $0) } ?? "not YAML"
    switch parser.error {
    case YAML_READER_ERROR:
      mark = Self.mark(ofByte: parser.problem_offset, in: bytes)
      if problem.contains("control characters") {
        code = "control-character"
        message = "a control character (U+\(Self.hex(parser.problem_value))) is not allowed in YAML"
        help = "write it as an escape in double quotes"
      } else {
        code = "utf8"
        message = "the text is not valid UTF-8"
        help = "save the file as UTF-8"
      }
      note = nil
    case YAML_MEMORY_ERROR:
      (code, message, mark, note, help) = ("memory", "no memory to read the text", .none, nil, nil)
    default:
      let place = SourceMark(parser.problem_mark)
      mark = place
      if Self.lineBegins(place, withTabIn: bytes) {
        code = "tab"
        message = "a tab where indentation is due"
        help = "indent with spaces"
        note = nil
      } else {
        code = "syntax"
        let words = YAMLSyntaxWords.words(for: problem)
        message = words.message
        help = words.help
        note = parser.context.flatMap { YAMLSyntaxWords.context(String(cString: $0)) }.map {
          Diagnostic.Note("in the \($0) that begins at line \(parser.context_mark.line + 1)")
        }
      }
    }
  }

  func diagnostic(_ file: String) -> Diagnostic {
    Diagnostic(
      "yaml.\(code)", message, at: SourceLocation(file: file, mark: mark), notes: note.map { [$0] } ?? [], help: help)
  }

  private static func hex(_ value: Int32) -> String {
    let digits = String(UInt32(bitPattern: value), radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  private static func mark(ofByte offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> SourceMark {
    var line: UInt32 = 1
    var column: UInt32 = 1
    for byte in bytes.prefix(max(offset, 0)) {
      if byte == 0x0A {
        line &+= 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column &+= 1
      }
    }
    return SourceMark(line: line, column: column)
  }

  private static func lineBegins(_ mark: SourceMark, withTabIn bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var line: UInt32 = 1
    var index = 0
    while line < mark.line, index < bytes.count {
      if bytes[index] == 0x0A { line &+= 1 }
      index += 1
    }
    while index < bytes.count, bytes[index] == 0x20 { index += 1 }
    return index < bytes.count && bytes[index] == 0x09
  }
}
