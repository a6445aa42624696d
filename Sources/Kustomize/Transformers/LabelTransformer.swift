import Manifest

/// Sets labels or annotations wherever the field specs say.
struct PairsTransformer {
  let pairs: [String: String]
  let fields: [FieldSpec]

  /// - Throws: ``Diagnostic``
  func apply(to set: inout ResourceSet) throws {
    guard !pairs.isEmpty else { return }
    let oddKeys = pairs.keys.filter { key in
      let node = Node.untyped(key)
      return node.string == nil || node.isTimestamp
    }
    let sorted = pairs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    for position in set.indices { try set.update(position) { try apply(sorted, to: &$0) } }
    guard let key = oddKeys.min() else { return }
    for resource in set.resources where fields.contains(where: { $0.kind.selects(resource.gvk) }) {
      if let problem = KeyType.problem(key, "label or annotation", in: resource) { throw problem }
    }
  }

  private func apply(_ pairs: [(key: String, value: String)], to resource: inout Resource) throws {
    let hadShared = !resource.shared.isEmpty
    var shared = resource.shared
    var marks: [String: SourceMark] = [:]
    for field in fields where field.kind.selects(resource.gvk) {
      try field.apply(to: &resource, creating: .mapping) { node in
        guard case .mapping(var mapping) = node.value else {
          throw FieldError(
            message: "'\(field.path)' must be a mapping, not a \(node.value.kindName)", mark: node.mark)
        }
        node.value = .null
        for (key, value) in pairs {
          if let position = mapping.position(of: key) {
            mapping.updateValue(at: position) { $0 = $0.replacingScalar(by: value, as: .string) }
          } else {
            let mark = marks[key] ?? shared.makeGroup(.string(value))
            marks[key] = mark
            mapping.append(Mapping.Member(key: key, value: Node(.string(value), mark: mark)))
          }
        }
        node.value = .mapping(mapping)
      }
    }
    resource.shared = shared
    if hadShared { resource.settleShared() }
  }
}
