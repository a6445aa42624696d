import Manifest
import Synchronization

/// A base that was accumulated, and all that its build left behind.
struct AccumulatedBase: Sendable {
  var accumulation: Accumulation
  var schema: MergeSchemaState
  var warnings: [Diagnostic]
  /// Every directory with a kustomization that was read for it.
  var directories: [TreePath]
  var bytesRead: Int
  /// What was read: the base is the same in every tree that answers the same.
  var trace: FileTrace
}

/// Accumulated bases by what was read for them, shared by renders that run at once.
///
/// Bounded by the resources that it holds: when full, the half that was not used lately goes.
package final class BaseCache: Sendable {
  struct Key: Hashable {
    var directory: TreePath
    /// Of the tree: resources remember where they come from.
    var displayPrefix: String
    /// Which schema was in force before.
    var schema: Int
  }

  private struct State {
    var young: [Key: [AccumulatedBase]] = [:]
    var old: [Key: [AccumulatedBase]] = [:]
    var youngCount = 0
  }

  /// States of one directory side by side.
  private static let variants = 4

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter resources: how many are kept.
  package init(resources: Int = 50_000) { limit = max(resources, 2) }

  /// The base in a directory, when it was accumulated from the same files.
  func base(_ key: Key, in tree: any FileTree) -> AccumulatedBase? {
    let (young, old) = state.withLock { ($0.young[key] ?? [], $0.old[key] ?? []) }
    let recent = young.last { $0.trace.holds(in: tree) }
    guard let base = recent ?? old.last(where: { $0.trace.holds(in: tree) }) else { return nil }
    if recent == nil { store(base, key) }
    // Whoever records what is read must know of these reads too.
    (tree as? RecordingFileTree)?.note(base.trace)
    return base
  }

  func store(_ base: AccumulatedBase, _ key: Key) {
    let count = base.accumulation.resources.count + 1
    guard base.trace.isRepeatable, count <= limit / 2 else { return }
    state.withLock { state in
      if state.youngCount + count > limit / 2 {
        state.old = state.young
        state.young = [:]
        state.youngCount = 0
      }
      state.young[key, default: []].append(base)
      if state.young[key]?.count ?? 0 > Self.variants { state.young[key]?.removeFirst() }
      state.youngCount += count
    }
  }
}

extension Build {
  /// Accumulates the base in `directory`, or takes it from the cache.
  ///
  /// What a base comes to depends on its files alone, unless origins are recorded or an `openapi` file is in force.
  /// - Throws: ``Diagnostics``, ``Diagnostic``; what fails is not remembered.
  mutating func base(
    in directory: TreePath, of layer: Layer, _ body: (inout Build) throws -> Accumulation
  ) throws -> Accumulation {
    guard let cache = loader.bases, let schemaBefore = schema.builtInState, buildMetadata.isEmpty else {
      return try body(&self)
    }
    let key = BaseCache.Key(
      directory: directory, displayPrefix: loader.tree.displayPrefix, schema: schemaBefore)
    if let base = cache.base(key, in: loader.tree), !leadsBack(base, to: layer) { return try take(base, layer) }
    let recorder = RecordingFileTree(loader.tree)
    let outer = loader
    let before = (warnings.count, directories.count, importCount)
    loader = outer.reading(recorder)
    defer { loader = outer.counting(loader) }
    let accumulation = try body(&self)
    // What comes from elsewhere may be another thing the next time, and no trace tells.
    if importCount != before.2 { return accumulation }
    cache.store(
      AccumulatedBase(
        accumulation: accumulation, schema: schema, warnings: Array(warnings[before.0...]),
        directories: Array(directories[before.1...]), bytesRead: loader.bytesRead - outer.bytesRead,
        trace: recorder.trace), key)
    return accumulation
  }

  /// Whether a directory of the base is or contains one that leads to it: an error that its own build could not have.
  private func leadsBack(_ base: AccumulatedBase, to layer: Layer) -> Bool {
    base.directories.contains { directory in layer.path.contains { $0.isWithin(directory) } }
  }

  private mutating func take(_ base: AccumulatedBase, _ layer: Layer) throws -> Accumulation {
    schema = base.schema
    warnings += base.warnings
    directories += base.directories
    try loader.count(base.bytesRead, at: SourceLocation(file: layer.file))
    return base.accumulation
  }
}
