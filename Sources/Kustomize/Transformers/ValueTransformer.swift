import Manifest

/// Writes one value into fields, or into a part of file paths in them.
struct ValueTransformer {
  struct Target {
    var selector: TargetSelector?
    var fieldPath: String
    /// Counted from 1; 0 replaces the whole field.
    var filePathPosition: Int
  }

  let value: String
  let targets: [Target]

  /// - Throws: ``Diagnostic``
  func apply(to set: inout ResourceSet) throws {
    for target in targets {
      let selector = try target.selector?.compiled()
      for position in set.indices where selector?.selects(set[position]) ?? true {
        try set.update(position) { resource in
          if target.fieldPath == "metadata/namespace" {
            try NamespaceTransformer(namespace: value, fields: []).apply(to: &resource)
            return
          }
          try FieldSpec(target.fieldPath, creates: true).apply(to: &resource, creating: .scalar) { node in
            guard node.isScalar else {
              throw FieldError(message: "a value can only be added to a scalar", mark: node.mark)
            }
            let text =
              target.filePathPosition == 0
              ? value : Self.inserting(value, into: node.scalarText ?? "", at: target.filePathPosition - 1)
            node = node.replacingScalar(by: text, as: .untyped)
          }
        }
      }
    }
  }

  /// Puts a part into a path; positions beyond the end append.
  private static func inserting(_ part: String, into path: String, at position: Int) -> String {
    var parts = path.split(separator: "/").map(String.init)
    parts.insert(part, at: min(position, parts.count))
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }
}
