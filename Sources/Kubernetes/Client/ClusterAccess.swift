package import HTTPClient
package import Manifest

/// Gives the `Authorization` header of a cluster's requests.
package protocol CredentialsProvider: Sendable {
  /// The header's value, `Bearer …` or `Basic …`; nil where the connection itself proves who we are.
  ///
  /// Cheap to call for each request: cached until it expires.
  /// - Throws: ``Failure`` when there is none to be had.
  func authorization() async throws -> Redacted<String>?

  /// The server refused the last one with 401: forget it.
  /// - Returns: whether asking again may give another.
  func refused() async -> Bool
}

/// How one API server is reached, trusted, and convinced.
package struct ClusterAccess: Sendable {
  /// `https://host:port[/prefix]` without a trailing slash.
  package var server: String
  package var endpoint: HTTPEndpoint
  package var credentials: any CredentialsProvider

  package init(server: String, endpoint: HTTPEndpoint, credentials: any CredentialsProvider) {
    self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
    self.endpoint = endpoint
    self.credentials = credentials
  }
}

/// The same header, or none, for ever.
package struct StaticCredentials: CredentialsProvider {
  private let value: Redacted<String>?

  package static let none = StaticCredentials(value: nil)

  private init(value: Redacted<String>?) { self.value = value }

  package init(bearerToken: Redacted<String>) {
    value = Redacted("Bearer " + bearerToken.reveal())
  }

  package init(username: String, password: Redacted<String>) {
    value = Redacted("Basic " + Base64.encode(Array((username + ":" + password.reveal()).utf8)))
  }

  package func authorization() async throws -> Redacted<String>? { value }
  package func refused() async -> Bool { false }
}
