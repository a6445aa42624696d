package import Manifest

/// An API server's refusal, from its `Status` (or from what stood in its place).
package struct APIError: Error, Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// 401: who we are is not accepted.
    case unauthorized
    /// 403: we may not.
    case forbidden
    /// 403 into a namespace that is being deleted.
    case namespaceTerminating
    case notFound
    case alreadyExists
    /// 409.
    case conflict
    /// 410: the version or continue token is too old.
    case expired
    /// The manifest: 400, 422, or a 500 that says so.
    case invalid
    case unsupportedMediaType
    /// 429 and 503.
    case busy
    /// The server's own trouble.
    case server
    /// Nothing that an API server would say: a proxy's page, garbage.
    case notAnAPIServer
  }

  /// One of `Status.details.causes`.
  package struct Cause: Sendable, Equatable {
    /// `FieldValueInvalid`, `FieldManagerConflict`, ….
    package var reason: String
    /// Bounded; empty for a Secret, whose values it would quote.
    package var message: String
    /// `spec.replicas`.
    package var field: String
  }

  package var kind: Kind
  package var status: Int
  /// `Status.reason`, such as `AlreadyExists`; empty where none was given.
  package var reason: String
  /// Bounded; for a Secret without the server's details, which quote values.
  package var message: String
  /// Seconds, from `Retry-After` or `Status.details`.
  package var retryAfter: Double?
  /// At most 32.
  package var causes: [Cause] = []
  /// Of a 401: the refused token had run out by our clock.
  package var credentialsExpired = false

  package init(kind: Kind, status: Int, reason: String = "", message: String, retryAfter: Double? = nil) {
    self.kind = kind
    self.status = status
    self.reason = reason
    self.message = message
    self.retryAfter = retryAfter
  }

  package var retry: Failure.Retry {
    switch kind {
    case .invalid, .unsupportedMediaType: .never
    case .busy: retryAfter.map { .after(seconds: min(max($0, 0.1), 300)) } ?? .backOff
    default: .backOff
    }
  }
}

extension APIError {
  private static let maximumMessage = 2_000

  /// A 500 whose message begins so is about the manifest that was sent, not about the server (see the recordings).
  private static let manifestMessages = ["failed to create typed patch object", "failed to convert new object"]

  /// - Parameters:
  ///   - mayQuoteSecret: the request was about a Secret, whose values a message might quote.
  ///   - now: in seconds since 1970, for a `Retry-After` that is a date.
  package init(
    status: Int, retryAfterHeader: String?, body: [UInt8], mayQuoteSecret: Bool = false,
    now: Double = WallClock.system.now()
  ) {
    let parsed = (try? JSON.parse(body, limits: TextLimits(bytes: 4 << 20)))
    guard let parsed, parsed["kind"]?.string == "Status" else {
      self.init(
        kind: Self.kind(status, reason: "", message: "", isStatus: false), status: status,
        message:
          "HTTP \(status) with \(Self.description(of: body, isJSON: parsed != nil)) in place of a Kubernetes Status",
        retryAfter: Self.seconds(retryAfterHeader, now))
      return
    }
    self.init(parsed, status: status, retryAfterHeader: retryAfterHeader, mayQuoteSecret: mayQuoteSecret, now: now)
  }

  /// From a `Status` object, such as an ERROR event of a watch carries.
  package init(
    _ object: Node, status: Int? = nil, retryAfterHeader: String? = nil, mayQuoteSecret: Bool = false,
    now: Double = WallClock.system.now()
  ) {
    let code = status ?? object["code"]?.int.flatMap { Int(exactly: $0) } ?? 500
    let reason = object["reason"]?.string ?? ""
    let full = object["message"]?.string ?? ""
    let kind = Self.kind(code, reason: reason, message: full, isStatus: true)
    let seconds = object["details"]?["retryAfterSeconds"]?.int.map(Double.init) ?? Self.seconds(retryAfterHeader, now)
    let causes = Self.causes(object, withoutMessages: mayQuoteSecret)
    var message = String(full.prefix(Self.maximumMessage))
    if mayQuoteSecret, kind == .invalid { message = Self.guarded(full, status: code, reason: reason, causes) }
    let isTerminating = causes.contains { $0.reason == "NamespaceTerminating" }
    self.init(
      kind: isTerminating && code == 403 ? .namespaceTerminating : kind, status: code, reason: reason,
      message: message, retryAfter: seconds.flatMap { $0 > 0 ? $0 : nil })
    self.causes = causes
  }

  /// From now on: the header's seconds, or until its date, which load balancers and proxies before API servers send.
  private static func seconds(_ header: String?, _ now: Double) -> Double? {
    guard let header else { return nil }
    return (Double(header) ?? HTTPDate.seconds(header).map { $0 - now }).flatMap { $0 > 0 ? $0 : nil }
  }

  private static func causes(_ object: Node, withoutMessages: Bool) -> [Cause] {
    (object["details"]?["causes"]?.sequence ?? []).prefix(32).map {
      Cause(
        reason: String(($0["reason"]?.string ?? "").prefix(100)),
        message: withoutMessages ? "" : String(($0["message"]?.string ?? "").prefix(maximumMessage)),
        field: String(($0["field"]?.string ?? "").prefix(300)))
    }
  }

  /// What may be said of a refused Secret: which fields, not which values.
  private static func guarded(_ full: String, status: Int, reason: String, _ causes: [Cause]) -> String {
    var message = "the server refuses the Secret (\(reason.isEmpty ? "HTTP \(status)" : reason))"
    let fields = causes.map(\.field).filter { !$0.isEmpty }
    if !fields.isEmpty { message += ": " + fields.prefix(8).joined(separator: ", ") }
    if full.contains("illegal base64 data") { message += ": a value under data is not base64" }
    return message
  }

  /// What stands where JSON should, without its text.
  private static func description(of body: [UInt8], isJSON: Bool) -> String {
    if body.isEmpty { return "an empty answer" }
    if isJSON { return "other JSON" }
    let start = body.prefix(256).drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    switch start.first {
    case UInt8(ascii: "<"): return "an HTML page"
    case UInt8(ascii: "{"): return "broken JSON"
    default: return "\(body.count) bytes that are not JSON"
    }
  }

  private static func kind(_ status: Int, reason: String, message: String, isStatus: Bool) -> Kind {
    switch status {
    case 400, 413, 422: return isStatus ? .invalid : .notAnAPIServer
    case 401: return .unauthorized
    case 403: return .forbidden
    case 404: return isStatus ? .notFound : .notAnAPIServer
    case 409: return reason == "AlreadyExists" ? .alreadyExists : .conflict
    case 410: return .expired
    case 406, 415: return .unsupportedMediaType
    case 429, 503: return .busy
    case 500 where manifestMessages.contains { message.hasPrefix($0) }: return .invalid
    case 500...: return .server
    default: return isStatus ? .server : .notAnAPIServer
    }
  }

  private static let immutable = ["field is immutable", "are forbidden", "may not change once set"]

  /// Whether it is refused since a field may not change.
  package var saysImmutable: Bool { kind == .invalid && Self.immutable.contains(where: message.contains) }

  /// What an ``Kind/invalid`` object is refused for, without its name.
  package var complaint: Substring {
    message.firstRange(of: " is invalid: ").map { message[$0.upperBound...] } ?? message[...]
  }

  /// The failure that the hub shows.
  package func failure(subject: String, stage: String) -> Failure {
    Failure(code, subject: subject, stage: stage, message, retry: retry)
  }

  private var code: String {
    switch kind {
    case .unauthorized: credentialsExpired ? "cluster.credentials-expired" : "cluster.unauthorized"
    case .forbidden: "cluster.forbidden"
    case .namespaceTerminating: "cluster.namespace-terminating"
    case .notFound: "cluster.not-found"
    case .alreadyExists: "cluster.already-exists"
    case .conflict: "cluster.conflict"
    case .expired: "cluster.expired"
    case .invalid: "apply.invalid"
    case .unsupportedMediaType: "cluster.unsupported"
    case .busy: "cluster.busy"
    case .server: "cluster.error"
    case .notAnAPIServer: "cluster.not-an-api-server"
    }
  }
}
