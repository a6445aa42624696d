import Dispatch
import Glibc
import Synchronization

/// Threads for work that blocks or computes long, such as rendering, beside the cooperative pool, whose threads must not
/// be held up.
package final class RenderThreads: Sendable {
  /// As many threads as there are cores, two at least.
  package static let shared = RenderThreads(count: max(2, activeProcessorCount()))

  private let queues: [DispatchQueue]
  private let load: Mutex<[Int]>

  package init(count: Int) {
    queues = (0..<max(1, count)).map { DispatchQueue(label: "muster.render.\($0)") }
    load = Mutex(Array(repeating: 0, count: max(1, count)))
  }

  /// Runs `body` on the least loaded thread. Work that has begun is not cancelled; work that has not is skipped.
  package func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try Task.checkCancellation()
    let index = load.withLock { load in
      let index = load.indices.min { load[$0] < load[$1] } ?? 0
      load[index] += 1
      return index
    }
    defer { load.withLock { $0[index] -= 1 } }
    return try await withCheckedThrowingContinuation { continuation in
      queues[index].async { continuation.resume(with: Result { try body() }) }
    }
  }

  private static func activeProcessorCount() -> Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
