import Manifest

/// When and how an Application is applied (`spec.syncPolicy`).
package struct SyncPolicy: Sendable, Equatable {
  package struct Automated: Sendable, Equatable {
    package var prune = false
    package var selfHeal = false
    /// Whether automation may remove the last object.
    package var allowEmpty = false

    package init(prune: Bool = false, selfHeal: Bool = false, allowEmpty: Bool = false) {
      self.prune = prune
      self.selfHeal = selfHeal
      self.allowEmpty = allowEmpty
    }
  }

  package struct Retry: Sendable, Equatable {
    /// 0 for none, below 0 for ever.
    package var limit: Int64 = 5
    /// Seconds before the first retry.
    package var duration: Double = 5
    package var factor: Int64 = 2
    /// Seconds; 0 or less for no cap.
    package var maxDuration: Double = 180
    /// Whether a retry looks for a new revision first.
    package var refresh = false

    package init() {}
  }

  package struct NamespaceMetadata: Sendable, Equatable {
    package var labels: [String: String]
    package var annotations: [String: String]
  }

  /// Nil when syncs are manual: no block, or `enabled: false`.
  package var automated: Automated?
  /// Exact strings such as `CreateNamespace=true`, in order.
  package var syncOptions: [String] = []
  /// Nil when the manifest says nothing.
  package var retry: Retry?
  package var managedNamespaceMetadata: NamespaceMetadata?

  package init() {}

  /// Whether the option `name` is set to `value` (`true` unless said otherwise).
  package func has(_ name: String, _ value: String = "true") -> Bool { syncOptions.contains("\(name)=\(value)") }

  init(_ node: Node?) {
    guard let node else { return }
    automated = Self.automated(node["automated"])
    syncOptions = node["syncOptions"].texts
    retry = node["retry"].flatMap { $0.mapping == nil ? nil : Self.retry($0) }
    if let metadata = node["managedNamespaceMetadata"], metadata.mapping != nil {
      managedNamespaceMetadata = NamespaceMetadata(
        labels: metadata["labels"].textMembers, annotations: metadata["annotations"].textMembers)
    }
  }

  private static func automated(_ node: Node?) -> Automated? {
    guard let node, node.mapping != nil, node["enabled"]?.bool != false else { return nil }
    return Automated(
      prune: node["prune"]?.bool ?? false, selfHeal: node["selfHeal"]?.bool ?? false,
      allowEmpty: node["allowEmpty"]?.bool ?? false)
  }

  private static func retry(_ node: Node) -> Retry {
    var retry = Retry()
    retry.limit = node["limit"]?.int ?? 0
    retry.refresh = node["refresh"]?.bool ?? false
    let backoff = node["backoff"]
    if let duration = backoff?["duration"]?.string.flatMap(GoDuration.seconds) { retry.duration = duration }
    if let factor = backoff?["factor"]?.int { retry.factor = factor }
    if let longest = backoff?["maxDuration"]?.string.flatMap(GoDuration.seconds) { retry.maxDuration = longest }
    return retry
  }
}

/// Durations as Go and Argo CD write them: `1h30m`, `500ms`; a bare number counts seconds.
package enum GoDuration {
  private static let units: [(suffix: String, seconds: Double)] = [
    ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("μs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600),
  ]

  /// As much as Go's durations hold, 2^63 nanoseconds.
  private static let longest = 9_223_372_036.0

  /// Nil when `text` is no duration, or a longer one than Go has.
  package static func seconds(_ text: String) -> Double? {
    guard let seconds = Double(text) ?? sum(text), seconds.magnitude <= longest else { return nil }
    return seconds
  }

  private static func sum(_ text: String) -> Double? {
    let negative = text.hasPrefix("-")
    var rest = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
    guard !rest.isEmpty else { return nil }
    var total = 0.0
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      let unit = rest[digits.endIndex...].prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
      guard let number = Double(digits), let size = units.first(where: { $0.suffix == unit }) else { return nil }
      total += number * size.seconds
      rest = rest[unit.endIndex...]
    }
    return negative ? -total : total
  }
}

extension Node? {
  /// The texts of a list, whatever else stands in it left out; empty for anything else.
  var texts: [String] { self?.sequence?.compactMap(\.string) ?? [] }

  /// The members of a mapping that are text; empty for anything else.
  var textMembers: [String: String] {
    var texts: [String: String] = [:]
    for member in self?.mapping ?? Mapping() { texts[member.key] = member.value.string }
    return texts
  }
}
