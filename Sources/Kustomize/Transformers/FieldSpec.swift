import Manifest

/// A field of some kinds that a transformer writes or reads.
struct FieldSpec: Hashable, Sendable {
  var kind: KindSelector
  var path: FieldPath
  var creates: Bool

  init(_ path: String, kind: KindSelector = KindSelector(), creates: Bool = false) {
    self.path = FieldPath(path)
    self.kind = kind
    self.creates = creates
  }

  /// Changes every field of `resource` that this names; does nothing to resources of other kinds.
  /// - Throws: ``Diagnostic`` `kustomize.invalid-field` with the place in the resource's file.
  func apply(to resource: inout Resource, creating: Node.Creation, _ body: (inout Node) throws -> Void) throws {
    guard kind.selects(resource.gvk) else { return }
    let creation = creates ? creating : .nothing
    if creation == .nothing && !resource.root.reaches(path.segments[...]) { return }
    do {
      try resource.edit { try $0.edit(at: path.segments[...], creating: creation, body) }
    } catch let error as FieldError {
      throw error.diagnostic(field: path.text, of: resource)
    }
  }
}

extension Resource {
  /// Calls `body` with every node that a spec names; what is wrong on the way is left for who changes them to say.
  func visit(_ field: FieldSpec, _ body: (Node) -> Void) throws(Diagnostic) {
    do {
      try root.visit(field.path.segments[...], body)
    } catch let error as FieldError {
      throw error.diagnostic(field: field.path.text, of: self)
    } catch {
      return
    }
  }
}

extension FieldError {
  func diagnostic(field: String, of resource: Resource) -> Diagnostic {
    Diagnostic(
      "kustomize.invalid-field", "field '\(field)' of \(resource.id): \(message)",
      at: SourceLocation(file: resource.origin.file, mark: mark.isKnown ? mark : resource.origin.mark))
  }
}

extension [FieldSpec] {
  /// Adds the specs that are not covered yet.
  /// - Throws: ``FieldError`` when two specs of one field disagree about creating it.
  func merging(_ others: [FieldSpec]) throws -> [FieldSpec] {
    var result = self
    for other in others {
      let same = result.first { $0.kind.isSelected(by: other.kind) && $0.path == other.path }
      guard let same else {
        result.append(other)
        continue
      }
      if same.creates != other.creates {
        throw FieldError(
          message: "two field specs of '\(other.path)' disagree about 'create'", mark: .none)
      }
    }
    return result
  }
}
