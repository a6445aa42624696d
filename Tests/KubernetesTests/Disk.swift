import Kubernetes
import Synchronization

/// Files that a test replaces, and a clock that it moves.
final class Disk: Sendable {
  private struct State {
    var contents: [String: String] = [:]
    var changes = 0
    var reads = 0
    var time = 1_000.0
  }

  private let state = Mutex(State())

  var reads: Int { state.withLock { $0.reads } }
  var environment: AccessEnvironment {
    let files = LocalFiles(
      read: { [self] (path, _) throws(LocalFiles.Problem) in
        let text = state.withLock { state in
          state.reads += 1
          return state.contents[path]
        }
        guard let text else { throw .missing }
        return Array(text.utf8)
      },
      stamp: { [self] path in
        state.withLock { state in
          state.contents[path].map { LocalFiles.Stamp(bytes: $0.utf8.count, seconds: state.changes) }
        }
      })
    return AccessEnvironment(files: files, clock: WallClock { [self] in state.withLock { $0.time } })
  }

  /// Replaces files; nil removes one.
  func write(_ files: [String: String?]) {
    state.withLock { state in
      state.changes += 1
      for (path, text) in files { state.contents[path] = text }
    }
  }

  func wait(_ seconds: Double) { state.withLock { $0.time += seconds } }
}
