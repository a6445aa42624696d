import HTTPClient
import Synchronization

/// Lets a bounded number of operations run at once; the others wait in the order they came.
package final class RequestWidth: Sendable {
  // A class, since the waiters of all copies of a client share one count.
  private struct State {
    var free: Int
    var nextTicket: UInt64 = 0
    /// In the order of their tickets; a cancelled waiter leaves its ticket unanswered.
    var waiters: [(ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    var cancelled: Set<UInt64> = []
  }

  private let state: Mutex<State>

  package init(_ width: Int) { state = Mutex(State(free: max(1, width))) }

  /// Runs `operation` when its turn has come.
  ///
  /// - Parameter limit: seconds that it may wait for its turn; nil for any time.
  /// - Throws: `CancellationError` when cancelled while waiting, ``TransportError/deadline(_:seconds:)`` (total) when its
  ///   turn did not come in time, and what `operation` throws.
  package func run<Answer>(
    limit: Double? = nil, isolation: isolated (any Actor)? = #isolation, _ operation: () async throws -> Answer
  ) async throws -> Answer {
    try await enter(limit)
    defer { leave() }
    return try await operation()
  }

  private func enter(_ limit: Double?) async throws {
    let ticket: UInt64? = state.withLock { state in
      if state.free > 0 {
        state.free -= 1
        return nil
      }
      state.nextTicket += 1
      return state.nextTicket
    }
    guard let ticket else { return }
    let isMine = await turn(ticket, limit)
    state.withLock { _ = $0.cancelled.remove(ticket) }
    if isMine { return }
    guard let limit, !Task.isCancelled else { throw CancellationError() }
    throw TransportError.deadline(.total, seconds: limit)
  }

  /// Whether the ticket's turn came; false when it was given up, by the caller's cancellation or by the alarm. Both
  /// are over when this returns.
  private func turn(_ ticket: UInt64, _ limit: Double?) async -> Bool {
    async let _: Void = giveUp(ticket, after: limit)
    let isMine = await withTaskCancellationHandler {
      await withCheckedContinuation { wait(ticket, $0) }
    } onCancel: {
      cancel(ticket)
    }
    return isMine
  }

  private func giveUp(_ ticket: UInt64, after limit: Double?) async {
    guard let limit, (try? await Task.sleep(for: .seconds(max(0, limit)))) != nil else { return }
    cancel(ticket)
  }

  private func wait(_ ticket: UInt64, _ continuation: CheckedContinuation<Bool, Never>) {
    let answer: Bool? = state.withLock { state in
      if state.cancelled.remove(ticket) != nil { return false }
      if state.free > 0 {
        state.free -= 1
        return true
      }
      state.waiters.append((ticket, continuation))
      return nil
    }
    if let answer { continuation.resume(returning: answer) }
  }

  private func cancel(_ ticket: UInt64) {
    let waiter = state.withLock { state in
      guard let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) else {
        // Not waiting yet, or served already; `enter` clears what is left of it.
        state.cancelled.insert(ticket)
        return nil as CheckedContinuation<Bool, Never>?
      }
      return state.waiters.remove(at: index).continuation
    }
    waiter?.resume(returning: false)
  }

  private func leave() {
    let next = state.withLock { state in
      guard !state.waiters.isEmpty else {
        state.free += 1
        return nil as CheckedContinuation<Bool, Never>?
      }
      return state.waiters.removeFirst().continuation
    }
    next?.resume(returning: true)
  }
}
