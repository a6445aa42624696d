/// JSON by RFC 8259, strictly: to and from the value tree.
package enum JSON {
  /// Reads one JSON text.
  ///
  /// Integers are exact from `Int64.min` to `UInt64.max`; other numbers become doubles. Marks count lines from 1 and
  /// columns in bytes from 1.
  /// - Parameter file: how the text is named in diagnostics.
  /// - Throws: ``Diagnostic`` with a code `json.…` and the place: syntax, duplicate keys, bad UTF-8, too deep, too large.
  package static func parse(
    _ bytes: [UInt8], file: String = "<json>", limits: TextLimits = TextLimits()
  ) throws(Diagnostic) -> Node {
    let result: Result<Node, Diagnostic> = bytes.withUnsafeBufferPointer { buffer in
      var reader = JSONReader(buffer, limits: limits)
      do throws(JSONReader.Problem) {
        return .success(try reader.readDocument())
      } catch {
        return .failure(error.diagnostic(file: file))
      }
    }
    return try result.get()
  }
}
