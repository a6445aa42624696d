import Manifest

/// The schema in force during one build: the built-in one until an `openapi` file takes its place.
///
/// Kustomize keeps one schema for the whole process and fills it when it is first needed, so what is in force depends on
/// the order of events: a custom schema that is there before anything was looked up is alone in force; after a merge it
/// is put over the built-in one; after a kind that kustomize has no scope for was seen, the built-in one is put over it.
struct MergeSchemaState {
  private enum BuiltIn { case unused, delayed, parsed }

  private var current = MergeSchema()
  private var custom: MergeSchema?
  private var builtIn = BuiltIn.unused
  private var isParsed = false
  private var isSettled = false

  /// What a base's outcome depends on, while no `openapi` file is in force; else nil.
  var builtInState: Int? {
    guard custom == nil, !isSettled else { return nil }
    switch builtIn {
    case .unused: return 0
    case .delayed: return 1
    case .parsed: return 2
    }
  }

  /// The schema to merge by.
  mutating func forMerge() -> MergeSchema {
    parse()
    return current
  }

  /// The kinds that a custom schema says have no namespace.
  var clusterScopedKinds: Set<GroupVersionKind> { isParsed ? current.clusterScopedKinds : [] }

  /// Notes that the scope of a kind is asked for.
  mutating func look(up gvk: GroupVersionKind) {
    if isParsed || ClusterScope.isKnown(gvk) { return }
    if custom != nil {
      parse()
    } else if builtIn == .unused {
      builtIn = .delayed
    }
  }

  /// A kustomization asked for the built-in one by its version.
  mutating func keepBuiltIn() { isSettled = true }

  /// The first file that sets it wins.
  mutating func replace(by schema: MergeSchema) {
    guard !isSettled else { return }
    isSettled = true
    custom = schema
    isParsed = false
  }

  private mutating func parse() {
    if isParsed { return }
    isParsed = true
    if let custom {
      current = current.merging(custom)
    } else {
      addBuiltIn()
    }
    if builtIn == .delayed { addBuiltIn() }
  }

  private mutating func addBuiltIn() {
    current = current.types.isEmpty ? .kubernetes : current.merging(.kubernetes)
    builtIn = .parsed
  }
}
