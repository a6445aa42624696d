package import Manifest
import Synchronization

/// Parsed files by the id of their content, shared by renders that run at once.
///
/// Bounded by the bytes of the files that it holds: when full, the half that was not used lately goes.
package final class ParsedFileCache: Sendable {
  private struct Key: Hashable {
    var id: String
    var isYAML11: Bool
  }

  private struct Entry {
    var nodes: [Node]
    var bytes: Int
  }

  private struct State {
    var young: [Key: Entry] = [:]
    var old: [Key: Entry] = [:]
    var youngBytes = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter bytes: of the files whose trees are kept; the trees take about six times as much memory.
  package init(bytes: Int = 16 << 20) { limit = max(bytes, 2) }

  package func nodes(id: String, schema: YAML.Schema) -> [Node]? {
    let key = Key(id: id, isYAML11: schema == .yaml11)
    return state.withLock { state in
      if let entry = state.young[key] { return entry.nodes }
      guard let entry = state.old[key] else { return nil }
      insert(entry, key, into: &state)
      return entry.nodes
    }
  }

  package func store(_ nodes: [Node], id: String, schema: YAML.Schema, bytes: Int) {
    let entry = Entry(nodes: nodes, bytes: bytes)
    state.withLock { insert(entry, Key(id: id, isYAML11: schema == .yaml11), into: &$0) }
  }

  private func insert(_ entry: Entry, _ key: Key, into state: inout State) {
    if state.youngBytes + entry.bytes > limit / 2 {
      state.old = state.young
      state.young = [:]
      state.youngBytes = 0
    }
    guard entry.bytes <= limit / 2 else { return }
    if state.young.updateValue(entry, forKey: key) == nil { state.youngBytes += entry.bytes }
  }
}
