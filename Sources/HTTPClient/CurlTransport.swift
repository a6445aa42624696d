/// Sends HTTP/2 and HTTP/1.1 requests through libcurl, on one loop thread of its own.
///
/// Requests with equal endpoints share a few connections; long-lived streams (``HTTPLane/watch``) have others, at most 90
/// on each. No redirect is followed, nothing is taken from the environment, no cookie is kept. A request that met a
/// connection which the server had closed meanwhile is sent again on a fresh one, as long as no byte of an answer came.
package final class CurlTransport: Transport {
  private let loop: CurlLoop

  /// Starts the loop's thread.
  ///
  /// - Throws: ``TransportError/unreachable(reason:)`` where the system has no descriptors or threads left.
  package convenience init() throws { try self.init(resolver: NameResolver()) }

  /// - Parameter addressLife: seconds until a name is looked up again.
  init(resolver: NameResolver, addressLife: Double = 30) throws {
    loop = try CurlLoop(resolver: resolver, addressLife: Clock.nanoseconds(addressLife))
  }

  deinit { loop.abandon() }

  package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let handOver = HandOver(loop)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        handOver.start(Transfer(request: request, sink: .whole(continuation)))
      }
    } onCancel: {
      handOver.cancel()
    }
  }

  package func stream(_ request: HTTPRequest) async throws -> HTTPStream {
    let handOver = HandOver(loop)
    let body = StreamedBody(limit: request.maximumBodyBytes, noticePrefix: request.noticePrefix)
    let head = try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        handOver.start(Transfer(request: request, sink: .streamed(continuation, body)))
      }
    } onCancel: {
      handOver.cancel()
    }
    return HTTPStream(head: head, body: HTTPStreamBody(body, StreamLease(handOver)))
  }

  package func endStreams(like request: HTTPRequest) { loop.endStreams(like: request) }

  /// Ends what is under way with ``TransportError/closed`` and blocks until the loop's thread is gone. Later requests
  /// fail with the same.
  package func shutdown() { loop.shutdown() }
}
