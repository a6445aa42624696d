/// When an Application's objects are checked although nothing tells of a change: once a day, each Application at a second
/// of the day of its own, which spreads a fleet's audits evenly (DESIGN §3.2).
package struct AuditSchedule: Sendable {
  package static let period = 86_400.0
  /// What has just been looked at, or just been started, is left in peace this long.
  package static let quiet = 3_600.0

  private var next: Double

  /// - Parameters:
  ///   - spread: any number that belongs to the Application for good.
  ///   - now: seconds since 1970.
  package init(spread: UInt64, now: Double) {
    let slot = Double(spread % UInt64(Self.period))
    next = now - now.truncatingRemainder(dividingBy: Self.period) + slot
    while next < now + Self.quiet { next += Self.period }
  }

  package func isDue(now: Double) -> Bool { now >= next }

  /// Takes in that an audit ended at `now`.
  package mutating func done(now: Double) {
    while next < now + Self.quiet { next += Self.period }
  }
}
