package import Manifest

/// An HTTP request that a generator wants answered.
package struct WebInquiry: Sendable, Hashable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  package var method: Method
  package var url: String
  /// Sent as `Authorization` or whatever ``tokenHeader`` names; nil for none.
  package var token: Redacted<String>?
  package var tokenHeader: String
  /// JSON; empty for none.
  package var body: [UInt8]
  /// Seconds for the whole exchange.
  package var deadline: Double
  package var insecureTLS: Bool
  /// Certificates, PEM, that the server's must descend from; empty for the system's.
  package var authorities: String
  /// Whose pull requests it asks for; nil where it asks for something else.
  package var pullRequestsOf: RepositoryName?

  package init(
    method: Method = .get, url: String, token: Redacted<String>? = nil, tokenHeader: String = "Authorization",
    body: [UInt8] = [], deadline: Double = 30, insecureTLS: Bool = false, authorities: String = ""
  ) {
    self.method = method
    self.url = url
    self.token = token
    self.tokenHeader = tokenHeader
    self.body = body
    self.deadline = deadline
    self.insecureTLS = insecureTLS
    self.authorities = authorities
  }
}

/// What came back, whatever its status.
package struct WebAnswer: Sendable {
  package var status: Int
  /// The `Link` header, by which some services page; empty for none.
  package var link: String
  package var body: [UInt8]

  package init(status: Int, link: String = "", body: [UInt8]) {
    self.status = status
    self.link = link
    self.body = body
  }
}
