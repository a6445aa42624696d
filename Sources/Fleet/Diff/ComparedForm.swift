import Manifest

/// Brings an object into the form in which it is compared: a round trip through the types of its kind, without what a
/// server sets.
struct ComparedForm {
  /// The root type of a kind that every server has; nil for others.
  let types: (table: TypeTable, root: TypeID)?
  private let groupKind: GroupKind

  private static let serverSetMetadata = [
    "managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
    "deletionGracePeriodSeconds", "selfLink",
  ]
  private static let secret = GroupKind(group: "", kind: "Secret")
  private static let withRules = Set(
    ["Role", "ClusterRole"].map { GroupKind(group: "rbac.authorization.k8s.io", kind: $0) })
  /// Fields of custom resources that hold a built-in type.
  private static let knownFields: [GroupKind: (path: [String], type: String)] = [
    GroupKind(group: "argoproj.io", kind: "Rollout"): (["spec", "template", "spec"], "core.PodSpec")
  ]

  init(_ kind: GroupVersionKind?) {
    groupKind = kind?.groupKind ?? GroupKind(group: "", kind: "")
    types = kind.flatMap { BuiltInTypes.kinds[$0] }.map { (BuiltInTypes.table, $0) }
  }

  func of(_ root: Mapping) -> Node {
    var root = root
    root["status"] = nil
    root["metadata"]?.editMapping(stripMetadata)
    if groupKind == Self.secret { normaliseSecret(&root) }
    if Self.withRules.contains(groupKind), root["rules"]?.sequence?.isEmpty != false { root["rules"] = .sequence([]) }
    return decoded(.mapping(root))
  }

  func fillDefaults(_ node: inout Node) {
    if let types { DefaultFiller.builtIn.fill(&node, types.root) }
  }

  private func stripMetadata(_ metadata: inout Mapping) {
    for key in Self.serverSetMetadata { metadata[key] = nil }
    metadata["namespace"] = nil
    metadata["annotations"]?.editMapping { $0[LastApplied.annotation] = nil }
    for key in ["annotations", "labels"] where metadata[key]?.mapping?.isEmpty == true || metadata[key]?.isNull == true
    {
      metadata[key] = nil
    }
  }

  /// `stringData` goes into `data`; base64 may be broken into lines.
  private func normaliseSecret(_ root: inout Mapping) {
    root["data"]?.editMapping { data in
      data.updateValues { _, value in
        if let text = value.string, text.contains(where: \.isNewline) {
          value.value = .string(text.filter { !$0.isNewline })
        }
      }
    }
    guard let texts = root["stringData"]?.mapping else { return }
    var data = root["data"]?.mapping ?? Mapping()
    for member in texts { data[member.key] = .string(Base64.encode(Array((member.value.string ?? "").utf8))) }
    root["data"] = .mapping(data)
    root["stringData"] = nil
  }

  /// A tree that does not fit its types is compared as it stands.
  private func decoded(_ node: Node) -> Node {
    if let types { return decoded(node, types.root) }
    guard let known = Self.knownFields[groupKind], let type = BuiltInTypes.type(named: known.type) else { return node }
    var node = node
    node.edit(at: known.path[...]) { $0 = decoded($0, type) }
    return node
  }

  private func decoded(_ node: Node, _ type: TypeID) -> Node {
    var decoder = TypedDecoder(BuiltInTypes.table, keepsUnknownFields: true, writesZeroes: false)
    return (try? decoder.decode(node, type)) ?? node
  }
}

extension Node {
  fileprivate mutating func editMapping(_ body: (inout Mapping) -> Void) {
    guard case .mapping(var mapping) = value else { return }
    body(&mapping)
    value = .mapping(mapping)
  }

  /// Changes what stands at the end of a path of members; nothing where there is no such path.
  fileprivate mutating func edit(at path: ArraySlice<String>, _ body: (inout Node) -> Void) {
    guard let first = path.first else { return body(&self) }
    guard case .mapping(var mapping) = value, mapping[first] != nil else { return }
    mapping[first]?.edit(at: path.dropFirst(), body)
    value = .mapping(mapping)
  }
}
