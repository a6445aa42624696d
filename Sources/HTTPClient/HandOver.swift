import Synchronization

/// Carries one transfer from a task to the loop, and a cancellation that may come before it.
final class HandOver: Sendable {
  private enum State {
    case empty
    case started(Transfer)
    case cancelled
  }

  private let state = Mutex(State.empty)
  private let loop: CurlLoop

  init(_ loop: CurlLoop) { self.loop = loop }

  func start(_ transfer: Transfer) {
    let mayStart = state.withLock { state -> Bool in
      guard case .empty = state else { return false }
      state = .started(transfer)
      return true
    }
    if mayStart { loop.start(transfer) } else { transfer.complete(.cancelled) }
  }

  func cancel() {
    let started = state.withLock { state -> Transfer? in
      defer { state = .cancelled }
      guard case .started(let transfer) = state else { return nil }
      return transfer
    }
    if let started { loop.cancel(started) }
  }
}

/// Ends a streamed transfer when nobody holds its body any more.
final class StreamLease: Sendable {
  private let handOver: HandOver

  init(_ handOver: HandOver) { self.handOver = handOver }
  deinit { handOver.cancel() }

  func end() { handOver.cancel() }
}
