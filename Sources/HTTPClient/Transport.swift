/// Sends HTTP requests. The seam between what we ask of servers and how it travels: libcurl in production, a script of
/// faults in tests.
package protocol Transport: Sendable {
  /// Sends a request and collects its body.
  ///
  /// Cancelling the task stops the transfer.
  /// - Throws: ``TransportError``
  func send(_ request: HTTPRequest) async throws -> HTTPResponse

  /// Sends a request and hands out its body as it arrives, after status and headers are in.
  ///
  /// Ending the iteration, dropping the body or cancelling the task stops the transfer.
  /// - Throws: ``TransportError``, here or from the body's iterator.
  func stream(_ request: HTTPRequest) async throws -> HTTPStream

  /// Ends the streams that share connections with such a request, with ``TransportError/disconnected(reason:)``, since
  /// their server answers on another connection and on theirs no more. Later ones get a fresh connection.
  func endStreams(like request: HTTPRequest)
}
