import Foundation
import Glibc

/// Processor time of this process or of its children, and time on the clock, in milliseconds.
struct Measure {
  var processor = 0.0
  var wall = 0.0

  static func processor(of who: __rusage_who) -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(truncatingIfNeeded: who.rawValue), &usage)
    func milliseconds(_ time: timeval) -> Double { Double(time.tv_sec) * 1_000 + Double(time.tv_usec) / 1_000 }
    return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)
  }

  static func of(_ who: __rusage_who = RUSAGE_SELF, _ body: () async throws -> Void) async rethrows -> Measure {
    let before = processor(of: who)
    let start = ContinuousClock.now
    try await body()
    let wall = (ContinuousClock.now - start) / .milliseconds(1)
    return Measure(processor: processor(of: who) - before, wall: wall)
  }

  var text: String { String(format: "%.1f ms of a processor, %.1f ms on the clock", processor, wall) }
}
