import HTTPClient
import Manifest

/// Follows one collection of one cluster over the wire: drives a ``WatchMachine``.
///
/// It needs no task while the server has nothing to say: ``advance(wake:isolation:_:)`` returns then, and is called again
/// when something came. Whoever owns it calls it from one place at a time; dropping it ends the watch.
package final class ListWatcher {
  package struct Selection: Sendable, Equatable {
    package var resource: APIResource
    /// Nil for all namespaces.
    package var namespace: String?
    package var labelSelector: String?
    package var fieldSelector: String?
    /// Metadata is enough; else whole objects.
    package var metadataOnly: Bool

    package init(
      _ resource: APIResource, namespace: String? = nil, labelSelector: String? = nil, fieldSelector: String? = nil,
      metadataOnly: Bool = true
    ) {
      self.resource = resource
      self.namespace = namespace
      self.labelSelector = labelSelector
      self.fieldSelector = fieldSelector
      self.metadataOnly = metadataOnly
    }
  }

  /// The longest event, and what may wait unread, in bytes. An object has at most 1.5 MB in etcd.
  private static let maximumLine = 8 << 20
  private static let maximumUnread = 32 << 20

  /// A watch that is open.
  private struct OpenWatch {
    var step: WatchMachine.WatchStep
    var body: HTTPStreamBody
    var lines = JSONLines(limit: ListWatcher.maximumLine)
  }

  private let client: KubernetesClient
  private let selection: Selection
  private let sleep: @Sendable (_ seconds: Double) async throws -> Void
  private var machine: WatchMachine
  private var hasStarted = false
  private var open: OpenWatch?

  package init(
    _ client: KubernetesClient, _ selection: Selection, options: WatchMachine.Options = .init(),
    seed: UInt64 = .random(in: .min ... .max),
    sleep: @escaping @Sendable (_ seconds: Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
  ) {
    self.client = client
    self.selection = selection
    self.sleep = sleep
    machine = WatchMachine(options: options, seed: seed)
  }

  /// Delivers what the collection is and how it changes, for ever; a failure of the cluster is an output, not an end.
  ///
  /// - Throws: `CancellationError`, and what `deliver` throws.
  package func run(
    isolation: isolated (any Actor)? = #isolation, _ deliver: (WatchMachine.Output) async throws -> Void
  ) async throws {
    while true {
      let (wakes, wake) = AsyncStream.makeStream(of: Void.self)
      try await advance(wake: { wake.finish() }, deliver)
      for await _ in wakes {}
      try Task.checkCancellation()
    }
  }

  /// Lists, watches and delivers until nothing can be done before the server has said more. `wake` is called once when
  /// it has, from any thread: time for the next call.
  ///
  /// - Throws: `CancellationError`, and what `deliver` throws; never to be called again after that.
  package func advance(
    wake: @escaping @Sendable () -> Void, isolation: isolated (any Actor)? = #isolation,
    _ deliver: (WatchMachine.Output) async throws -> Void
  ) async throws {
    var next: WatchMachine.Action?
    if !hasStarted {
      hasStarted = true
      next = try await take(machine.on(.start), deliver)
    }
    while true {
      try Task.checkCancellation()
      switch next {
      case .wait(let seconds):
        try await sleep(seconds)
        next = try await take(machine.on(.waited), deliver)
      case .list(let list):
        next = try await take(machine.on(try await page(list)), deliver)
      case .watch(let watch): next = try await take(machine.on(try await begin(watch)), deliver)
      case .deliver, nil:
        guard let events = try read(wake: wake) else { return }
        next = nil
        for event in events where next == nil { next = try await take(machine.on(event), deliver) }
      }
      if next != nil { open = nil }
    }
  }

  /// Delivers the outputs among `actions`.
  /// - Returns: the step among them.
  private func take(
    _ actions: [WatchMachine.Action], isolation: isolated (any Actor)? = #isolation,
    _ deliver: (WatchMachine.Output) async throws -> Void
  ) async throws -> WatchMachine.Action? {
    var step: WatchMachine.Action?
    for action in actions {
      if case .deliver(let output) = action { try await deliver(output) } else { step = action }
    }
    return step
  }

  /// Asks for one page of the list.
  private func page(
    _ step: WatchMachine.ListStep, isolation: isolated (any Actor)? = #isolation
  ) async throws -> WatchMachine.Event {
    let options = APIRequest.ListOptions(
      labelSelector: selection.labelSelector, fieldSelector: selection.fieldSelector, limit: step.limit,
      continueToken: step.continueToken)
    let request = APIRequest.list(
      selection.resource, namespace: selection.namespace, options: options, metadataOnly: selection.metadataOnly)
    do {
      return .page(try ObjectList(try await client.send(request)))
    } catch {
      return .failed(try interruption(error, nil))
    }
  }

  /// Opens a watch.
  private func begin(
    _ step: WatchMachine.WatchStep, isolation: isolated (any Actor)? = #isolation
  ) async throws -> WatchMachine.Event {
    do {
      // A bookmark that ends the initial events is waited for.
      let stream = try await client.stream(
        request(step), idle: step.silence, maximumUnread: Self.maximumUnread,
        noticePrefix: step.sendsInitialEvents ? nil : WatchEvent.bookmarkPrefix)
      open = OpenWatch(step: step, body: stream.body)
      return .opened
    } catch {
      return .failed(try interruption(error, step))
    }
  }

  /// What the open watch has said; nil when it says nothing now.
  private func read(wake: @escaping @Sendable () -> Void) throws -> [WatchMachine.Event]? {
    guard let step = open?.step else { return nil }
    do {
      switch try open?.body.read(orWake: wake) {
      case .bytes(let bytes): return try open?.lines.add(bytes).map { .event(try Self.event($0)) }
      case .end: return [.ended]
      case nil: return nil
      }
    } catch {
      return [.failed(try interruption(error, step))]
    }
  }

  private static func event(_ line: [UInt8]) throws -> WatchEvent {
    try WatchEvent(line: line, limits: TextLimits(bytes: maximumLine))
  }

  private func request(_ step: WatchMachine.WatchStep) -> APIRequest {
    APIRequest.watch(
      selection.resource, namespace: selection.namespace,
      options: APIRequest.WatchOptions(
        labelSelector: selection.labelSelector, fieldSelector: selection.fieldSelector,
        resourceVersion: step.resourceVersion, timeout: step.timeout, allowsBookmarks: step.allowsBookmarks,
        sendsInitialEvents: step.sendsInitialEvents),
      metadataOnly: selection.metadataOnly)
  }

  /// Sorts an error into what the machine knows; cancellation stays what it is.
  private func interruption(_ error: any Error, _ step: WatchMachine.WatchStep?) throws -> Interruption {
    try Task.checkCancellation()
    switch error {
    case let error as APIError: return .refused(error)
    case TransportError.cancelled: throw CancellationError()
    case TransportError.deadline(.idle, _): if let step { return .silent(seconds: step.silence) }
    case let error as TransportError: return .transport(error)
    case let error as Unreadable: return .unreadable(error)
    case let error as JSONLines.TooLong:
      return .unreadable(Unreadable(reason: "a watch event is longer than \(error.limit) bytes"))
    case let failure as Failure: return .credentials(failure)
    default: break
    }
    if let error = error as? TransportError { return .transport(error) }
    throw error
  }
}
