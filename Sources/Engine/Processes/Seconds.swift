/// Seconds that do not go back.
enum Seconds {
  static var now: Double {
    let elapsed = start.duration(to: .now)
    return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
  }

  private static let start = ContinuousClock.now - .seconds(1_000)
}
