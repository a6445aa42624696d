import Manifest

extension Node {
  /// The first value that JSON has no word for: YAML's `.inf` and `.nan`. Argo CD reads YAML by way of JSON.
  var firstWithoutJSON: Node? {
    switch value {
    case .double(let number): number.isFinite ? nil : self
    case .sequence(let nodes): nodes.lazy.compactMap(\.firstWithoutJSON).first
    case .mapping(let mapping): mapping.members.lazy.compactMap(\.value.firstWithoutJSON).first
    case .null, .bool, .int, .uint, .string: nil
    }
  }

  /// - Throws: ``Diagnostics`` for the first value that JSON has no word for.
  func checkedAsJSON(file: String) throws(Diagnostics) -> Node {
    guard let bad = firstWithoutJSON else { return self }
    throw Diagnostics([
      Diagnostic(
        "yaml.no-json", "the value \(bad.spelling ?? "here") cannot be JSON",
        at: SourceLocation(file: file, mark: bad.mark))
    ])
  }
}
