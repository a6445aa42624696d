import Manifest

/// Reads the key-value pairs of a generator: env files, literals, then files.
struct KeyValueSources {
  let arguments: GeneratorArguments
  let directory: TreePath
  /// The kustomization, as users know it.
  let file: String

  private func location(_ mark: SourceMark) -> SourceLocation { SourceLocation(file: file, mark: mark) }

  /// - Throws: ``Diagnostic`` for what cannot be read, and for a key that is there twice.
  func pairs(_ loader: inout FileLoader) throws(Diagnostic) -> [(key: String, value: [UInt8])] {
    var pairs: [(key: String, value: [UInt8])] = []
    for env in arguments.envs {
      let (path, content) = try loader.read(env.value, from: directory, at: location(env.mark))
      pairs += try envPairs(content.bytes, file: loader.display(path))
    }
    for literal in arguments.literals { pairs.append(try literalPair(literal)) }
    for source in arguments.files {
      let (key, path) = try fileSource(source)
      pairs.append((key, try loader.read(path, from: directory, at: location(source.mark)).content.bytes))
    }
    var seen: Set<String> = []
    for pair in pairs where !seen.insert(pair.key).inserted {
      throw Diagnostic(
        "kustomize.repeated-key", "generator '\(arguments.name)' gives the key '\(pair.key)' twice",
        at: location(arguments.mark))
    }
    return pairs
  }

  private func literalPair(_ literal: Located<String>) throws(Diagnostic) -> (key: String, value: [UInt8]) {
    let text = literal.value
    guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals != text.startIndex else {
      throw Diagnostic(
        "kustomize.invalid-literal", "literal '\(text.prefix(60))' is not of the form key=value",
        at: location(literal.mark))
    }
    var value = text[text.index(after: equals)...]
    if value.utf8.count >= 2, let quote = value.utf8.first, quote == value.utf8.last,
      quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
    {
      value = value.dropFirst().dropLast()
    }
    return (String(text[..<equals]), Array(value.utf8))
  }

  /// `[key=]path`; without a key the file's name is the key.
  private func fileSource(_ source: Located<String>) throws(Diagnostic) -> (key: String, path: String) {
    let parts = source.value.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 1 { return (Self.baseName(source.value), source.value) }
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw Diagnostic(
        "kustomize.invalid-file-source", "'\(source.value)' is not of the form path or key=path",
        at: location(source.mark))
    }
    return (parts[0], parts[1])
  }

  private static func baseName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  private func envPairs(_ bytes: [UInt8], file: String) throws(Diagnostic) -> [(key: String, value: [UInt8])] {
    var pairs: [(key: String, value: [UInt8])] = []
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for (number, line) in lines.enumerated() {
      var line = line
      if line.last == 0x0D { line = line.dropLast() }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw Diagnostic(
          "kustomize.invalid-env-file", "the line is not UTF-8",
          at: SourceLocation(file: file, mark: SourceMark(line: UInt32(clamping: number + 1), column: 1)))
      }
      var rest = Substring(text)
      if number == 0, rest.unicodeScalars.first == "\u{FEFF}" { rest = Substring(rest.unicodeScalars.dropFirst()) }
      rest = rest.drop { $0.isWhitespace }
      if rest.isEmpty || rest.first == "#" { continue }
      let parts = rest.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts[0].isEmpty { continue }
      pairs.append((String(parts[0]), parts.count > 1 ? Array(parts[1].utf8) : []))
    }
    return pairs
  }
}
