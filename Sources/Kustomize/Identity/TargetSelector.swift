import Manifest

/// Which resources a patch or a replacement is for: regular expressions over kind, name and namespace, and selectors over
/// labels and annotations.
struct TargetSelector: Sendable {
  var kind = KindSelector()
  var name = ""
  var namespace = ""
  var labelSelector = ""
  var annotationSelector = ""
  var location: SourceLocation

  /// Reads the expressions.
  /// - Throws: ``Diagnostic`` `kustomize.invalid-selector`
  func compiled() throws(Diagnostic) -> CompiledSelector {
    CompiledSelector(
      group: try pattern(kind.group, "group"), version: try pattern(kind.version, "version"),
      kind: try pattern(kind.kind, "kind"), name: try pattern(name, "name"),
      namespace: try pattern(namespace, "namespace"), labels: try selector(labelSelector, "labelSelector"),
      annotations: try selector(annotationSelector, "annotationSelector"))
  }

  private func pattern(_ text: String, _ field: String) throws(Diagnostic) -> Pattern? {
    if text.isEmpty { return nil }
    do {
      return try Pattern(text, wholeText: true)
    } catch {
      throw Diagnostic(
        "kustomize.invalid-selector", "'\(field)' is no regular expression: \(error.message) in '\(text)'",
        at: location)
    }
  }

  private func selector(_ text: String, _ field: String) throws(Diagnostic) -> MetadataSelector? {
    if text.isEmpty { return nil }
    do {
      return try MetadataSelector(text)
    } catch {
      throw Diagnostic(
        "kustomize.invalid-selector", "'\(field)' cannot be parsed: \(error.message)", at: location)
    }
  }
}

struct CompiledSelector: Sendable {
  let group: Pattern?
  let version: Pattern?
  let kind: Pattern?
  let name: Pattern?
  let namespace: Pattern?
  let labels: MetadataSelector?
  let annotations: MetadataSelector?

  /// By the original or the current name and namespace, as `patches` selects.
  func selects(_ resource: Resource) -> Bool {
    let ids = (resource.originalID, resource.id)
    return matches(namespace, ids.0.effectiveNamespace, ids.1.effectiveNamespace)
      && matches(name, ids.0.name, ids.1.name) && selects(kindOf: resource) && selectsMetadata(of: resource)
  }

  func selects(kindOf resource: Resource) -> Bool {
    (group?.matches(resource.gvk.group) ?? true) && (version?.matches(resource.gvk.version) ?? true)
      && (kind?.matches(resource.gvk.kind) ?? true)
  }

  func selectsMetadata(of resource: Resource) -> Bool {
    (labels?.matches(resource.texts(of: "labels")) ?? true)
      && (annotations?.matches(resource.texts(of: "annotations")) ?? true)
  }

  private func matches(_ pattern: Pattern?, _ first: String, _ second: String) -> Bool {
    guard let pattern else { return true }
    return pattern.matches(first) || pattern.matches(second)
  }
}
