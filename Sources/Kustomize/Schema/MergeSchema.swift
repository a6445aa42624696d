import Manifest

/// What a strategic merge must know of types: which lists are merged, and by which keys.
///
/// A table of types that refer to each other by number, so that recursive types cost nothing. Built in for Kubernetes
/// 1.21 (the version that kustomize carries), or compiled from an `openapi` file.
struct MergeSchema: Sendable {
  struct Field: Sendable, Hashable {
    var isList = false
    /// Nil: the list is replaced as a whole. Empty: its elements are scalars and the lists are united.
    var mergeKeys: [String]?
    /// The type of the value, or of a list's elements.
    var type: Int?
  }

  struct TypeShape: Sendable {
    var fields: [String: Field] = [:]
    /// Every other field, of types that are maps.
    var others: Field?
  }

  var types: [TypeShape] = []
  /// `apiVersion` to kind to type.
  var roots: [String: [String: Int]] = [:]

  static let empty = MergeSchema()

  func root(apiVersion: String, kind: String) -> Field? {
    roots[apiVersion]?[kind].map { Field(type: $0) }
  }

  /// What is known of the field `name` of `parent`; nil when nothing is.
  func field(_ name: String, of parent: Field?) -> Field? {
    guard let type = parent?.type else { return nil }
    return types[type].fields[name] ?? types[type].others
  }

  func elements(of list: Field?) -> Field? {
    guard let list, list.isList else { return nil }
    return Field(type: list.type)
  }

  /// This schema with the kinds of `other` beside its own; `other` wins.
  func merging(_ other: MergeSchema) -> MergeSchema {
    var result = self
    let offset = types.count
    func moved(_ field: Field) -> Field {
      var field = field
      field.type = field.type.map { $0 + offset }
      return field
    }
    for type in other.types {
      result.types.append(TypeShape(fields: type.fields.mapValues(moved), others: type.others.map(moved)))
    }
    for (apiVersion, kinds) in other.roots {
      for (kind, type) in kinds { result.roots[apiVersion, default: [:]][kind] = type + offset }
    }
    return result
  }
}
