package import HTTPClient
package import Manifest

/// Proves to one API server who we are.
package protocol CredentialsProvider: Sendable {
  /// The value of the `Authorization` header, `Bearer …` or `Basic …`; nil where the connection itself is the proof.
  ///
  /// Cheap to call for each request: cached until it expires.
  /// - Throws: ``Failure`` `cluster.credentials-…` when there is none to be had.
  func authorization() async throws -> Redacted<String>?

  /// A client certificate that is not fixed in the endpoint, from an exec plugin.
  /// - Throws: as ``authorization()``.
  func clientCertificate() async throws -> HTTPClientCertificate?

  /// The server refused what ``authorization()`` gave with 401: forget it.
  /// - Parameter header: what was refused; when it is no longer what would be given, nothing is forgotten.
  /// - Returns: whether asking again may give another.
  func refused(_ header: Redacted<String>?) async -> Bool

  /// Access with these credentials.
  /// - Parameter way: how the server is reached, as far as that is said. Who knows more of it fills it in, and goes the same
  ///   way where it asks the server for fresh credentials.
  func access(by way: ClusterAccess) async -> ClusterAccess
}

extension CredentialsProvider {
  package func clientCertificate() async throws -> HTTPClientCertificate? { nil }

  package func access(by way: ClusterAccess) async -> ClusterAccess {
    var access = way
    access.credentials = self
    return access
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
  package func refused(_ header: Redacted<String>?) async -> Bool { false }
}

/// A bearer token from a file that others rewrite: looked at again at most once a minute, and after a refusal.
package actor TokenFileCredentials: CredentialsProvider {
  private static let interval = 60.0

  private let path: String
  private let subject: String
  private let files: LocalFiles
  private let clock: WallClock
  private var known: Redacted<String>?
  private var lookedAt = -Double.infinity

  /// - Parameter subject: what failures are about, such as `cluster edge-01`.
  package init(path: String, subject: String, files: LocalFiles = .disk, clock: WallClock = .system) {
    self.path = path
    self.subject = subject
    self.files = files
    self.clock = clock
  }

  package func authorization() throws -> Redacted<String>? {
    let now = clock.now()
    if let known, now >= lookedAt, now - lookedAt < Self.interval { return known }
    lookedAt = now
    do {
      known = Redacted("Bearer " + (try token()).reveal())
    } catch {
      // A file that is just being replaced costs nothing while the last token may still be good.
      guard known != nil else { throw error }
    }
    return known
  }

  package func refused(_ header: Redacted<String>?) -> Bool {
    if header == known { lookedAt = -.infinity }
    guard let now = try? authorization() else { return false }
    return now != header
  }

  private func token() throws(Failure) -> Redacted<String> {
    let bytes: [UInt8]
    do {
      bytes = try files.read(path, 1 << 20)
    } catch {
      throw failure("the token file '\(path)' \(error.words)")
    }
    guard let token = BearerToken.cleaned(bytes) else {
      throw failure("the token file '\(path)' holds no token that an HTTP header can carry")
    }
    return token
  }

  private func failure(_ message: String) -> Failure {
    Failure(
      "cluster.credentials-unreadable", subject: subject, stage: "authenticate", message, retry: .backOff)
  }
}
