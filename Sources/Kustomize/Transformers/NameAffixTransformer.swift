import Manifest

/// Puts a prefix or suffix on names, and remembers it for the references to them.
struct NameAffixTransformer {
  enum Side { case prefix, suffix }

  let side: Side
  let text: String
  let fields: [FieldSpec]

  /// Kinds whose names are fixed by what they are, judged by their original identity.
  private static func isExempt(_ gvk: GroupVersionKind) -> Bool {
    gvk.kind == "CustomResourceDefinition" || gvk.kind == "Namespace"
      || (gvk.kind == "APIService" && gvk.group == "apiregistration.k8s.io")
  }

  /// - Throws: ``Diagnostic``
  func apply(to set: inout ResourceSet) throws {
    for position in set.indices {
      let original = set[position].originalID.gvk
      if Self.isExempt(original) { continue }
      try set.update(position) { resource in
        for field in fields where field.kind.selects(original) {
          if field.path.text == "metadata/name" && !text.isEmpty { remember(&resource) }
          try field.apply(to: &resource, creating: .nothing, write)
        }
      }
    }
  }

  private func remember(_ resource: inout Resource) {
    if side == .prefix { resource.prefixes.append(text) } else { resource.suffixes.append(text) }
    resource.storePreviousID()
  }

  /// Kubernetes takes 253; a prefix goes to every resource, so it may not be a megabyte.
  private static let maximumBytes = 4_096

  private func write(_ node: inout Node) throws {
    guard node.isScalar else {
      throw FieldError(message: "a name must be a scalar, not a \(node.value.kindName)", mark: node.mark)
    }
    let old = node.scalarText ?? ""
    guard old.utf8.count + text.utf8.count <= Self.maximumBytes else {
      throw FieldError(message: "the name would have more than \(Self.maximumBytes) bytes", mark: node.mark)
    }
    node = node.replacingScalar(by: side == .prefix ? text + old : old + text, as: .untyped)
  }
}
