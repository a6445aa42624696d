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
    /// Of a definition that others may refer to.
    var name: String?
    /// False for a name that is referred to but not defined, yet.
    var isDefined = false
    var fields: [String: Field] = [:]
    /// Every other field, of types that are maps.
    var others: Field?
  }

  var types: [TypeShape] = []
  /// Names of definitions to their types.
  var names: [String: Int] = [:]
  /// Kinds without a namespace, beside those of ``ClusterScope``.
  var clusterScopedKinds: Set<GroupVersionKind> = []
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

  /// This schema with the kinds and types of `other` beside its own; for a name that both define, `other` wins, for those
  /// who refer to it here too.
  func merging(_ other: MergeSchema) -> MergeSchema {
    var result = self
    var numbers: [Int] = []
    for (number, type) in other.types.enumerated() {
      if let name = type.name, let own = result.names[name] {
        numbers.append(own)
      } else {
        numbers.append(result.types.count)
        result.types.append(TypeShape(name: type.name))
        if let name = type.name { result.names[name] = numbers[number] }
      }
    }
    func moved(_ field: Field) -> Field {
      var field = field
      field.type = field.type.map { numbers[$0] }
      return field
    }
    for (number, type) in other.types.enumerated() where type.isDefined {
      result.types[numbers[number]] = TypeShape(
        name: type.name, isDefined: true, fields: type.fields.mapValues(moved), others: type.others.map(moved))
    }
    for (apiVersion, kinds) in other.roots {
      for (kind, type) in kinds { result.roots[apiVersion, default: [:]][kind] = numbers[type] }
    }
    result.clusterScopedKinds.formUnion(other.clusterScopedKinds)
    return result
  }
}
