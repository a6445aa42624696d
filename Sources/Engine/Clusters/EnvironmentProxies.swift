import Foundation
import Glibc
import Kubernetes
import Manifest

/// The proxies that a process's environment names for connections that name none themselves.
///
/// Source: `golang.org/x/net/http/httpproxy`, by which client-go reads `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in
/// capitals or else in small letters. What never leaves this machine is never proxied.
struct EnvironmentProxies: Sendable {
  private let variables: [String: String]
  private let exceptions: ProxyExceptions

  init(_ variables: [String: String]) {
    self.variables = variables.filter { ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"].contains($0.key.uppercased()) }
    exceptions = ProxyExceptions(Self.value(of: "NO_PROXY", variables)?.value ?? "")
  }

  /// The proxy's URL; nil for a direct connection.
  /// - Throws: ``Failure`` `cluster.proxy`, which never quotes what may be a password.
  func proxy(for server: String, subject: String) throws(Failure) -> String? {
    guard let url = try? ServerURL(server), !url.isLoopback,
      let found = Self.value(of: url.isPlainHTTP ? "HTTP_PROXY" : "HTTPS_PROXY", variables)
    else { return nil }
    let port = URL(string: url.text)?.port ?? (url.isPlainHTTP ? 80 : 443)
    if exceptions.cover(host: url.host, port: port) { return nil }
    // As client-go: a bare address is that of an HTTP proxy, and both of SOCKS' spellings let the proxy resolve names.
    var text = found.value.contains("://") ? found.value : "http://" + found.value
    if text.lowercased().hasPrefix("socks5h://") { text = "socks5" + text.dropFirst("socks5h".count) }
    do {
      return try ServerURL(text, role: .proxy).text
    } catch {
      throw Failure(
        "cluster.proxy", subject: subject, stage: "connect",
        "the proxy's URL in the hub's environment (\(found.name)) \(error.words)", retry: .never)
    }
  }

  private static func value(of name: String, _ variables: [String: String]) -> (name: String, value: String)? {
    for name in [name, name.lowercased()] {
      if let value = variables[name], !value.isEmpty { return (name, value) }
    }
    return nil
  }
}

/// What `NO_PROXY` lists: `*`, addresses, networks, and domains with all that is below them, each with a port or
/// without.
struct ProxyExceptions: Sendable {
  private enum Entry: Sendable {
    case network(IPAddress, bits: Int)
    case address(IPAddress, port: Int?)
    /// `.example.org`; whether `example.org` itself is meant too.
    case domain(suffix: String, withItself: Bool, port: Int?)
  }

  private var entries: [Entry] = []
  private var coversAll = false

  init(_ text: String) {
    for part in text.split(separator: ",") {
      let word = part.trimmingCharacters(in: .whitespaces).lowercased()
      if word == "*" { coversAll = true }
      if !word.isEmpty, let entry = Self.entry(word) { entries.append(entry) }
    }
  }

  func cover(host: String, port: Int) -> Bool {
    if coversAll { return true }
    let host = host.lowercased()
    let address = IPAddress(host)
    return entries.contains { entry in
      switch entry {
      case .network(let network, let bits): address.map { $0.isIn(network, bits: bits) } ?? false
      case .address(let one, let only): address == one && (only == nil || only == port)
      case .domain(let suffix, let withItself, let only):
        (host.hasSuffix(suffix) || (withItself && host == suffix.dropFirst())) && (only == nil || only == port)
      }
    }
  }

  private static func entry(_ word: String) -> Entry? {
    if let slash = word.lastIndex(of: "/") {
      guard let network = IPAddress(String(word[..<slash])), let bits = Int(word[word.index(after: slash)...]),
        (0...network.width).contains(bits)
      else { return nil }
      return .network(network, bits: bits)
    }
    let (host, port) = split(word)
    if let address = IPAddress(host) { return .address(address, port: port) }
    let name = host.hasPrefix("*.") ? String(host.dropFirst()) : host
    if name.isEmpty || name == "." { return nil }
    return name.hasPrefix(".")
      ? .domain(suffix: name, withItself: false, port: port) : .domain(suffix: "." + name, withItself: true, port: port)
  }

  /// `host:port`, `[address]:port`, or either without its port; more than one colon without brackets is an address.
  private static func split(_ word: String) -> (host: String, port: Int?) {
    var (host, port) = (word, Int?.none)
    if let colon = word.lastIndex(of: ":"), let number = UInt16(word[word.index(after: colon)...]) {
      let before = word[..<colon]
      if !before.contains(":") || before.hasSuffix("]") { (host, port) = (String(before), Int(number)) }
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    return (host, port)
  }
}

/// An address of IPv4, written as such or within IPv6, or of IPv6.
private struct IPAddress: Sendable, Equatable {
  private static let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

  /// Four or sixteen.
  private let bytes: [UInt8]

  var width: Int { bytes.count * 8 }

  init?(_ text: String) {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      bytes = withUnsafeBytes(of: four) { Array($0) }
      return
    }
    var sixteen = in6_addr()
    guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
    let all = withUnsafeBytes(of: sixteen) { Array($0) }
    bytes = all.starts(with: Self.mapped) ? Array(all.dropFirst(Self.mapped.count)) : all
  }

  func isIn(_ network: IPAddress, bits: Int) -> Bool {
    guard bytes.count == network.bytes.count else { return false }
    for (index, (byte, other)) in zip(bytes, network.bytes).enumerated() {
      let left = bits - index * 8
      if left <= 0 { return true }
      let mask = left >= 8 ? UInt8.max : ~(UInt8.max >> UInt8(left))
      if byte & mask != other & mask { return false }
    }
    return true
  }
}
