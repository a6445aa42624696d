import Manifest

/// What becomes of a folded block scalar (`>`) on kustomize's way out.
///
/// Kustomize writes a resource as YAML, in the styles of its source, and reads that again before it prints it. Its writer
/// (goyaml.v3) doubles the line breaks of folded text by the look of the text's first line alone, so what was written
/// with indented lines in it, or keeps line breaks at its end, comes back with more of them.
enum FoldedText {
  static func reread(_ text: String) -> String {
    // A single line comes back as it was.
    guard text.utf8.dropLast().contains(UInt8(ascii: "\n")), let written = written(Array(text.utf8)),
      let nodes = try? YAML.parse(written), let read = nodes.first?["k"]?.string
    else { return text }
    return read
  }

  /// `k: >…`, and a key after it; nil where the writer would not fold.
  private static func written(_ text: [UInt8]) -> [UInt8]? {
    let shape = text.withUnsafeBufferPointer { ScalarShape(of: $0, allowsTabs: true) }
    guard shape.allowsBlock else { return nil }
    let first = text.first { $0 != UInt8(ascii: "\n") }
    let doublesBreaks = first != UInt8(ascii: " ") && first != UInt8(ascii: "\t")
    var out = Array("k: >".utf8) + hints(text) + [UInt8(ascii: "\n")]
    var atBreak = true
    var leadingBlank = true
    for byte in text {
      if byte == UInt8(ascii: "\n") {
        if !atBreak && !leadingBlank && doublesBreaks { out.append(byte) }
        out.append(byte)
        atBreak = true
      } else {
        if atBreak {
          out += Array("  ".utf8)
          leadingBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
        }
        out.append(byte)
        atBreak = false
      }
    }
    if !atBreak { out.append(UInt8(ascii: "\n")) }
    return out + Array("z: z\n".utf8)
  }

  /// The indentation where the text does not show it, and what becomes of the breaks at its end.
  private static func hints(_ text: [UInt8]) -> [UInt8] {
    let first = text.first
    let indentation: [UInt8] =
      first == UInt8(ascii: " ") || first == UInt8(ascii: "\n") ? [UInt8(ascii: "2")] : []
    switch text.reversed().prefix(while: { $0 == UInt8(ascii: "\n") }).count {
    case 0: return indentation + [UInt8(ascii: "-")]
    case 1 where text.count > 1: return indentation
    default: return indentation + [UInt8(ascii: "+")]
    }
  }
}
