import HTTPClient

/// Stands where the cluster is that tests register: at `https://127.0.0.1:4`, with the uid `u1`. It takes one token.
struct WelcomingCluster: Transport {
  static let server = "https://127.0.0.1:4"
  static let token = "registered-secret"

  let next: CurlTransport

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    guard request.url == Self.server + "/api/v1/namespaces/kube-system" else { return try await next.send(request) }
    let isWelcome = request.headers.contains { $0.value == "Bearer " + Self.token }
    let body =
      isWelcome
      ? #"{"kind":"PartialObjectMetadata","metadata":{"name":"kube-system","uid":"u1"}}"#
      : #"{"kind":"Status","reason":"Unauthorized","message":"Unauthorized","code":401}"#
    return HTTPResponse(head: HTTPResponseHead(status: isWelcome ? 200 : 401, headers: []), body: Array(body.utf8))
  }

  func stream(_ request: HTTPRequest) async throws -> HTTPStream { try await next.stream(request) }

  func endStreams(like request: HTTPRequest) { next.endStreams(like: request) }
}
