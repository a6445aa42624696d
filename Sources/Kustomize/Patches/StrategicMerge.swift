import Manifest

/// Why a patch does not fit what it is merged into.
struct MergeError: Error {
  var message: String
  /// A place in the patch.
  var mark: SourceMark
}

/// The strategic merge as kustomize performs it, node by node.
///
/// What a patch adds takes the same way as what it changes: it is merged into itself, which drops nulls and honours
/// directives. What it does not name is visited too: an empty null disappears, and merged lists are put together again.
struct StrategicMerge {
  let schema: MergeSchema

  /// Merges a whole object.
  /// - Returns: nil when the patch removes it.
  func apply(_ patch: Node, to object: Node) throws(MergeError) -> Node? {
    let merged = try merge(object, patch, known: nil)
    // Kustomize makes a new object of the patch, and goes on with the old one.
    if patch[MergeDirective.key]?.scalarText == MergeDirective.Action.replace.rawValue { return object }
    return merged
  }

  private enum Kind { case mapping, sequence, scalar, none }

  private func kind(_ node: Node?) -> Kind {
    guard let node else { return .none }
    switch node.value {
    case .mapping: return .mapping
    case .sequence: return .sequence
    case .null: return .none
    default: return .scalar
    }
  }

  /// - Parameter known: what the schema says of this place.
  /// - Returns: nil to remove it.
  func merge(_ old: Node?, _ patch: Node?, known: MergeSchema.Field?) throws(MergeError) -> Node? {
    let kind = kind(old) != .none ? kind(old) : kind(patch)
    try check(old, patch, kind)
    switch kind {
    case .scalar:
      guard let patch else { return old.map(Self.typed) }
      return patch.isNull ? nil : styled(patch, as: old)
    case .sequence:
      let known = known ?? embedded(old, patch)
      guard let known, let keys = known.mergeKeys else { return patch.map { $0.isNull ? nil : $0 } ?? old }
      return try mergeList(old, patch, keys: keys, elements: schema.elements(of: known))
    case .mapping, .none:
      return try mergeMapping(old, patch, known: known ?? embedded(old, patch))
    }
  }

  /// Two things that are there must be of one kind.
  private func check(_ old: Node?, _ patch: Node?, _ wanted: Kind) throws(MergeError) {
    for node in [old, patch] {
      guard let node, wanted != .none else { continue }
      let found = kind(node)
      if found == .none || found == wanted { continue }
      let oldName = old?.value.kindName ?? "nothing"
      let patchName = patch?.value.kindName ?? "nothing"
      throw MergeError(
        message: "the patch has a \(patchName) where the resource has a \(oldName)", mark: patch?.mark ?? .none)
    }
  }

  /// The schema of an object that says its own kind.
  private func embedded(_ old: Node?, _ patch: Node?) -> MergeSchema.Field? {
    for node in [old, patch] {
      guard let mapping = node?.mapping, let kind = mapping["kind"]?.scalarText,
        let apiVersion = mapping["apiVersion"]?.scalarText
      else { continue }
      if let root = schema.root(apiVersion: apiVersion, kind: kind) { return root }
    }
    return nil
  }

  /// A scalar that was created without a type becomes a string where a merge passes it.
  private static func typed(_ node: Node) -> Node {
    node.isUntyped ? Node(.string(node.scalarText ?? node.writtenNull), style: .doubleQuoted) : node
  }

  /// A scalar of a patch in the style of the one that it replaces: what was quoted stays a string.
  private func styled(_ patch: Node, as old: Node?) -> Node {
    guard let old, !old.isNull else { return patch }
    let mark = old.sharedGroup == nil ? patch.mark : old.mark
    if old.isQuoted { return Node(.string(patch.scalarText ?? ""), mark: mark, style: old.style) }
    var node = patch
    node.mark = mark
    node.style = .plain
    return node
  }

  // MARK: Mappings

  private func mergeMapping(
    _ old: Node?, _ patch: Node?, known: MergeSchema.Field?
  ) throws(MergeError) -> Node? {
    var patch = patch
    guard let old, !old.isNull else {
      // A wrong directive in what is added goes unnoticed, as in kustomize.
      if let mapping = patch?.mapping, let directive = try? MergeDirective(of: mapping) {
        if directive.action == .delete { return nil }
        patch?.value = .mapping(directive.rest)
      }
      guard let patch else { return old.flatMap { $0.isExplicitNull ? $0 : nil } }
      if patch.isNull { return nil }
      return try mergeMembers(of: patch, with: patch, known: known)
    }
    guard let given = patch else { return try mergeMembers(of: old, with: nil, known: known) }
    if given.isNull { return nil }
    guard let mapping = given.mapping else { return old }
    let directive = try MergeDirective(of: mapping)
    patch?.value = .mapping(directive.rest)
    switch directive.action {
    case .delete: return nil
    case .replace: return try mergeMembers(of: patch ?? given, with: patch, known: known)
    case .merge:
      // What is new is merged into itself, and loses the directive on both sides.
      var old = old
      if mapping[MergeDirective.key] != nil { old[MergeDirective.key] = nil }
      return try mergeMembers(of: old, with: patch, known: known)
    }
  }

  private func mergeMembers(
    of base: Node, with patch: Node?, known: MergeSchema.Field?
  ) throws(MergeError) -> Node? {
    guard var result = base.mapping else { return base }
    let changes = patch?.mapping
    var removed: Set<String> = []
    for position in 0..<result.count {
      let member = result.members[position]
      let change = changes?[member.key]
      let field = schema.field(member.key, of: known)
      if change == nil && isSettled(member.value, field) { continue }
      if let merged = try merge(member.value, change, known: field) {
        result.updateValue(at: position) { $0 = merged }
      } else {
        removed.insert(member.key)
      }
    }
    if !removed.isEmpty { result.filter { !removed.contains($0.key) } }
    for member in changes?.members ?? [] where base.mapping?.position(of: member.key) == nil {
      let field = schema.field(member.key, of: known)
      guard let merged = try merge(nil, member.value, known: field) else { continue }
      result.append(Mapping.Member(key: member.key, keyMark: member.keyMark, value: merged))
    }
    var node = base
    node.value = .mapping(result)
    return node
  }

  /// Whether a visit without a patch would leave this as it is.
  private func isSettled(_ node: Node, _ known: MergeSchema.Field?) -> Bool {
    switch node.value {
    case .null: return node.isExplicitNull
    case .mapping(let mapping):
      let known = known ?? embedded(node, nil)
      return mapping.members.allSatisfy { isSettled($0.value, schema.field($0.key, of: known)) }
    case .sequence(let nodes):
      guard let keys = known?.mergeKeys, !nodes.isEmpty else { return true }
      guard !keys.isEmpty, isRegular(nodes, keys) else { return false }
      let elements = schema.elements(of: known)
      return nodes.allSatisfy { $0.mapping?.isEmpty == false && isSettled($0, elements) }
    default: return !node.isUntyped
    }
  }
}

/// `$patch` in a mapping, and the mapping without it.
struct MergeDirective {
  enum Action: String { case merge, replace, delete }

  static let key = "$patch"

  let action: Action
  let rest: Mapping

  init(of mapping: Mapping) throws(MergeError) {
    guard let node = mapping[Self.key] else {
      action = .merge
      rest = mapping
      return
    }
    guard let action = Action(rawValue: node.scalarText ?? "") else {
      throw MergeError(
        message: "'$patch' must be 'delete', 'replace' or 'merge', not '\(node.scalarText ?? "")'", mark: node.mark)
    }
    self.action = action
    var rest = mapping
    rest[Self.key] = nil
    self.rest = rest
  }
}

extension Node {
  /// A null that was written out (`null`, `~`), which a merge keeps; an empty one it drops.
  var isExplicitNull: Bool { isNull && spelling != "" }
}
