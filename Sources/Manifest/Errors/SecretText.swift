/// Keeps the values of Secrets and kubeconfigs out of quoted lines. Works on text alone, since what is quoted may not parse.
enum SecretText {
  private static let plainKeys: Set<String> = [
    "apiVersion", "kind", "metadata", "name", "namespace", "labels", "annotations", "type", "immutable",
  ]

  /// Whether the YAML document around a line, or the JSON text, calls itself a Secret or a kubeconfig.
  static func holdsSecrets(_ bytes: [UInt8], documentAround line: Range<Int>) -> Bool {
    let text = bytes[document(in: bytes, around: line)]
    var rest = text[...]
    let word = Array("kind".utf8)
    while let found = rest.firstOccurrence(of: word) {
      rest = rest[found.upperBound...]
      let value = rest.drop { [0x20, 0x09, 0x22, 0x27, 0x3A].contains($0) }
      if value.starts(with: "Secret".utf8) || value.starts(with: "Config\n".utf8) || value.starts(with: "Config\"".utf8)
        || value.starts(with: "Config\r".utf8)
      {
        return true
      }
    }
    return false
  }

  private static func document(in bytes: [UInt8], around line: Range<Int>) -> Range<Int> {
    let separator = Array("\n---".utf8)
    var start = 0
    var end = bytes.count
    var rest = bytes[...]
    while let found = rest.firstOccurrence(of: separator) {
      if found.lowerBound >= line.upperBound {
        end = found.lowerBound
        break
      }
      start = found.upperBound
      rest = rest[found.upperBound...]
    }
    return start..<end
  }

  /// The key stays, its value goes; a line without a key goes whole.
  static func masked(_ line: [Unicode.Scalar]) -> [Unicode.Scalar] {
    let indent = line.prefix { $0 == " " || $0 == "-" }
    let rest = line.dropFirst(indent.count)
    guard let colon = rest.firstIndex(of: ":") else {
      return rest.isEmpty ? line : Array(indent) + Array("<redacted>".unicodeScalars)
    }
    let key = String(String.UnicodeScalarView(rest[..<colon].filter { $0 != "\"" && $0 != "'" }))
    let isBraced = key.contains("{") || key.contains(",")
    if plainKeys.contains(key), !line[colon...].contains("{") { return line }
    guard line[(colon + 1)...].contains(where: { $0 != " " }) else { return line }
    return Array(isBraced ? line[..<indent.count] : line[...colon]) + Array(" <redacted>".unicodeScalars)
  }
}

extension ArraySlice<UInt8> {
  /// Where `word` stands first; plain loops, since files have megabytes.
  fileprivate func firstOccurrence(of word: [UInt8]) -> Range<Int>? {
    guard let first = word.first, count >= word.count else { return nil }
    let offset: Int? = withUnsafeBufferPointer { bytes in
      for position in 0...(bytes.count - word.count) where bytes[position] == first {
        if word.indices.allSatisfy({ bytes[position + $0] == word[$0] }) { return position }
      }
      return nil
    }
    return offset.map { startIndex + $0..<startIndex + $0 + word.count }
  }
}
