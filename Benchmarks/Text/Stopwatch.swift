/// The best time of several runs.
struct Stopwatch {
  private(set) var best = Double.infinity

  /// Times `body`; giving back what it made is not counted.
  mutating func measure<Result>(_ body: () throws -> Result) rethrows {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try body()
    let time = start.duration(to: clock.now)
    withExtendedLifetime(result) {}
    best = min(best, Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)
  }
}
