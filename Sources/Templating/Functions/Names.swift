extension Function {
  /// Argo CD's functions for names.
  static let names: [Function] = [
    Function("normalize", 1) { a, run in
      try run.budget.makeText(bytes: try a.string(0).utf8.count)
      return .string(NameText.normalized(try a.string(0)))
    },
    Function("slugify", 1...3) { a, run in
      try run.budget.makeText(bytes: try a.string(a.count - 1).utf8.count)
      return .string(
        NameText.slug(
          try a.string(a.count - 1), maximum: a.count > 1 ? try a.int(0) : 50,
          wholeWords: a.count > 2 ? try a.bool(1) : true))
    },
  ]
}

/// Text turned into names that Kubernetes accepts, by Argo CD's rules.
package enum NameText {
  /// Lower case, everything but a-z, 0-9, `-` and `.` as `-`, at most 253 characters, no `-` or `.` at the ends.
  package static func normalized(_ text: String) -> String {
    var bytes = SimpleCase.lower(text).unicodeScalars.map { isKept($0) ? UInt8($0.value) : UInt8(ascii: "-") }
    bytes = Array(bytes.prefix(253))
    let isEdge = { (byte: UInt8) in byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") }
    while let last = bytes.last, isEdge(last) { bytes.removeLast() }
    return String(decoding: bytes.drop(while: isEdge), as: UTF8.self)
  }

  /// Runs of anything but a-z and 0-9 as one `-`, at most `maximum` characters, cut at a whole word if wanted.
  package static func slug(_ text: String, maximum: Int, wholeWords: Bool) -> String {
    let words = normalized(text).split { !($0.isLetter || $0.isNumber) }
    let slug = words.joined(separator: "-")
    guard maximum > 0, slug.utf8.count > maximum else { return slug }
    guard wholeWords else { return String(slug.prefix(maximum)).trimmingDashes }
    var out = ""
    for word in words {
      let longer = out.isEmpty ? String(word) : out + "-" + word
      guard longer.utf8.count <= maximum else { break }
      out = longer
    }
    return out.isEmpty ? String(slug.prefix(maximum)).trimmingDashes : out
  }

  private static func isKept(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "0"..."9", "-", ".": true
    default: false
    }
  }
}

extension String {
  fileprivate var trimmingDashes: String {
    var text = self[...]
    while text.hasSuffix("-") { text = text.dropLast() }
    return String(text)
  }
}
