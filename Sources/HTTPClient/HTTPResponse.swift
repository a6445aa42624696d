/// Status and headers of a response.
package struct HTTPResponseHead: Sendable {
  package var status: Int
  package var headers: [HTTPHeader]

  package init(status: Int, headers: [HTTPHeader]) {
    self.status = status
    self.headers = headers
  }

  /// The first value of a header, by a name without regard to case.
  package func header(_ name: String) -> String? {
    let name = name.lowercased()
    return headers.first { $0.name.lowercased() == name }?.value
  }
}

/// A whole response.
package struct HTTPResponse: Sendable {
  package var head: HTTPResponseHead
  package var body: [UInt8]

  package init(head: HTTPResponseHead, body: [UInt8]) {
    self.head = head
    self.body = body
  }
}

/// A response whose body is still arriving.
package struct HTTPStream: Sendable {
  package var head: HTTPResponseHead
  /// Parts of the body as they arrive. For one reader.
  package var body: HTTPStreamBody

  package init(head: HTTPResponseHead, body: HTTPStreamBody) {
    self.head = head
    self.body = body
  }
}

/// Why a transfer did not bring a response.
package enum TransportError: Error, Sendable, Equatable {
  package enum Deadline: String, Sendable { case connect, firstByte, idle, total }

  case unresolvable(host: String)
  case unreachable(reason: String)
  case tls(reason: String)
  case deadline(Deadline, seconds: Double)
  /// The connection ended before the response did.
  case disconnected(reason: String)
  case bodyTooLarge(limit: Int)
  case proxy(reason: String)
  /// Not a transfer that could be made: a bad URL, bad credentials material.
  case invalidRequest(reason: String)
  case cancelled
  case closed
}
