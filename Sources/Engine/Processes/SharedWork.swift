import Synchronization

extension Task where Failure == any Error {
  /// The task's value, or `CancellationError` as soon as the waiting task is cancelled; this one runs on.
  func waiting() async throws -> Success {
    let race = Race<Success>()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        race.start(continuation)
        // Ends with this task, whose result it hands over.
        Task<Void, Never> { race.finish(await self.result) }
      }
    } onCancel: {
      race.finish(.failure(_Concurrency.CancellationError()))
    }
  }
}

/// Resumes one continuation with whatever comes first.
private final class Race<Success: Sendable>: Sendable {
  private enum State {
    case idle
    case waiting(CheckedContinuation<Success, any Error>)
    case finished(Result<Success, any Error>)
    case done
  }

  private let state = Mutex(State.idle)

  func start(_ continuation: CheckedContinuation<Success, any Error>) {
    let early: Result<Success, any Error>? = state.withLock { state in
      if case .finished(let result) = state {
        state = .done
        return result
      }
      state = .waiting(continuation)
      return nil
    }
    if let early { continuation.resume(with: early) }
  }

  func finish(_ result: Result<Success, any Error>) {
    let waiting: CheckedContinuation<Success, any Error>? = state.withLock { state in
      switch state {
      case .idle:
        state = .finished(result)
        return nil
      case .waiting(let continuation):
        state = .done
        return continuation
      case .finished, .done: return nil
      }
    }
    waiting?.resume(with: result)
  }
}
