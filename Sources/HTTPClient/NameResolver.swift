import Glibc
import Synchronization

/// Looks host names up by `getaddrinfo` on threads of its own, since one silent name server would hold the loop up.
///
/// At most ``width`` look-ups run at once; one name is looked up once for all who ask meanwhile. The deadline is the
/// asking transfer's; a look-up that takes longer goes on for nobody.
final class NameResolver: Sendable {
  typealias Answer = @Sendable (Result<[String], TransportError>) -> Void

  private struct State {
    var asking: [String: [Answer]] = [:]
    var queue: [String] = []
    var running = 0
  }

  private static let width = 16
  /// Addresses of one name that are handed over.
  private static let maximumAddresses = 8

  private let state = Mutex(State())
  private let lookUp: @Sendable (String) -> Result<[String], TransportError>

  /// - Parameter lookUp: the blocking look-up.
  init(lookUp: @escaping @Sendable (String) -> Result<[String], TransportError> = NameResolver.systemLookUp) {
    self.lookUp = lookUp
  }

  /// False for addresses, and for `localhost`, which libcurl answers itself (RFC 6761 §6.3).
  static func needsResolving(_ host: String) -> Bool {
    if host.lowercased() == "localhost" || host.lowercased().hasSuffix(".localhost") { return false }
    if host.contains(":") { return false }
    var address = in_addr()
    return inet_pton(AF_INET, host, &address) != 1
  }

  func resolve(_ host: String, _ answer: @escaping Answer) {
    let mayRun = state.withLock { state -> Bool in
      if state.asking[host] != nil {
        state.asking[host]?.append(answer)
        return false
      }
      state.asking[host] = [answer]
      state.queue.append(host)
      guard state.running < Self.width else { return false }
      state.running += 1
      return true
    }
    if mayRun { startWorker() }
  }

  private func startWorker() {
    let thread = Thread { self.work() }
    if !thread.start() {
      state.withLock { $0.running -= 1 }
      answerAll { .failure(.unresolvable(host: $0)) }
    }
  }

  private func work() {
    while let host = takeNext() {
      let result = lookUp(host)
      let answers = state.withLock { $0.asking.removeValue(forKey: host) ?? [] }
      for answer in answers { answer(result) }
    }
  }

  private func takeNext() -> String? {
    state.withLock { state in
      guard !state.queue.isEmpty else {
        state.running -= 1
        return nil
      }
      return state.queue.removeFirst()
    }
  }

  private func answerAll(_ result: (String) -> Result<[String], TransportError>) {
    let asked = state.withLock { state in
      defer { state.queue = [] }
      return state.queue.map { ($0, state.asking.removeValue(forKey: $0) ?? []) }
    }
    for (host, answers) in asked {
      for answer in answers { answer(result(host)) }
    }
  }

  static func systemLookUp(_ host: String) -> Result<[String], TransportError> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &found) == 0 else { return .failure(.unresolvable(host: host)) }
    defer { freeaddrinfo(found) }
    var addresses: [String] = []
    var next = found
    while let entry = next?.pointee, addresses.count < maximumAddresses {
      if let text = numeric(entry), !addresses.contains(text) { addresses.append(text) }
      next = entry.ai_next
    }
    return addresses.isEmpty ? .failure(.unresolvable(host: host)) : .success(addresses)
  }

  private static func numeric(_ entry: addrinfo) -> String? {
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let code = getnameinfo(
      entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    guard code == 0 else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
