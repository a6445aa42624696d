extension Function {
  /// Go's path functions; the `os` forms are the same, since the hub's own system is no matter of templates.
  static let paths: [Function] =
    Function("base", 1) { a, _ in .string(SlashPath.base(try a.string(0))) }.also("osBase")
    + Function("dir", 1) { a, _ in .string(SlashPath.directory(try a.string(0))) }.also("osDir")
    + Function("clean", 1) { a, _ in .string(SlashPath.clean(try a.string(0))) }.also("osClean")
    + Function("ext", 1) { a, _ in .string(SlashPath.fileExtension(try a.string(0))) }.also("osExt")
    + Function("isAbs", 1) { a, _ in .bool(try a.string(0).hasPrefix("/")) }.also("osIsAbs")
}

/// Paths with slashes, as Go's package path treats them.
package enum SlashPath {
  /// The shortest path that means the same; `.` for nothing.
  package static func clean(_ path: String) -> String {
    let isAbsolute = path.hasPrefix("/")
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if let last = parts.last, last != ".." {
        parts.removeLast()
      } else if !isAbsolute {
        parts.append(part)
      }
    }
    let joined = (isAbsolute ? "/" : "") + parts.joined(separator: "/")
    return joined.isEmpty ? "." : joined
  }

  package static func base(_ path: String) -> String {
    if path.isEmpty { return "." }
    return path.split(separator: "/").last.map(String.init) ?? "/"
  }

  package static func directory(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return clean(String(path[...slash]))
  }

  package static func fileExtension(_ path: String) -> String {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    return name.lastIndex(of: ".").map { String(name[$0...]) } ?? ""
  }
}
