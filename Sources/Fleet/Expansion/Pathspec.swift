/// One argument of `git ls-files`: a path, a directory or a pattern, perhaps with magic (`:(glob,icase)`, `:!`).
struct Pathspec {
  /// Why git would refuse it; lower case, about the pathspec.
  struct Problem: Error {
    var message: String
  }

  private struct Magic {
    /// The path is taken as it is, from the root.
    var isTop = false
    var isLiteral = false
    var keepsSegments = false
    var ignoresCase = false
    var excludes = false
  }

  private var magic = Magic()
  /// Relative to the root, cleaned; empty for all.
  private let path: [UInt8]
  /// How much of `path` stands before its first wildcard.
  private let plainCount: Int
  /// Of the rest of `path`.
  private let pattern: Wildmatch?

  /// - Throws: ``Problem``
  init(_ text: String) throws(Problem) {
    guard !text.isEmpty else { throw Problem(message: "is empty: use '.' for all files") }
    guard text.utf8.count <= 4096 else { throw Problem(message: "is longer than the limit of 4096 bytes") }
    guard !text.utf8.contains(0) else { throw Problem(message: "holds a NUL") }
    var rest = text[...]
    magic = try Self.magic(&rest)
    if magic.isLiteral, magic.keepsSegments { throw Problem(message: "cannot be both literal and glob") }
    path = Array((magic.isTop ? String(rest) : try Self.cleaned(rest)).utf8)
    plainCount = magic.isLiteral ? path.count : path.firstIndex { "*?[\\".utf8.contains($0) } ?? path.count
    pattern =
      plainCount == path.count
      ? nil
      : Wildmatch(path[plainCount...], keepsSegments: magic.keepsSegments, ignoresCase: magic.ignoresCase)
  }

  /// Whether `git ls-files` with this argument alone lists the file.
  func lists(_ file: String) -> Bool {
    fits(Array(file.utf8)) != magic.excludes
  }

  private func fits(_ file: [UInt8]) -> Bool {
    if path.isEmpty || same(path[...], file.prefix(path.count)) {
      // The file itself, or one in the directory.
      let slash = UInt8(ascii: "/")
      if path.count == file.count || path.isEmpty || path.last == slash || file[path.count] == slash { return true }
    }
    guard let pattern, same(path[..<plainCount], file.prefix(plainCount)) else { return false }
    return pattern.matches(file.dropFirst(plainCount))
  }

  private func same(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Bool {
    magic.ignoresCase ? a.map(ByteSet.lowercased) == b.map(ByteSet.lowercased) : a == b
  }

  // MARK: Reading

  private static func magic(_ rest: inout Substring) throws(Problem) -> Magic {
    guard rest.first == ":" else { return Magic() }
    rest.removeFirst()
    return rest.first == "(" ? try longMagic(&rest) : try shortMagic(&rest)
  }

  /// `:(top,icase)`
  private static func longMagic(_ rest: inout Substring) throws(Problem) -> Magic {
    guard let close = rest.firstIndex(of: ")") else { throw Problem(message: "has no ')' behind its magic") }
    var magic = Magic()
    for word in rest[rest.index(after: rest.startIndex)..<close].split(separator: ",") {
      switch word {
      case "top": magic.isTop = true
      case "literal": magic.isLiteral = true
      case "glob": magic.keepsSegments = true
      case "icase": magic.ignoresCase = true
      case "exclude": magic.excludes = true
      case _ where word.hasPrefix("attr:"): throw Problem(message: "asks for attributes, which are not supported")
      default: throw Problem(message: "has the unknown magic '\(word.prefix(40))'")
      }
    }
    rest = rest[rest.index(after: close)...]
    return magic
  }

  /// `:/`, `:!`, `:^`, ended by a second colon or by what can be no magic.
  private static func shortMagic(_ rest: inout Substring) throws(Problem) -> Magic {
    var magic = Magic()
    while let mark = rest.first, mark != ":" {
      switch mark {
      case "/": magic.isTop = true
      case "!", "^": magic.excludes = true
      case _ where "\"#%&',-;<=>@_`~".contains(mark):
        throw Problem(message: "has the unknown magic '\(mark)'")
      default: return magic
      }
      rest.removeFirst()
    }
    if rest.first == ":" { rest.removeFirst() }
    return magic
  }

  /// Without `.`, `..` and empty parts; a slash at the end stays.
  private static func cleaned(_ path: Substring) throws(Problem) -> String {
    guard path.first != "/" else { throw Problem(message: "is absolute: it leads outside the repository") }
    let written = path.split(separator: "/", omittingEmptySubsequences: false)
    var parts: [Substring] = []
    for part in written {
      switch part {
      case "", ".": break
      case "..": if parts.popLast() == nil { throw Problem(message: "leads outside the repository") }
      default: parts.append(part)
      }
    }
    let isDirectory = !parts.isEmpty && ["", ".", ".."].contains(written.last)
    return parts.joined(separator: "/") + (isDirectory ? "/" : "")
  }
}
