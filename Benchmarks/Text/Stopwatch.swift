/// The best time of several runs.
struct Stopwatch {
  private(set) var best = Double.infinity

  mutating func measure(_ body: () throws -> Int) rethrows {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try body()
    let time = start.duration(to: clock.now)
    precondition(result > 0, "nothing was read")
    best = min(best, Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)
  }
}
