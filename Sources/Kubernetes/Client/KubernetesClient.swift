package import HTTPClient
package import Manifest

/// Speaks to one API server.
///
/// Every method throws ``APIError`` for what the server refuses, ``TransportError`` for what never got there, and
/// ``Failure`` where no credentials are to be had.
package struct KubernetesClient: Sendable {
  private let access: ClusterAccess
  private let transport: any Transport
  private let userAgent: String
  private let deadlines: HTTPDeadlines

  package init(
    access: ClusterAccess, transport: any Transport, userAgent: String, deadlines: HTTPDeadlines = HTTPDeadlines()
  ) {
    self.access = access
    self.transport = transport
    self.userAgent = userAgent
    self.deadlines = deadlines
  }

  package var server: String { access.server }

  /// Sends a request and reads its JSON answer.
  /// - Parameter mayQuoteSecret: keeps the server's words about values out of errors.
  package func send(_ request: APIRequest, mayQuoteSecret: Bool = false) async throws -> Node {
    let response = try await response(to: request)
    guard (200..<300).contains(response.head.status) else {
      throw APIError(
        status: response.head.status, retryAfterHeader: response.head.header("retry-after"), body: response.body,
        mayQuoteSecret: mayQuoteSecret)
    }
    do {
      return try JSON.parse(response.body)
    } catch {
      throw APIError(
        kind: .notAnAPIServer, status: response.head.status, message: "the answer is not JSON (\(error.message))")
    }
  }

  /// The answer as it is, whatever its status; 401 is tried once more with fresh credentials.
  package func response(to request: APIRequest) async throws -> HTTPResponse {
    let response = try await transport.send(httpRequest(request, lane: .request, deadlines: deadlines))
    guard response.head.status == 401, await access.credentials.refused() else { return response }
    return try await transport.send(httpRequest(request, lane: .request, deadlines: deadlines))
  }

  /// Opens a stream, such as a watch. `idle` is the longest silence in seconds.
  /// - Parameter maximumUnread: bytes that may wait unread.
  package func stream(_ request: APIRequest, idle: Double, maximumUnread: Int) async throws -> HTTPStream {
    let limits = HTTPDeadlines(
      connect: deadlines.connect, firstByte: deadlines.firstByte, idle: idle, total: nil)
    var http = try await httpRequest(request, lane: .watch, deadlines: limits)
    http.maximumBodyBytes = maximumUnread
    var stream = try await transport.stream(http)
    if stream.head.status == 401, await access.credentials.refused() {
      http = try await httpRequest(request, lane: .watch, deadlines: limits)
      http.maximumBodyBytes = maximumUnread
      stream = try await transport.stream(http)
    }
    guard stream.head.status == 200 else { throw try await refusal(stream) }
    return stream
  }

  private func refusal(_ stream: HTTPStream) async throws -> APIError {
    var body: [UInt8] = []
    for try await part in stream.body where body.count < 1 << 20 { body += part }
    return APIError(
      status: stream.head.status, retryAfterHeader: stream.head.header("retry-after"), body: body)
  }

  private func httpRequest(
    _ request: APIRequest, lane: HTTPLane, deadlines: HTTPDeadlines
  ) async throws -> HTTPRequest {
    var headers = [HTTPHeader("Accept", request.accept), HTTPHeader("User-Agent", userAgent)]
    if let type = request.contentType { headers.append(HTTPHeader("Content-Type", type)) }
    if let authorization = try await access.credentials.authorization() {
      headers.append(HTTPHeader("Authorization", authorization.reveal()))
    }
    return HTTPRequest(
      method: request.method, url: access.server + request.target, headers: headers, body: request.body,
      endpoint: access.endpoint, lane: lane, deadlines: deadlines)
  }
}
