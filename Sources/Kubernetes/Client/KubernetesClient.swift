package import HTTPClient
package import Manifest

/// Speaks to one API server.
///
/// Every method throws ``APIError`` for what the server refuses, ``TransportError`` for what never got there,
/// ``Unreadable`` for answers that are not what was asked for, ``Failure`` where no credentials are to be had, and
/// `CancellationError` when cancelled while it waits for its turn. ``failure(from:subject:stage:)`` turns them all into what is shown.
package struct KubernetesClient: Sendable {
  private let access: ClusterAccess
  private let transport: any Transport
  private let userAgent: String
  private var deadlines: HTTPDeadlines
  private var lane = HTTPLane.request
  private let width: RequestWidth
  private let clock: WallClock
  private let hearing = HTTPHearing()
  private var impersonatedUser: String?

  /// - Parameters:
  ///   - userAgent: `muster/VERSION`.
  ///   - deadlines: of each request; waiting for its turn and for credentials counts.
  ///   - width: how many requests may run at once on this cluster, over all copies of the client.
  package init(
    access: ClusterAccess, transport: any Transport, userAgent: String, deadlines: HTTPDeadlines = HTTPDeadlines(),
    width: Int = 64, clock: WallClock = .system
  ) {
    self.access = access
    self.transport = transport
    self.userAgent = userAgent
    self.deadlines = deadlines
    self.width = RequestWidth(width)
    self.clock = clock
  }

  package var server: String { access.server }

  /// The same client, whose requests have the rights of another user (`Impersonate-User`).
  package func impersonating(_ user: String) -> KubernetesClient {
    var client = self
    client.impersonatedUser = user
    return client
  }

  /// Sends a request and reads its JSON answer.
  /// - Parameter mayQuoteSecret: keeps the server's words about values out of errors.
  package func send(_ request: APIRequest, mayQuoteSecret: Bool = false) async throws -> Node {
    try await answer(to: request, mayQuoteSecret: mayQuoteSecret).node
  }

  /// As ``send(_:mayQuoteSecret:)``, with the head of the answer.
  func answer(to request: APIRequest, mayQuoteSecret: Bool) async throws -> (head: HTTPResponseHead, node: Node) {
    let response = try await response(to: request)
    return (response.head, try await read(response, mayQuoteSecret: mayQuoteSecret))
  }

  /// A 401 says when the token ran out, where the token that we would send says of itself that it has.
  private func explained(_ error: APIError) async -> APIError {
    guard error.kind == .unauthorized, let header = try? await access.credentials.authorization()?.reveal(),
      header.hasPrefix("Bearer "), let expiry = BearerToken.expiry(of: Redacted(String(header.dropFirst(7)))),
      expiry <= clock.now()
    else { return error }
    var error = error
    error.credentialsExpired = true
    error.message += ": the token expired" + (Timestamp.text(expiry).map { " at " + $0 } ?? "")
    return error
  }

  /// A successful answer's JSON.
  /// - Throws: ``APIError`` for every other answer.
  func read(_ response: HTTPResponse, mayQuoteSecret: Bool) async throws -> Node {
    guard (200..<300).contains(response.head.status) else {
      throw await explained(
        APIError(
          status: response.head.status, retryAfterHeader: response.head.header("retry-after"), body: response.body,
          mayQuoteSecret: mayQuoteSecret, now: clock.now()))
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
    let start = ContinuousClock.now
    return try await width.run(limit: deadlines.total) { try await unboundedResponse(to: request, since: start) }
  }

  private func unboundedResponse(
    to request: APIRequest, since start: ContinuousClock.Instant
  ) async throws -> HTTPResponse {
    let proof = try await proof()
    let response = try await transport.send(self.request(request, proof, since: start))
    guard response.head.status == 401, await access.credentials.refused(proof.authorization) else { return response }
    return try await transport.send(self.request(request, self.proof(), since: start))
  }

  private func request(_ request: APIRequest, _ proof: Proof, since start: ContinuousClock.Instant) -> HTTPRequest {
    var http = httpRequest(request, proof, lane: lane, deadlines: deadlines)
    http.waited = start.duration(to: .now) / .seconds(1)
    return http
  }

  /// Opens a stream, such as a watch. `idle` is the longest silence in seconds.
  ///
  /// Streams are not counted among the requests that may run at once.
  /// - Parameters:
  ///   - maximumUnread: bytes that may wait unread.
  ///   - noticePrefix: what lines begin with that need not be read at once (``HTTPRequest/noticePrefix``).
  package func stream(
    _ request: APIRequest, idle: Double, maximumUnread: Int, noticePrefix: [UInt8]? = nil
  ) async throws -> HTTPStream {
    let limits = HTTPDeadlines(
      connect: deadlines.connect, firstByte: deadlines.firstByte, idle: idle, total: nil)
    func open(_ proof: Proof) async throws -> HTTPStream {
      var http = httpRequest(request, proof, lane: .watch, deadlines: limits)
      http.maximumBodyBytes = maximumUnread
      http.noticePrefix = noticePrefix
      http.hearing = hearing
      return try await transport.stream(http)
    }
    let proof = try await proof()
    var stream = try await open(proof)
    if stream.head.status == 401, await access.credentials.refused(proof.authorization) {
      stream = try await open(self.proof())
    }
    guard stream.head.status == 200 else { throw try await refusal(stream) }
    return stream
  }

  /// Seconds since anything came over any of the streams, bookmarks included; nil before the first.
  package var quietSeconds: Double? { hearing.quietSeconds }

  /// Asks the server which version it is, such as `v1.36.0`.
  /// - Parameter lane: on whose connections; an answer on the streams' says that they are alive too.
  package func version(on lane: HTTPLane, deadlines: HTTPDeadlines) async throws -> String {
    var client = self
    client.deadlines = deadlines
    client.lane = lane
    return try await client.send(APIRequest(path: "/version"))["gitVersion"]?.string ?? "unknown version"
  }

  /// Breaks all streams, whose connection answers no more; who follows something begins again on a fresh one.
  package func endStreams() async throws {
    transport.endStreams(
      like: httpRequest(APIRequest(path: "/"), try await proof(), lane: .watch, deadlines: deadlines))
  }

  private func refusal(_ stream: HTTPStream) async throws -> APIError {
    var body: [UInt8] = []
    for try await part in stream.body {
      body += part
      // Enough of a refusal; leaving the loop ends the transfer.
      if body.count >= 1 << 20 { break }
    }
    return await explained(
      APIError(
        status: stream.head.status, retryAfterHeader: stream.head.header("retry-after"), body: body,
        now: clock.now()))
  }

  private func proof() async throws -> Proof {
    Proof(
      authorization: try await access.credentials.authorization(),
      certificate: try await access.credentials.clientCertificate())
  }

  private func httpRequest(
    _ request: APIRequest, _ proof: Proof, lane: HTTPLane, deadlines: HTTPDeadlines
  ) -> HTTPRequest {
    var headers = [HTTPHeader("Accept", request.accept), HTTPHeader("User-Agent", userAgent)]
    if let tag = request.ifNoneMatch { headers.append(HTTPHeader("If-None-Match", tag)) }
    if let type = request.contentType { headers.append(HTTPHeader("Content-Type", type)) }
    if let authorization = proof.authorization {
      headers.append(HTTPHeader("Authorization", authorization.reveal()))
    }
    headers += impersonatedUser.map { [HTTPHeader("Impersonate-User", $0)] } ?? access.impersonation
    var endpoint = access.currentEndpoint()
    if let certificate = proof.certificate { endpoint.clientCertificate = certificate }
    return HTTPRequest(
      method: request.method, url: access.server + request.target, headers: headers, body: request.body,
      endpoint: endpoint, lane: lane, deadlines: deadlines)
  }
}

/// What one request proves who we are with.
private struct Proof {
  var authorization: Redacted<String>?
  var certificate: HTTPClientCertificate?
}
