import Manifest

/// One patch of a kustomization, read: objects to merge, or operations.
struct Patch: Sendable {
  enum Content: Sendable {
    case merge([ResourceDocument])
    case operations(JSONPatch)
  }

  var content: Content
  var target: TargetSelector?
  var allowNameChange = false
  var allowKindChange = false
  /// Where the kustomization names it.
  var location: SourceLocation
  /// The file that its own places refer to: the patch file, or the kustomization for an inline one.
  var file: String
  /// The line of the kustomization on which an inline patch begins; its own lines count from there.
  var firstLine: UInt32 = 0

  /// A place in the patch's text.
  func place(_ mark: SourceMark) -> SourceLocation {
    guard mark.isKnown else { return location }
    if firstLine == 0 { return SourceLocation(file: file, mark: mark) }
    return SourceLocation(file: file, mark: SourceMark(line: firstLine + mark.line - 1, column: mark.column))
  }
}

/// Applies one patch.
struct PatchTransformer {
  let patch: Patch
  let schema: MergeSchema
  let limits: RenderLimits
  /// As `patches` does: objects with several documents, the name restored, identities remembered by operations. Else as
  /// `patchesStrategicMerge` and `patchesJson6902` do.
  var remembersIdentity = true
  /// As `patchesStrategicMerge` does, whose patches are copied once more before they are merged.
  var copiesMetadata = false

  /// - Throws: ``Diagnostic``
  func apply(to set: inout ResourceSet) throws(Diagnostic) {
    switch patch.content {
    case .operations(let operations): try apply(operations, to: &set)
    case .merge(let documents):
      if let target = patch.target {
        try apply(documents, target: target, to: &set)
      } else {
        for document in documents { try apply(document, to: &set) }
      }
      set.dropEmpty()
    }
  }

  // MARK: Strategic merge

  private func apply(
    _ documents: [ResourceDocument], target: TargetSelector, to set: inout ResourceSet
  ) throws(Diagnostic) {
    guard documents.count == 1, let document = documents.first else {
      throw Diagnostic(
        "kustomize.invalid-patch", "a patch with a target must hold exactly one object, not \(documents.count)",
        at: patch.location)
    }
    let selector = try target.compiled()
    let patchRoot = Self.withMetadataAsText(document.root)
    for position in set.indices where selector.selects(set[position]) {
      var root = patchRoot
      root["apiVersion"] = set[position].mapping["apiVersion"]
      try merge(root, into: &set, position)
    }
    set.dropEmpty()
    if let conflict = set.conflict() { throw conflict }
  }

  /// Labels and annotations as kustomize copies them from a patch that it looks the resources up for: each value is the text that was written,
  /// a null too, and a field without any goes.
  private static func withMetadataAsText(_ root: Mapping) -> Mapping {
    guard var metadata = root["metadata"] else { return root }
    for field in ["labels", "annotations"] {
      guard let node = metadata[field] else { continue }
      var texts = Mapping()
      for member in node.mapping ?? Mapping() {
        let text = member.value.scalarText ?? member.value.writtenNull
        texts[member.key] = Node(.string(text), mark: member.value.mark)
      }
      metadata[field] = texts.isEmpty ? nil : .mapping(texts)
    }
    var root = root
    root["metadata"] = metadata
    return root
  }

  private func apply(_ document: ResourceDocument, to set: inout ResourceSet) throws(Diagnostic) {
    let id = Resource(document.root, origin: patch.location).id
    let matches = set.positions(withAnyID: id)
    guard matches.count == 1, let position = matches.first else { throw unmatched(id, document, matches, in: set) }
    try merge(copiesMetadata ? Self.withMetadataAsText(document.root) : document.root, into: &set, position)
  }

  private func unmatched(
    _ id: ResourceID, _ document: ResourceDocument, _ matches: [Int], in set: ResourceSet
  ) -> Diagnostic {
    let place = patch.place(document.mark)
    if matches.count > 1 {
      return Diagnostic(
        "kustomize.ambiguous-patch", "the patch of \(id) fits more than one resource", at: place,
        notes: matches.map { .init("it fits \(set[$0].id)", at: set[$0].origin) },
        help: "give the namespace, or use a target")
    }
    let sameKind = set.resources.filter { $0.gvk.kind == id.gvk.kind }
    let nearest = NearestName.of(id.name, among: sameKind.map(\.name))
    var help = nearest.map { "did you mean '\($0)'?" }
    if help == nil, let other = set.resources.first(where: { $0.gvk.kind == id.gvk.kind && $0.name == id.name }) {
      help = "there is \(other.gvk.apiVersion) \(other.id)"
    }
    if help == nil && !sameKind.isEmpty {
      help = "there is: " + sameKind.prefix(5).map(\.name).joined(separator: ", ")
    }
    return Diagnostic("kustomize.no-target", "no resource matches the patch of \(id)", at: place, help: help)
  }

  private func merge(_ root: Mapping, into set: inout ResourceSet, _ position: Int) throws(Diagnostic) {
    let old = set[position]
    let touchesNotes = Self.mayRemoveAnnotations(root)
    let merged: Node?
    do {
      let target = touchesNotes ? old.rootWithNotes : old.root
      merged = try StrategicMerge(schema: schema).apply(.mapping(root), to: target)
    } catch {
      throw Diagnostic(
        "kustomize.merge-conflict", "patch of \(old.id): \(error.message)", at: patch.place(error.mark),
        notes: [.init("the resource is here", at: old.origin)])
    }
    set.update(position) { resource in
      if patch.allowNameChange || patch.allowKindChange { resource.storePreviousID() }
      if touchesNotes {
        resource.takeRootWithNotes(merged?.mapping ?? Mapping(), keepsIdentity: false)
      } else {
        let shared = resource.shared
        resource.replaceRoot(merged?.mapping ?? Mapping())
        resource.shared = shared
      }
      if resource.isEmpty { return }
      resource.settleShared()
      if !patch.allowKindChange { resource.setKind(old.gvk.kind) }
      if !patch.allowNameChange && resource.name != old.name { resource.setName(old.name) }
      if resource.namespace != old.namespace { resource.setNamespace(old.namespace) }
    }
  }

  private static func mayRemoveAnnotations(_ patch: Mapping) -> Bool {
    guard let metadata = patch["metadata"] else { return false }
    if metadata[MergeDirective.key] != nil { return true }
    guard let annotations = metadata["annotations"] else { return false }
    return annotations.isNull || annotations[MergeDirective.key] != nil
  }

  // MARK: Operations

  private func apply(_ operations: JSONPatch, to set: inout ResourceSet) throws(Diagnostic) {
    guard let target = patch.target else {
      throw Diagnostic(
        "kustomize.invalid-patch", "a JSON patch needs a target", at: patch.location,
        help: "add 'target' with kind and name")
    }
    let selector = try target.compiled()
    for position in set.indices where selector.selects(set[position]) {
      var resource = set[position]
      if remembersIdentity { resource.storePreviousID() }
      var root = resource.rootWithNotes.reread.fromJSON
      do {
        try operations.apply(to: &root)
      } catch {
        throw Diagnostic(
          "kustomize.patch-failed", "patch of \(resource.id): \(error.message)", at: patch.place(error.mark),
          notes: [.init("the resource is here", at: resource.origin)])
      }
      try ResourceSize.check(root, of: resource.id, limit: limits.resourceBytes, at: patch.location)
      if operations.copiesAnnotations { Resource.removeCopiedNotes(from: &root) }
      resource.shared = SharedScalars()
      resource.takeRootWithNotes(root.fromJSON.mapping ?? Mapping(), keepsIdentity: true)
      if resource.name.isEmpty || resource.gvk.kind.isEmpty {
        throw Diagnostic(
          "kustomize.patch-failed", "the patch leaves \(set[position].id) without a kind or a name", at: patch.location)
      }
      set.update(position) { $0 = resource }
    }
  }
}
