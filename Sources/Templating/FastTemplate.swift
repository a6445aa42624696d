/// Argo CD's simple templates: `{{ key }}` is replaced by the text parameter of that name.
///
/// An empty tag, and one that no parameter of text is named by, stays as it is written; an empty text replaces it. Only
/// texts with a whole tag on one line are templates at all.
package struct FastTemplate: Sendable {
  private enum Piece: Sendable {
    case text(String)
    /// The name, and the tag as written.
    case tag(String, written: String)
  }

  private var pieces: [Piece] = []

  /// Whether `text` is treated as a template: `{{` and behind it `}}` on one line.
  package static func isTemplate(_ text: String) -> Bool {
    text.split(separator: "\n").contains { line in
      guard let open = line.range(of: "{{") else { return false }
      return line[open.upperBound...].range(of: "}}") != nil
    }
  }

  /// - Throws: ``TemplateError`` for a tag that is not closed.
  package init(_ text: String) throws(TemplateError) {
    guard Self.isTemplate(text) else {
      pieces = [.text(text)]
      return
    }
    var rest = text[...]
    while let open = rest.range(of: "{{") {
      guard let close = rest[open.upperBound...].range(of: "}}") else {
        throw TemplateError(
          .syntax, "the template tag has no end: cannot find }}",
          at: text.utf8.distance(from: text.startIndex, to: open.lowerBound))
      }
      if open.lowerBound > rest.startIndex { pieces.append(.text(String(rest[..<open.lowerBound]))) }
      let written = String(rest[open.lowerBound..<close.upperBound])
      pieces.append(.tag(Trimming.spaces(String(rest[open.upperBound..<close.lowerBound])), written: written))
      rest = rest[close.upperBound...]
    }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
  }

  /// The tags that look like parameters, and that no parameter of text is named by, with their places in bytes. What is
  /// written for another program (`{{ .Values.a }}`, `{{ $labels.job }}`) does not look like one.
  package func missing(_ parameters: Parameters) -> [(name: String, offset: Int)] {
    var offset = 0
    var missing: [(name: String, offset: Int)] = []
    for piece in pieces {
      switch piece {
      case .text(let text): offset += text.utf8.count
      case .tag(let name, let written):
        if Self.isParameter(name), parameters.root[name]?.string == nil { missing.append((name, offset)) }
        offset += written.utf8.count
      }
    }
    return missing
  }

  private static func isParameter(_ name: String) -> Bool {
    guard let first = name.unicodeScalars.first, first.properties.isAlphabetic else { return false }
    return name.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "._-/[]".unicodeScalars.contains(scalar)
    }
  }

  /// - Throws: ``TemplateError`` when the result is too large.
  package func render(_ parameters: Parameters, limits: Limits = Limits()) throws(TemplateError) -> String {
    var out = ""
    for piece in pieces {
      switch piece {
      case .text(let text): out += text
      case .tag(let name, let written):
        out += (name.isEmpty ? nil : parameters.root[name]?.string) ?? written
      }
      guard out.utf8.count <= limits.outputBytes else {
        throw TemplateError(.limit, "the output is larger than the limit of \(limits.outputBytes) bytes")
      }
    }
    return out
  }
}

extension StringProtocol {
  /// The first place where `part` stands, byte by byte.
  fileprivate func range(of part: StaticString) -> Range<Index>? {
    let wanted = UnsafeBufferPointer(start: part.utf8Start, count: part.utf8CodeUnitCount)
    var start = utf8.startIndex
    while start < utf8.endIndex {
      if utf8[start...].starts(with: wanted) { return start..<utf8.index(start, offsetBy: wanted.count) }
      utf8.formIndex(after: &start)
    }
    return nil
  }
}
