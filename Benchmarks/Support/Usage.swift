package import Glibc

/// Time and memory that a process used.
package enum Usage {
  package static func wall() -> Double { seconds(CLOCK_MONOTONIC) }

  /// User and system, all threads of this process, in seconds.
  package static func cpu() -> Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

  /// User and system, all threads of another process, in seconds; its children do not count.
  package static func cpu(of process: pid_t) -> Double {
    var clock = clockid_t()
    guard clock_getcpuclockid(process, &clock) == 0 else { return .nan }
    return seconds(clock)
  }

  /// Resident bytes of this process, or of another.
  package static func memory(of process: pid_t? = nil) -> Int {
    guard let file = fopen("/proc/\(process.map { "\($0)" } ?? "self")/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 256, file) != nil else { return 0 }
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// One run's rate and cost.
package struct Cost {
  /// Requests a second.
  package var rate: Double
  /// Milliseconds of CPU a request.
  package var cpu: Double

  package init(rate: Double, cpu: Double) {
    self.rate = rate
    self.cpu = cpu
  }
}

extension [Double] {
  /// The value below which `share` of all lie.
  package func quantile(_ share: Double) -> Double {
    guard !isEmpty else { return 0 }
    return sorted()[Swift.min(count - 1, Int(Double(count) * share))]
  }
}

extension Double {
  /// With three digits after the point.
  package var thousandths: Double { (self * 1000).rounded() / 1000 }
}
