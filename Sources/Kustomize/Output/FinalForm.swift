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

  /// Annotations become strings and the build's own go; the rest is read again.
  /// - Throws: ``Diagnostics`` for numbers that JSON has no word for.
  static func apply(to resource: inout Resource) throws(Diagnostics) {
    for member in resource.root["metadata"]?["annotations"]?.mapping ?? Mapping() {
      if let problem = KeyType.problem(member.key, "annotation", in: resource) { throw Diagnostics(problem) }
    }
    settleAnnotations(&resource)
    guard Reread.changes(resource.root) else { return }
    var pass = Reread()
    resource.editContent { pass.apply(to: &$0) }
    if let infinite = pass.infinite {
      throw Diagnostics(
        Diagnostic(
          "kustomize.invalid-number", "\(resource.id) holds a number that is not finite",
          at: SourceLocation(file: resource.origin.file, mark: infinite)))
    }
  }

  private static func settleAnnotations(_ resource: inout Resource) {
    guard let annotations = resource.root["metadata"]?["annotations"] else { return }
    let members = annotations.mapping?.members ?? []
    if !members.isEmpty, members.allSatisfy({ isSettled($0) }) { return }
    var texts = Mapping()
    for member in members where !internalAnnotations.contains(member.key) {
      texts[member.key] = Node(.string(member.value.scalarText ?? member.value.writtenNull), style: .doubleQuoted)
    }
    resource.editContent { $0["metadata"]?["annotations"] = texts.isEmpty ? nil : .mapping(texts) }
  }

  /// Whether an annotation is text that stays as it is.
  private static func isSettled(_ member: Mapping.Member) -> Bool {
    guard case .string = member.value.value, member.value.style != .folded else { return false }
    return !member.value.isTimestamp && !internalAnnotations.contains(member.key)
  }
}

/// Kustomize writes some keys without quotes, and fails when they read as something else than a string then.
enum KeyType {
  static func problem(_ key: String, _ what: String, in resource: Resource) -> Diagnostic? {
    let node = Node.untyped(key)
    if case .string = node.value, !node.isTimestamp { return nil }
    let kind = node.isTimestamp ? "timestamp" : node.value.kindName
    return Diagnostic(
      "kustomize.key-type", "\(what) '\(key)' of \(resource.id) would be read as another type (\(kind))",
      at: resource.origin, help: "choose a key that is text")
  }
}
