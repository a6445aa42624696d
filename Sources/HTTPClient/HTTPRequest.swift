/// A header field; names compare without regard to case.
package struct HTTPHeader: Sendable, Hashable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// One request, with everything that decides how it travels.
package struct HTTPRequest: Sendable {
  package var method: String
  /// Absolute, already percent-encoded; without user info.
  package var url: String
  package var headers: [HTTPHeader]
  package var body: [UInt8]?
  package var endpoint: HTTPEndpoint
  package var lane: HTTPLane
  package var deadlines: HTTPDeadlines
  /// A body longer than this many bytes ends the transfer with ``TransportError/bodyTooLarge(limit:)``. For streams it
  /// bounds what waits unread, not the whole.
  package var maximumBodyBytes: Int
  /// Seconds that its sender has waited already, for a turn or for credentials. They count towards the deadlines that
  /// run from the request's start.
  package var waited = 0.0
  /// Of a stream: lines that begin with these bytes need not be read at once. The last one is handed out with the bytes
  /// that come next, or at the end; those before it are dropped.
  package var noticePrefix: [UInt8]?
  /// Of a stream: told whenever bytes of it arrive, notices included.
  package var hearing: HTTPHearing?

  package init(
    method: String = "GET", url: String, headers: [HTTPHeader] = [], body: [UInt8]? = nil,
    endpoint: HTTPEndpoint = .init(), lane: HTTPLane = .request, deadlines: HTTPDeadlines = .init(),
    maximumBodyBytes: Int = 64 << 20
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.endpoint = endpoint
    self.lane = lane
    self.deadlines = deadlines
    self.maximumBodyBytes = maximumBodyBytes
  }
}

/// Which connections carry a request: long-lived streams never share a connection with requests.
package enum HTTPLane: Sendable, Hashable {
  case request
  case watch
}

/// Limits in seconds; nil for none.
package struct HTTPDeadlines: Sendable, Hashable {
  /// Name, TCP and TLS.
  package var connect: Double
  /// From the request's start to the response's status line, connecting and waiting for a free stream included.
  package var firstByte: Double?
  /// The longest silence between two parts of a body.
  package var idle: Double?
  package var total: Double?

  package init(connect: Double = 10, firstByte: Double? = 30, idle: Double? = 30, total: Double? = 60) {
    self.connect = connect
    self.firstByte = firstByte
    self.idle = idle
    self.total = total
  }
}

/// How to reach and trust one server. Requests with equal endpoints share connections.
package struct HTTPEndpoint: Sendable, Hashable {
  package enum Trust: Sendable, Hashable {
    /// The system's authorities.
    case system
    /// Only these, PEM.
    case authorities(pem: [UInt8])
    /// No verification; only ever on the user's explicit word.
    case insecure
  }

  package var trust: Trust
  /// Client certificate and key, PEM.
  package var clientCertificate: HTTPClientCertificate?
  /// The name for SNI and verification where it is not the URL's host.
  package var serverName: String?
  /// `http://`, `https://` or `socks5://` proxy; user info is a secret. Nil: no proxy, and none from the environment.
  package var proxy: HTTPSecret?

  package init(
    trust: Trust = .system, clientCertificate: HTTPClientCertificate? = nil, serverName: String? = nil,
    proxy: HTTPSecret? = nil
  ) {
    self.trust = trust
    self.clientCertificate = clientCertificate
    self.serverName = serverName
    self.proxy = proxy
  }

  /// Every request looks its endpoint up, so only the sizes of the PEM texts and a few bytes of them are hashed;
  /// equality compares everything (at once where two values share their storage).
  package func hash(into hasher: inout Hasher) {
    switch trust {
    case .system: hasher.combine(0)
    case .authorities(let pem): Self.sample(pem, into: &hasher)
    case .insecure: hasher.combine(1)
    }
    if let clientCertificate { Self.sample(clientCertificate.chain, into: &hasher) }
    hasher.combine(serverName)
    hasher.combine(proxy)
  }

  private static func sample(_ pem: [UInt8], into hasher: inout Hasher) {
    hasher.combine(pem.count)
    let middle = pem[(pem.count / 2)...].prefix(32)
    for byte in middle { hasher.combine(byte) }
  }
}

/// PEM bytes of a certificate chain and its key; prints as `<redacted>`.
package struct HTTPClientCertificate: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  package var chain: [UInt8]
  package var key: [UInt8]

  package init(chain: [UInt8], key: [UInt8]) {
    self.chain = chain
    self.key = key
  }

  package var description: String { "<redacted>" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A text that prints as `<redacted>`. (`HTTPClient` does not import `Manifest`, whose `Redacted` is the same idea.)
package struct HTTPSecret: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  private let text: String
  package init(_ text: String) { self.text = text }
  package func reveal() -> String { text }
  package var description: String { "<redacted>" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
