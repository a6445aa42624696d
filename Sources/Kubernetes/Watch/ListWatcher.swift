import HTTPClient
import Manifest

/// Follows one collection of one cluster over the wire: drives a ``WatchMachine``.
package struct ListWatcher: Sendable {
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

  private let client: KubernetesClient
  private let selection: Selection
  private let options: WatchMachine.Options
  private let sleep: @Sendable (_ seconds: Double) async throws -> Void

  package init(
    _ client: KubernetesClient, _ selection: Selection, options: WatchMachine.Options = .init(),
    sleep: @escaping @Sendable (_ seconds: Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
  ) {
    self.client = client
    self.selection = selection
    self.options = options
    self.sleep = sleep
  }

  /// Delivers what the collection is and how it changes, for ever; a failure of the cluster is an output, not an end.
  ///
  /// The next event is read when `deliver` has returned.
  /// - Throws: `CancellationError`, and what `deliver` throws.
  package func run(
    seed: UInt64 = .random(in: .min ... .max), isolation: isolated (any Actor)? = #isolation,
    _ deliver: (WatchMachine.Output) async throws -> Void
  ) async throws {
    var machine = WatchMachine(options: options, seed: seed)
    var step = try await take(machine.on(.start), deliver)
    while let next = step {
      try Task.checkCancellation()
      switch next {
      case .deliver: return
      case .wait(let seconds):
        try await sleep(seconds)
        step = try await take(machine.on(.waited), deliver)
      case .list(let list):
        let event = try await outcome(of: { .page(try await page(list)) })
        step = try await take(machine.on(event), deliver)
      case .watch(let watch):
        step = try await follow(watch, &machine, deliver)
      }
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

  private func page(_ step: WatchMachine.ListStep) async throws -> ObjectList {
    let options = APIRequest.ListOptions(
      labelSelector: selection.labelSelector, fieldSelector: selection.fieldSelector, limit: step.limit,
      continueToken: step.continueToken)
    let request = APIRequest.list(
      selection.resource, namespace: selection.namespace, options: options, metadataOnly: selection.metadataOnly)
    return try ObjectList(try await client.send(request))
  }

  /// Reads one watch to its end.
  private func follow(
    _ step: WatchMachine.WatchStep, _ machine: inout WatchMachine, isolation: isolated (any Actor)? = #isolation,
    _ deliver: (WatchMachine.Output) async throws -> Void
  ) async throws -> WatchMachine.Action? {
    let opened: HTTPStream
    do {
      opened = try await client.stream(request(step), idle: step.silence, maximumUnread: Self.maximumUnread)
    } catch {
      return try await take(machine.on(.failed(try interruption(error, step))), deliver)
    }
    if let next = try await take(machine.on(.opened), deliver) { return next }
    var lines = JSONLines(limit: Self.maximumLine)
    var parts = opened.body.makeAsyncIterator()
    while true {
      let events: [WatchEvent]
      do {
        guard let part = try await parts.next(isolation: isolation) else {
          try Task.checkCancellation()
          return try await take(machine.on(.ended), deliver)
        }
        events = try read(part, &lines)
      } catch {
        return try await take(machine.on(.failed(try interruption(error, step))), deliver)
      }
      for event in events {
        if let next = try await take(machine.on(.event(event)), deliver) { return next }
      }
    }
  }

  private func read(_ part: [UInt8], _ lines: inout JSONLines) throws -> [WatchEvent] {
    var events: [WatchEvent] = []
    for line in try lines.add(part) {
      events.append(try WatchEvent(line: line, limits: TextLimits(bytes: Self.maximumLine)))
    }
    return events
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

  private func outcome(of work: () async throws -> WatchMachine.Event) async throws -> WatchMachine.Event {
    do {
      return try await work()
    } catch {
      return .failed(try interruption(error, nil))
    }
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
