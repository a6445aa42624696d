/// One HTTP request as a server's machine sees it: no connection, no clock.
package struct APIRequest: Sendable {
  package var method: String
  /// Percent-encoded path without the query.
  package var path: String
  package var query: QueryParameters
  package var accept: String
  package var contentType: String
  package var userAgent: String
  /// The token of an `Authorization: Bearer` header.
  package var bearerToken: String?
  /// Subject of a client certificate that the cluster's CA signed.
  package var certificateSubject: CertificateSubject?
  package var body: [UInt8]

  /// `target` is a path with an optional query, as in a request line.
  package init(
    method: String, target: String, accept: String = "", contentType: String = "", userAgent: String = "",
    bearerToken: String? = nil, certificateSubject: CertificateSubject? = nil, body: [UInt8] = []
  ) {
    self.method = method
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = String(parts[0])
    query = QueryParameters(parts.count > 1 ? String(parts[1]) : "")
    self.accept = accept
    self.contentType = contentType
    self.userAgent = userAgent
    self.bearerToken = bearerToken
    self.certificateSubject = certificateSubject
    self.body = body
  }
}

/// Who a client certificate says its bearer is: the common name is the user, organizations are groups.
package struct CertificateSubject: Sendable, Equatable {
  package var user: String
  package var groups: [String]

  package init(user: String, groups: [String]) {
    self.user = user
    self.groups = groups
  }
}

/// What the machine answers at once, or the watch it has opened.
package struct APIAnswer: Sendable {
  package var status: Int
  package var contentType: String
  package var headers: [(name: String, value: String)] = []
  package var body: [UInt8]
  /// Set when the body is a stream: chunks follow as ``WatchOutput`` until its end.
  package var watch: WatchID?

  package init(status: Int, contentType: String = "application/json", body: [UInt8] = [], watch: WatchID? = nil) {
    self.status = status
    self.contentType = contentType
    self.body = body
    self.watch = watch
  }

  static func text(_ text: String, status: Int = 200) -> APIAnswer {
    APIAnswer(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
  }

  /// What an unknown path answers.
  static let pageNotFound = text("404 page not found\n", status: 404)
}
