import Dispatch
import Glibc
import Synchronization

/// Resolves names off the loop: a name server that does not answer must freeze nobody else (DESIGN §4).
final class NameResolver: Sendable {
  private struct Known {
    var addresses: [String]
    var until: Double
  }

  private static let lifetime = 30.0
  private static let maximumNames = 4_096

  private let known = Mutex<[String: Known]>([:])
  private let queue = DispatchQueue(label: "muster.http.resolver", attributes: .concurrent)

  /// The addresses of a host; at most `deadline` seconds.
  /// - Throws: ``TransportError/unresolvable(host:)``
  func addresses(of host: String, deadline: Double) async throws -> [String] {
    if let addresses = cached(host) { return addresses }
    let answer: [String]? = await withCheckedContinuation { continuation in
      let once = Mutex<CheckedContinuation<[String]?, Never>?>(continuation)
      let answer = OnceAnswer(once)
      queue.async { answer.give(Self.lookUp(host)) }
      queue.asyncAfter(deadline: .now() + deadline) { answer.give(nil) }
    }
    guard let answer, !answer.isEmpty else { throw TransportError.unresolvable(host: host) }
    remember(host, answer)
    return answer
  }

  /// The first answer counts.
  private final class OnceAnswer: Sendable {
    private let continuation: Mutex<CheckedContinuation<[String]?, Never>?>
    init(_ continuation: consuming Mutex<CheckedContinuation<[String]?, Never>?>) { self.continuation = continuation }

    func give(_ answer: [String]?) {
      let waiting = continuation.withLock { waiting in
        defer { waiting = nil }
        return waiting
      }
      waiting?.resume(returning: answer)
    }
  }

  private func cached(_ host: String) -> [String]? {
    known.withLock { known in
      guard let entry = known[host], entry.until > MonotonicClock.now else { return nil }
      return entry.addresses
    }
  }

  private func remember(_ host: String, _ addresses: [String]) {
    known.withLock { known in
      if known.count >= Self.maximumNames { known.removeAll() }
      known[host] = Known(addresses: addresses, until: MonotonicClock.now + Self.lifetime)
    }
  }

  private static func lookUp(_ host: String) -> [String]? {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0 else { return nil }
    defer { freeaddrinfo(list) }
    var addresses: [String] = []
    var next = list
    while let info = next?.pointee {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      if getnameinfo(info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
        let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if !addresses.contains(address) { addresses.append(address) }
      }
      next = info.ai_next
    }
    return addresses
  }
}

/// Seconds that do not go back.
enum MonotonicClock {
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
