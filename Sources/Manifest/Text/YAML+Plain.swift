extension YAML {
  /// What `text` means as a plain scalar, with its spelling where the value does not give it back.
  package static func plainScalar(_ text: String, schema: Schema, mark: SourceMark = .none) -> Node {
    YAMLScalar.plain(text, schema: schema, mark: mark)
  }
}
