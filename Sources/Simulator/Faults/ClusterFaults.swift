/// What is wrong with one cluster, on demand.
package struct ClusterFaults: Sendable, Equatable {
  package enum Outage: String, Sendable {
    /// Connections are refused, open ones are cut.
    case refuse
    /// Connections are made and then nothing is ever read or answered; open ones are cut.
    case blackHole = "blackhole"
  }

  /// An HTTP status that is answered instead of doing anything.
  package struct InjectedStatus: Sendable, Equatable {
    package var code: Int
    /// Seconds for `Retry-After`; none without.
    package var retryAfter: Int?
    /// How many more requests get it; nil for all.
    package var remaining: Int?

    package init(code: Int, retryAfter: Int? = nil, remaining: Int? = nil) {
      self.code = code
      self.retryAfter = retryAfter
      self.remaining = remaining
    }
  }

  /// Every answer comes this much later.
  package var latency: Duration = .zero
  package var outage: Outage?
  package var status: InjectedStatus?
  /// Answers are 200 with bytes that are no JSON.
  package var sendsGarbage = false
  /// Nothing is read, answered or moved, connections stay: as a stopped process.
  package var isFrozen = false
  /// Images with one of these in their name can not be pulled, beside those of the options.
  package var brokenImages: [String] = []
  /// Containers whose image has one of these in its name end with an error, where they end at all: those of Jobs.
  package var failingImages: [String] = []
  /// What a mutating webhook does to what is written.
  package var mutations: [MutatingAdmission] = []

  package init() {}

  package static let none = ClusterFaults()
}

extension ClusterFaults.InjectedStatus {
  /// The refusal in the server's words.
  var error: StatusError {
    switch code {
    case 429:
      StatusError(
        code: 429, reason: "TooManyRequests",
        message: "the server has received too many requests and has asked us to try again later",
        details: .init(retryAfterSeconds: retryAfter ?? 0))
    case 503:
      StatusError(
        code: 503, reason: "ServiceUnavailable", message: "the server is currently unable to handle the request",
        details: .init(retryAfterSeconds: retryAfter ?? 0))
    case 401: .unauthorized
    default:
      StatusError(
        code: code, reason: code >= 500 ? "InternalError" : "Unknown", message: "an error on the server was injected",
        details: .init(retryAfterSeconds: retryAfter ?? 0))
    }
  }
}
