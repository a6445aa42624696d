import Manifest

/// The last touches before a resource leaves: what kustomize's way through JSON and its notes do to a tree.
enum FinalForm {
  private static let internalAnnotations: Set<String> = [
    "internal.config.kubernetes.io/path", "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id", "internal.config.kubernetes.io/annotations-migration-resource-id",
    "internal.config.kubernetes.io/previousKinds", "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/prefixes", "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/previousNamespaces", "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange", "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior", "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/helm-generated",
    "config.kubernetes.io/path", "config.kubernetes.io/index", "config.kubernetes.io/id",
  ]

  /// Annotations become strings and the build's own go, dates become timestamps.
  /// - Throws: ``Diagnostics`` for numbers that JSON has no word for.
  static func apply(to resource: inout Resource) throws(Diagnostics) {
    for member in resource.root["metadata"]?["annotations"]?.mapping ?? Mapping() {
      if let problem = KeyType.problem(member.key, "annotation", in: resource) { throw Diagnostics(problem) }
    }
    settleAnnotations(&resource)
    var infinite: SourceMark?
    if needsWork(resource.root) {
      resource.editContent { settle(&$0, &infinite) }
    }
    if let infinite {
      throw Diagnostics(
        Diagnostic(
          "kustomize.invalid-number", "\(resource.id) holds a number that is not finite",
          at: SourceLocation(file: resource.origin.file, mark: infinite)))
    }
  }

  private static func settleAnnotations(_ resource: inout Resource) {
    guard let annotations = resource.root["metadata"]?["annotations"] else { return }
    let members = annotations.mapping?.members ?? []
    let isClean =
      !members.isEmpty
      && members.allSatisfy {
        $0.value.string != nil && !internalAnnotations.contains($0.key)
      }
    if isClean { return }
    if !members.isEmpty || annotations.isNull || annotations.mapping != nil {
      var texts = Mapping()
      for member in members where !internalAnnotations.contains(member.key) {
        texts[member.key] = Node(
          .string(member.value.scalarText ?? member.value.writtenNull), style: .doubleQuoted)
      }
      resource.editContent { $0["metadata"]?["annotations"] = texts.isEmpty ? nil : .mapping(texts) }
    }
  }

  private static func needsWork(_ node: Node) -> Bool {
    switch node.value {
    case .mapping(let mapping): mapping.members.contains { needsWork($0.value) }
    case .sequence(let nodes): nodes.contains { needsWork($0) }
    case .double(let number): !number.isFinite
    case .string(let text):
      node.style == .folded || node.style == .plain && node.mark.isKnown && YAML11.isTimestamp(text)
    default: false
    }
  }

  private static func settle(_ node: inout Node, _ infinite: inout SourceMark?) {
    switch node.value {
    case .mapping(var mapping):
      for position in 0..<mapping.count { mapping.updateValue(at: position) { settle(&$0, &infinite) } }
      node.value = .mapping(mapping)
    case .sequence(var nodes):
      for position in nodes.indices { settle(&nodes[position], &infinite) }
      node.value = .sequence(nodes)
    case .double(let number) where !number.isFinite: infinite = node.mark
    case .string(let text) where node.style == .folded: node.value = .string(FoldedText.reread(text))
    case .string(let text) where node.style == .plain && node.mark.isKnown:
      if let time = YAML11.timestamp(text) { node.value = .string(time) }
    default: return
    }
  }
}

/// Kustomize writes some keys without quotes, and fails when they read as something else than a string then.
enum KeyType {
  static func problem(_ key: String, _ what: String, in resource: Resource) -> Diagnostic? {
    let node = YAML.plainScalar(key)
    if case .string = node.value { return nil }
    return Diagnostic(
      "kustomize.key-type", "\(what) '\(key)' of \(resource.id) would be read as another type (\(node.value.kindName))",
      at: resource.origin, help: "choose a key that is text")
  }
}
