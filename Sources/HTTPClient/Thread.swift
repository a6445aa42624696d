import Glibc

/// A thread of the system's, for C calls that block.
final class Thread: Sendable {
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  /// Starts the thread, which nobody joins; false where the system has none left.
  func start() -> Bool {
    guard let thread = launch() else { return false }
    pthread_detach(thread)
    return true
  }

  /// Starts the thread; whoever calls must join or detach it.
  func launch() -> pthread_t? {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Thread>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, context.toOpaque())
    if code == 0 { return thread }
    context.release()
    return nil
  }
}
