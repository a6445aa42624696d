import Manifest

/// The schema in force during one build: the built-in one until an `openapi` file takes its place.
struct MergeSchemaState {
  private var custom: MergeSchema?
  private var usedBuiltIn = false
  private var isSettled = false

  /// The schema to merge by; from then on the built-in one stays in force beside a custom one.
  mutating func forMerge() -> MergeSchema {
    guard let custom else {
      usedBuiltIn = true
      return .kubernetes
    }
    return custom
  }

  /// A kustomization asked for the built-in one by its version.
  mutating func keepBuiltIn() { isSettled = true }

  /// The first file that sets it wins.
  mutating func replace(by schema: MergeSchema) {
    guard !isSettled else { return }
    isSettled = true
    custom = usedBuiltIn ? MergeSchema.kubernetes.merging(schema) : schema
  }
}
