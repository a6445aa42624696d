/// How well an object, or an Application, is.
package enum Health: String, Sendable, CaseIterable, Comparable {
  case healthy = "Healthy"
  case suspended = "Suspended"
  case progressing = "Progressing"
  case missing = "Missing"
  case degraded = "Degraded"
  case unknown = "Unknown"

  /// From the best to the worst, as Argo CD ranks them.
  package static func < (a: Health, b: Health) -> Bool { a.rank < b.rank }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// A health, and why.
package struct HealthReport: Sendable, Equatable {
  package var health: Health
  package var message: String

  package init(_ health: Health, _ message: String = "") {
    self.health = health
    self.message = message
  }
}
