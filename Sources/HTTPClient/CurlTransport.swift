/// ``Transport`` by libcurl: HTTP/2 multiplexed on few connections, HTTP/1.1 where a server offers no more.
package final class CurlTransport: Transport {
  private let loop: CurlLoop
  private let resolver = NameResolver()

  /// Starts the loop's thread.
  /// - Throws: ``TransportError`` when the system has no file descriptors or threads left.
  package init() throws { loop = try CurlLoop() }

  /// Ends every transfer with ``TransportError/closed``. Blocks until the loop's thread is gone.
  package func shutdown() { loop.shutdown() }

  package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let box = TransferBox()
    return try await start(request, box) { continuation in
      .whole { result in continuation.resume(with: result.mapError { $0 as any Error }) }
    }
  }

  package func stream(_ request: HTTPRequest) async throws -> HTTPStream {
    let buffer = StreamBuffer(limit: request.maximumBodyBytes)
    let box = TransferBox()
    let loop = loop
    let head: HTTPResponseHead = try await start(request, box) { continuation in
      .streamed(buffer) { result in continuation.resume(with: result.mapError { $0 as any Error }) }
    }
    let reader = StreamReader(buffer: buffer) { if let transfer = box.cancel() { loop.cancel(transfer) } }
    return HTTPStream(head: head, body: AsyncThrowingStream(unfolding: { try await reader.next() }))
  }

  /// Puts a transfer on the loop and waits for its first answer; cancellation stops it, whenever it comes.
  private func start<Answer: Sendable>(
    _ request: HTTPRequest, _ box: TransferBox,
    completion: (CheckedContinuation<Answer, any Error>) -> CurlTransfer.Completion
  ) async throws -> Answer {
    guard let host = CurlHost(url: request.url) else {
      throw TransportError.invalidRequest(reason: "not an http or https address without user info")
    }
    let resolved = try await resolve(request, host)
    let loop = loop
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let transfer = CurlTransfer(request, host: host, resolved: resolved, completion: completion(continuation))
        if box.set(transfer) { loop.start(transfer) } else { transfer.finish(.cancelled) }
      }
    } onCancel: {
      if let transfer = box.cancel() { loop.cancel(transfer) }
    }
  }

  /// The addresses of what is connected to: the proxy where there is one, else the host.
  private func resolve(_ request: HTTPRequest, _ host: CurlHost) async throws -> [CurlHost] {
    var target = host
    if let proxy = request.endpoint.proxy {
      guard let host = CurlHost(proxy: proxy.reveal()) else {
        throw TransportError.proxy(reason: "the proxy's address cannot be read")
      }
      target = host
    }
    guard !target.isAddress else { return [] }
    target.addresses = try await resolver.addresses(of: target.name, deadline: request.deadlines.connect)
    return [target]
  }
}

/// Ends the transfer when the last user of the stream is gone.
private final class StreamReader: Sendable {
  private let buffer: StreamBuffer
  private let stop: @Sendable () -> Void

  init(buffer: StreamBuffer, stop: @escaping @Sendable () -> Void) {
    self.buffer = buffer
    self.stop = stop
  }

  deinit { stop() }

  func next() async throws -> [UInt8]? {
    try await withTaskCancellationHandler {
      try await buffer.next()
    } onCancel: {
      stop()
    }
  }
}
