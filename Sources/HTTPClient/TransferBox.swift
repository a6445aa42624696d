import Synchronization

/// Hands a transfer to whoever may cancel it, also when the cancellation comes first.
final class TransferBox: Sendable {
  private enum State {
    case empty
    case started(CurlTransfer)
    case cancelled
  }

  private let state = Mutex(State.empty)

  /// - Returns: false when it was cancelled already.
  func set(_ transfer: CurlTransfer) -> Bool {
    state.withLock { state in
      if case .cancelled = state { return false }
      state = .started(transfer)
      return true
    }
  }

  /// - Returns: what is to be stopped.
  func cancel() -> CurlTransfer? {
    state.withLock { state in
      defer { state = .cancelled }
      if case .started(let transfer) = state { return transfer }
      return nil
    }
  }
}
