import Manifest

/// Sets labels or annotations wherever the field specs say.
struct PairsTransformer {
  let pairs: [String: String]
  let fields: [FieldSpec]

  /// - Throws: ``Diagnostic``
  func apply(to set: inout ResourceSet) throws {
    guard !pairs.isEmpty else { return }
    let sorted = pairs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    for position in set.indices { try set.update(position) { try apply(sorted, to: &$0) } }
  }

  private func apply(_ pairs: [(key: String, value: String)], to resource: inout Resource) throws {
    var created: [String: [[String]]] = [:]
    let before = resource.shared.isEmpty ? nil : resource.root
    for field in fields where field.kind.selects(resource.gvk) {
      let path = field.path.segments.map(\.name)
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
            mapping.append(Mapping.Member(key: key, value: .string(value)))
            created[key, default: []].append(path + [key])
          }
        }
        node.value = .mapping(mapping)
      }
    }
    if let before { resource.settleShared(before: before) }
    for (_, paths) in created { resource.shared.add(paths) }
  }
}
