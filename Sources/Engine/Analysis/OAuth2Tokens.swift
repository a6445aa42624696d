import Crypto
import Fleet
import HTTPClient
import Kubernetes
import Manifest

/// Tokens by client credentials (RFC 6749, section 4.4), kept until shortly before they expire.
actor OAuth2Tokens {
  private struct Key: Hashable {
    var url: String
    var client: String
    var scopes: [String]
    /// Of the secret, which is not kept.
    var digest: [UInt8]
  }

  private struct Entry {
    var token: Redacted<String>
    var expiresAt: Double
  }

  private static let maximumEntries = 1000
  private static let margin = 10.0

  private let clock: WallClock
  private var entries: [Key: Entry] = [:]

  init(clock: WallClock) { self.clock = clock }

  /// - Throws: ``MetricFailure``
  func token(
    _ client: MetricAuthentication.OAuth2, endpoint: HTTPEndpoint, timeout: Double, transport: any Transport
  ) async throws -> Redacted<String> {
    let secret = client.clientSecret.reveal()
    guard !client.clientID.isEmpty, !secret.isEmpty else {
      throw MetricFailure("missing mandatory parameter in metric for OAuth2 setup: clientId and clientSecret")
    }
    let key = Key(
      url: client.tokenURL, client: client.clientID, scopes: client.scopes,
      digest: Array(SHA256.hash(data: Array(secret.utf8))))
    if let entry = entries[key], entry.expiresAt > clock.now() { return entry.token }
    let entry = try await Self.fetch(client, endpoint, timeout, transport, now: clock.now())
    if entries.count >= Self.maximumEntries { entries.removeAll() }
    entries[key] = entry
    return entry.token
  }

  /// The secret goes into a header; servers that refuse it there get it in the form.
  private static func fetch(
    _ client: MetricAuthentication.OAuth2, _ endpoint: HTTPEndpoint, _ timeout: Double, _ transport: any Transport,
    now: Double
  ) async throws -> Entry {
    let address = try MetricAddress(client.tokenURL)
    var form = "grant_type=client_credentials"
    if !client.scopes.isEmpty { form += "&scope=" + PercentEncoding.query(client.scopes.joined(separator: " ")) }
    let id = PercentEncoding.query(client.clientID)
    let secret = PercentEncoding.query(client.clientSecret.reveal())
    var response = HTTPResponse(head: HTTPResponseHead(status: 0, headers: []), body: [])
    for isInForm in [false, true] {
      var headers = [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")]
      if !isInForm {
        headers.append(HTTPHeader("Authorization", "Basic " + Base64.encode(Array("\(id):\(secret)".utf8))))
      }
      let body = isInForm ? form + "&client_id=\(id)&client_secret=\(secret)" : form
      response = try await MetricRequests.send(
        HTTPRequest(
          method: "POST", url: address.url, headers: headers, body: Array(body.utf8), endpoint: endpoint,
          deadlines: MetricRequests.deadlines(timeout), maximumBodyBytes: 1 << 20), by: transport)
      if (200..<300).contains(response.head.status) { break }
    }
    guard (200..<300).contains(response.head.status) else {
      throw MetricFailure("the token was refused with status \(response.head.status)")
    }
    let answer = (try? JSON.parse(response.body)) ?? .null
    guard let token = answer["access_token"]?.string, !token.isEmpty else {
      throw MetricFailure("the answer to the request for a token holds none")
    }
    let lifetime = answer["expires_in"]?.int.map(Double.init) ?? 0
    return Entry(token: Redacted(token), expiresAt: now + lifetime - margin)
  }
}
