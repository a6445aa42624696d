/// Exponential back-off with jitter: `base · factor^n`, at most `maximum`, spread down by up to `jitter` of itself.
package struct Backoff: Sendable, Equatable {
  package var base: Double
  package var factor: Double
  package var maximum: Double
  /// 0 for none, 0.5 for "between a half and the whole".
  package var jitter: Double

  package init(base: Double = 1, factor: Double = 2, maximum: Double = 180, jitter: Double = 0.3) {
    self.base = base
    self.factor = factor
    self.maximum = maximum
    self.jitter = jitter
  }

  /// Seconds to wait after `failures` failures in a row (1 for the first); `random` is in 0 ..< 1.
  package func delay(afterFailures failures: Int, random: Double) -> Double {
    var delay = base
    for _ in 1..<max(failures, 1) {
      delay *= factor
      if delay >= maximum { break }
    }
    return min(delay, maximum) * (1 - jitter * random)
  }
}
