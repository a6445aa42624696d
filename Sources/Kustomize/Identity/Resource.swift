import Manifest

/// One resource of a build, with what the build remembers about it.
///
/// The identity fields mirror the tree; every change of the tree goes through ``edit(_:)`` or a setter, which keep the
/// two together.
struct Resource: Sendable {
  /// An earlier identity; group and version are always the current ones.
  struct Previous: Sendable, Hashable {
    var kind: String
    var name: String
    /// The effective namespace.
    var namespace: String
  }

  enum Behavior: String, Sendable { case unspecified, create, replace, merge }

  /// Always a mapping.
  private(set) var root: Node
  private(set) var gvk: GroupVersionKind
  private(set) var name: String
  private(set) var namespace: String
  private(set) var isClusterScoped: Bool

  /// Earlier identities, the original one first.
  private(set) var history: [Previous] = []
  var prefixes: [String] = []
  var suffixes: [String] = []
  var needsHash = false
  var behavior = Behavior.unspecified
  /// Names of the vars that read from this resource.
  var variables: [String] = []
  /// Where it was read, or what generated it.
  var origin: SourceLocation
  /// What `buildMetadata` reports.
  var provenance: Provenance?
  var transformations: [Provenance] = []
  /// Scalars that one transformer wrote into several places at once, see ``SharedScalars``.
  var shared = SharedScalars()

  /// Kinds without a namespace, as a custom schema has them.
  private var clusterScopedKinds: Set<GroupVersionKind>

  init(_ root: Mapping, origin: SourceLocation, clusterScopedKinds: Set<GroupVersionKind> = []) {
    self.root = .mapping(root)
    self.origin = origin
    self.clusterScopedKinds = clusterScopedKinds
    gvk = GroupVersionKind(apiVersion: "", kind: "")
    name = ""
    namespace = ""
    isClusterScoped = false
    readIdentity()
  }

  var mapping: Mapping { root.mapping ?? Mapping() }
  var isEmpty: Bool { root.mapping?.isEmpty ?? true }

  var id: ResourceID { ResourceID(gvk: gvk, name: name, namespace: namespace, isClusterScoped: isClusterScoped) }

  /// The first identity it had.
  var originalID: ResourceID {
    guard let first = history.first else { return id }
    return resourceID(first)
  }

  /// All earlier identities, oldest first.
  var previousIDs: [ResourceID] { history.map(resourceID) }

  func hasID(where matches: (ResourceID) -> Bool) -> Bool {
    history.contains { matches(resourceID($0)) } || matches(id)
  }

  private func resourceID(_ previous: Previous) -> ResourceID {
    let gvk = GroupVersionKind(group: gvk.group, version: gvk.version, kind: previous.kind)
    return ResourceID(
      gvk: gvk, name: previous.name, namespace: previous.namespace,
      isClusterScoped: previous.namespace == ResourceID.clusterScope)
  }

  /// Remembers the current identity before a transformer changes it.
  mutating func storePreviousID() {
    history.append(Previous(kind: gvk.kind, name: name, namespace: id.effectiveNamespace))
  }

  /// Whether the build has noted anything about it, which kustomize keeps among the annotations.
  var hasNotes: Bool { !history.isEmpty || needsHash || behavior != .unspecified || provenance != nil }

  // MARK: Changes

  /// Changes the tree and reads the identity again.
  mutating func edit<Result>(_ body: (inout Node) throws -> Result) rethrows -> Result {
    defer { readIdentity() }
    return try body(&root)
  }

  /// Changes a part of the tree that holds no identity.
  mutating func editContent<Result>(_ body: (inout Node) throws -> Result) rethrows -> Result {
    try body(&root)
  }

  mutating func replaceRoot(_ mapping: Mapping) {
    root = .mapping(mapping)
    shared = SharedScalars()
    readIdentity()
  }

  /// Copies identities and notes of the resource that this one takes the place of.
  mutating func inheritNotes(from old: Resource) {
    history = old.history
    prefixes = old.prefixes
    suffixes = old.suffixes
    behavior = old.behavior
    needsHash = needsHash && old.needsHash
    variables = old.variables
  }

  mutating func setName(_ text: String) { setMetadata("name", text) }

  /// Empty removes it.
  mutating func setNamespace(_ text: String) {
    if text.isEmpty {
      edit { $0["metadata"]?["namespace"] = nil }
    } else {
      setMetadata("namespace", text)
    }
  }

  mutating func setKind(_ text: String) {
    guard gvk.kind != text else { return }
    edit { $0["kind"] = ($0["kind"] ?? .null).replacingScalar(by: text, as: .untyped) }
  }

  private mutating func setMetadata(_ key: String, _ text: String) {
    edit { root in
      if root["metadata"]?.mapping == nil { root["metadata"] = .mapping(Mapping()) }
      let old = root["metadata"]?[key] ?? .null
      root["metadata"]?[key] = old.replacingScalar(by: text, as: .untyped)
    }
  }

  private mutating func readIdentity() {
    let mapping = root.mapping ?? Mapping()
    let apiVersion = mapping["apiVersion"]?.scalarText ?? ""
    let kind = mapping["kind"]?.scalarText ?? ""
    let metadata = mapping["metadata"]?.mapping
    name = metadata?["name"]?.scalarText ?? ""
    namespace = metadata?["namespace"]?.scalarText ?? ""
    if gvk.kind != kind || gvk.apiVersion != apiVersion {
      gvk = GroupVersionKind(apiVersion: apiVersion, kind: kind)
    }
    isClusterScoped =
      ClusterScope.contains(gvk) || (!clusterScopedKinds.isEmpty && clusterScopedKinds.contains(gvk))
  }

  /// Takes over what another schema says of scopes.
  mutating func setScopes(_ clusterScopedKinds: Set<GroupVersionKind>) {
    self.clusterScopedKinds = clusterScopedKinds
    readIdentity()
  }

  /// Keeps scalars that kustomize shares equal after a change in place, see ``SharedScalars``.
  mutating func settleShared() {
    guard !shared.isEmpty else { return }
    shared.settle(&root)
    readIdentity()
  }

  // MARK: Notes

  /// Stands for the annotations in which kustomize keeps what the build notes about a resource.
  static let notesKey = "internal.config.kubernetes.io/muster-notes"

  /// The tree as kustomize sees it: notes are annotations, so that field is there, and whoever removes it removes them.
  var rootWithNotes: Node {
    guard hasNotes else { return root }
    var root = root
    if root["metadata"]?["annotations"]?.mapping == nil { root["metadata"]?["annotations"] = .mapping(Mapping()) }
    root["metadata"]?["annotations"]?[Self.notesKey] = .string("")
    return root
  }

  /// Takes away what a patch copied of the notes to other places.
  static func removeCopiedNotes(from root: inout Node) {
    let own = root["metadata"]?["annotations"]?[notesKey]
    removeNotes(from: &root)
    if let own { root["metadata"]?["annotations"]?[notesKey] = own }
  }

  private static func removeNotes(from node: inout Node) {
    switch node.value {
    case .mapping(var mapping):
      node.value = .null
      mapping[notesKey] = nil
      for position in 0..<mapping.count { mapping.updateValue(at: position) { removeNotes(from: &$0) } }
      node.value = .mapping(mapping)
    case .sequence(var nodes):
      node.value = .null
      for position in nodes.indices { removeNotes(from: &nodes[position]) }
      node.value = .sequence(nodes)
    default: return
    }
  }

  /// Takes a changed ``rootWithNotes``, and forgets what it no longer holds.
  /// - Parameter keepsIdentity: all but the metadata of the build is put back, as `patches` does.
  mutating func takeRootWithNotes(_ mapping: Mapping, keepsIdentity: Bool) {
    var root = Node.mapping(mapping)
    let hadNotes = hasNotes
    let keepsNotes = root["metadata"]?["annotations"]?[Self.notesKey] != nil
    if keepsNotes {
      root["metadata"]?["annotations"]?[Self.notesKey] = nil
      if root["metadata"]?["annotations"]?.mapping?.isEmpty == true { root["metadata"]?["annotations"] = nil }
    }
    let shared = shared
    replaceRoot(root.mapping ?? Mapping())
    self.shared = shared
    if !hadNotes || keepsNotes { return }
    provenance = nil
    transformations = []
    if keepsIdentity { return }
    history = []
    prefixes = []
    suffixes = []
    needsHash = false
    behavior = .unspecified
  }

  // MARK: Labels and annotations

  /// Every key with the text of its scalar.
  func texts(of field: String) -> [String: String] {
    var texts: [String: String] = [:]
    for member in mapping["metadata"]?[field]?.mapping ?? Mapping() {
      texts[member.key] = member.value.scalarText ?? ""
    }
    return texts
  }
}

/// Where a resource or a change of it came from, for `buildMetadata`.
struct Provenance: Sendable, Equatable {
  var path = ""
  var repository = ""
  var reference = ""
  var configuredIn = ""
  var configuredBy: Mapping?
}
