package import Manifest

/// What a merge does to one object, wherever it does it.
package struct ObjectDelta: Sendable, Hashable {
  package enum Change: String, Sendable {
    case create, update, delete
    /// Git no longer has it, and it stays.
    case keep
    /// A generated object that goes by a new name, with other content.
    case replace
  }

  /// A value that becomes another; Secret values are never told.
  package struct Field: Sendable, Hashable {
    /// `.spec.template.spec.containers[0].image`
    package var path: String
    /// Nil where there is none, or none that fits a line.
    package var before: String?
    package var after: String?
  }

  package var id: ObjectID
  package var change: Change
  /// What it was called before a replacement.
  package var oldName: String?
  /// The first ``mostFields`` that differ.
  package var fields: [Field]
  package var hiddenFields: Int

  package static let mostFields = 20
}

extension ObjectDelta {
  /// What becomes of the objects of one Application. Nil stands for no Application.
  /// - Parameter prunes: whether objects that Git no longer has go.
  package static func all(
    from before: RenderedObjects?, to after: RenderedObjects?, prunes: Bool
  ) -> [ObjectDelta] {
    if let before, let after, before.identity == after.identity { return [] }
    let old = index(before)
    let new = index(after)
    var deltas: [ObjectDelta] = []
    var created: [ObjectID] = []
    for (id, object) in new {
      guard let known = old[id] else {
        created.append(id)
        continue
      }
      let (fields, hidden) = fields(from: .mapping(known.root), to: .mapping(object.root))
      if !fields.isEmpty {
        deltas.append(ObjectDelta(id: id, change: .update, oldName: nil, fields: fields, hiddenFields: hidden))
      }
    }
    deltas += arrivals(created.sorted(), old.keys.filter { new[$0] == nil }.sorted(), old, new)
    for index in deltas.indices where deltas[index].change == .delete {
      let isForbidden = old[deltas[index].id].map(forbidsPrune) ?? false
      if !prunes || isForbidden { deltas[index].change = .keep }
    }
    return deltas.sorted { $0.id == $1.id ? $0.change.rawValue < $1.change.rawValue : $0.id < $1.id }
  }

  private static func forbidsPrune(_ object: Object) -> Bool {
    !SyncOptions(annotations: object.root["metadata"]?["annotations"])
      .isDisjoint(with: [.keptOnPrune, .confirmsPrune])
  }

  private static func index(_ rendered: RenderedObjects?) -> [ObjectID: Object] {
    Dictionary((rendered?.objects ?? []).map { ($0.id, $0) }) { _, last in last }
  }

  /// Creations and deletions; those that differ by the hash behind their names alone belong together.
  private static func arrivals(
    _ created: [ObjectID], _ deleted: [ObjectID], _ old: [ObjectID: Object], _ new: [ObjectID: Object]
  ) -> [ObjectDelta] {
    var leaving = Dictionary(grouping: deleted) { stem(of: $0) }
    var deltas: [ObjectDelta] = []
    for id in created {
      if let stem = stem(of: id), let before = leaving[stem]?.first, let a = old[before], let b = new[id] {
        leaving[stem]?.removeFirst()
        var (fields, hidden) = fields(from: .mapping(a.root), to: .mapping(b.root))
        fields.removeAll { $0.path == ".metadata.name" }
        if fields.isEmpty { hidden = 0 }
        deltas.append(
          ObjectDelta(id: id, change: .replace, oldName: before.name, fields: fields, hiddenFields: hidden))
      } else {
        deltas.append(ObjectDelta(id: id, change: .create, oldName: nil, fields: [], hiddenFields: 0))
      }
    }
    for id in leaving.values.joined() {
      deltas.append(ObjectDelta(id: id, change: .delete, oldName: nil, fields: [], hiddenFields: 0))
    }
    return deltas
  }

  /// The id without the hash that kustomize puts behind the names of what it generates; nil for other names.
  private static func stem(of id: ObjectID) -> ObjectID? {
    guard ["ConfigMap", "Secret"].contains(id.kind), let dash = id.name.lastIndex(of: "-") else { return nil }
    let hash = id.name[id.name.index(after: dash)...]
    guard hash.utf8.count == 10, hash.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) })
    else { return nil }
    return ObjectID(group: id.group, kind: id.kind, namespace: id.namespace, name: String(id.name[..<dash]))
  }

  static func fields(from before: Node, to after: Node) -> (fields: [Field], hidden: Int) {
    let paths = Differences.paths(from: before, to: after)
    let masked = SecretMask.mask(before, after)
    let fields = paths.prefix(mostFields).map { path in
      Field(
        path: text(of: path), before: text(of: masked.before.flatMap(path.node)),
        after: text(of: masked.after.flatMap(path.node)))
    }
    return (fields, paths.count - fields.count)
  }

  private static func text(of pointer: JSONPointer) -> String {
    FieldPath.text(pointer.tokens.map { Int($0) == nil ? "f:" + $0 : "i:" + $0 })
  }

  /// Scalars of a line, lists and mappings by their size.
  private static func text(of node: Node?) -> String? {
    guard let node else { return nil }
    switch node.value {
    case .mapping(let mapping): return "{\(mapping.count) fields}"
    case .sequence(let items): return "[\(items.count) items]"
    default:
      let text = ShownAddress.of(node.value.scalarText ?? node.string ?? "")
      let isLine = text.count <= 80 && !text.contains(where: \.isNewline)
      return isLine ? text : "\(text.prefix { !$0.isNewline }.prefix(60))…"
    }
  }
}
