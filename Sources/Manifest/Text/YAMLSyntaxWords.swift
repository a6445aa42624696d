/// What libyaml's problems mean to somebody who writes manifests.
enum YAMLSyntaxWords {
  private static let quotes = "put the text in quotes"

  private static let known: [String: (message: String, help: String?)] = [
    "did not find expected key": (
      "a key is due here", "look at the indentation, and for a missing ':' or quote in the lines above"
    ),
    "could not find expected ':'": (
      "a key without ':'", "write 'key: value'; text over several lines needs '|' or '>'"
    ),
    "mapping values are not allowed in this context": (
      "a ':' where no key can stand", "look at the indentation; text that holds ': ' goes in quotes"
    ),
    "did not find expected '-' indicator": (
      "an element of a list is due here", "begin it with '- ', or indent the line as what it belongs to"
    ),
    "block sequence entries are not allowed in this context": (
      "a '- ' where no list can stand", "begin the list on a line of its own, below its key"
    ),
    "block mapping keys are not allowed in this context": ("a key where none can stand", "look at the indentation"),
    "did not find expected ',' or ']'": ("',' or ']' is due", "close the list with ']'"),
    "did not find expected ',' or '}'": (
      "',' or '}' is due", "close the mapping with '}'; a template in it goes in quotes"
    ),
    "did not find expected node content": ("a value is due here", quotes),
    "did not find expected <document start>": (
      "text after the end of the document", "look at the indentation; '---' begins another document"
    ),
    "did not find expected <stream-start>": ("the text does not begin as YAML", nil),
    "found character that cannot start any token": (
      "a character that cannot begin a value", "put text that begins with '@', '`' or '%' in quotes"
    ),
    "found unexpected end of stream": ("the text ends inside a quoted string", "close the quote"),
    "found unexpected document indicator": ("a document ends inside a quoted string", "close the quote"),
    "found unknown escape character": (
      "an unknown escape in a string in double quotes", "write a backslash as '\\\\', or use single quotes"
    ),
    "did not find expected hexdecimal number": ("an escape without its hexadecimal digits", nil),
    "found invalid Unicode character escape code": ("an escape that names no character", nil),
    "did not find expected comment or line break": (
      "text beside '|' or '>'", "begin the text on the next line, indented"
    ),
    "found a tab character where an indentation space is expected": (
      "a tab where indentation is due", "indent with spaces"
    ),
    "found a tab character that violates indentation": ("a tab where indentation is due", "indent with spaces"),
    "did not find expected alphabetic or numeric character": (
      "an anchor or alias without a name", "put text that begins with '&' or '*' in quotes"
    ),
    "found undefined tag handle": ("a tag whose handle is not declared", "put text that begins with '!' in quotes"),
    "did not find expected whitespace or line break": ("a space is due after a tag", nil),
    "found incompatible YAML document": ("a version of YAML that is not 1.1 or 1.2", "leave the %YAML line out"),
    "found duplicate %YAML directive": ("a second %YAML line", "leave it out"),
    "found duplicate %TAG directive": ("a second %TAG line for one handle", "leave it out"),
    "found unknown directive name": ("a line that begins with '%'", quotes),
  ]

  static func words(for problem: String) -> (message: String, help: String?) {
    known[problem] ?? ("this is not YAML: \(problem)", nil)
  }

  /// `while parsing a block mapping` is `block mapping`; nil for contexts that say nothing more.
  static func context(_ context: String) -> String? {
    for beginning in ["while parsing a ", "while scanning a "] where context.hasPrefix(beginning) {
      let what = String(context.dropFirst(beginning.count))
      return ["node", "simple key"].contains(what) ? nil : what
    }
    return nil
  }
}
