import Manifest

/// The address of a Git repository, checked once: it cannot be read as an option, a remote helper or a command.
///
/// Accepted: `https://`, `http://`, `ssh://`, `file://`, `user@host:path`, and absolute paths. User information is taken
/// out of the text, so that the address can be shown and passed as an argument.
package struct GitURL: Sendable, Hashable, CustomStringConvertible {
  package enum Transport: String, Sendable {
    case https, http, ssh, file
  }

  package let transport: Transport
  /// What `git` is given and users are shown; never a password.
  package let text: String
  /// Two addresses with the same identity name the same repository over the same transport: case of the host, default
  /// ports, a trailing `.git` or slash and HTTP user names do not count.
  package let identity: String
  /// `scheme://host[:port]`, to which credentials are confined; nil for files.
  package let origin: String?
  /// User and password that the address carried. They are used only when no other credentials are known.
  package let embedded: GitCredentials

  package var description: String { text }

  package static func == (a: GitURL, b: GitURL) -> Bool { a.identity == b.identity }
  package func hash(into hasher: inout Hasher) { hasher.combine(identity) }

  /// - Throws: ``Failure`` `git.url-invalid`, whose message does not quote user information.
  package init(_ raw: String) throws {
    guard raw.utf8.count <= 4096, !raw.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
      throw Self.invalid("is too long, or holds control characters")
    }
    var trimmed = raw[...]
    while trimmed.first == " " { trimmed.removeFirst() }
    while trimmed.last == " " { trimmed.removeLast() }
    guard !trimmed.isEmpty else { throw Self.invalid("is empty") }
    guard !trimmed.hasPrefix("-") else { throw Self.invalid("begins with '-'") }
    if trimmed.hasPrefix("/") {
      try self.init(path: String(trimmed))
    } else if let separator = trimmed.firstRange(of: "://") {
      try self.init(
        scheme: trimmed[..<separator.lowerBound].lowercased(), rest: String(trimmed[separator.upperBound...]))
    } else {
      try self.init(scp: String(trimmed))
    }
  }

  private init(
    transport: Transport, text: String, identity: String, origin: String?, embedded: GitCredentials = .none
  ) {
    self.transport = transport
    self.text = text
    self.identity = identity
    self.origin = origin
    self.embedded = embedded
  }

  private init(path: String) throws {
    self.init(
      transport: .file, text: path, identity: "file://" + Self.withoutSuffixes(path, git: false), origin: nil)
  }

  private init(scheme: String, rest: String) throws {
    guard let transport = Transport(rawValue: scheme) else {
      throw Self.invalid("has a scheme other than https, http, ssh and file")
    }
    if transport == .file {
      guard rest.hasPrefix("/") else { throw Self.invalid("is a file address with a host; write file:///path") }
      try self.init(path: rest)
      return
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let authority = try Authority(rest[..<slash])
    let path = String(rest[slash...])
    guard path.utf8.count > 1 else { throw Self.invalid("has no path") }
    guard !path.contains("?"), !path.contains("#") else { throw Self.invalid("has a query or a fragment") }
    self.init(transport: transport, authority: authority, path: path)
  }

  /// `user@host:path`, which means `ssh://user@host/path` with a path relative to the login folder.
  private init(scp text: String) throws {
    guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else {
      throw Self.invalid("is neither an address nor an absolute path")
    }
    let path = text[text.index(after: colon)...]
    guard !path.isEmpty, !path.hasPrefix(":") else { throw Self.invalid("is not an address that may be used") }
    guard !path.hasPrefix("-") else { throw Self.invalid("has a path that begins with '-'") }
    let authority = try Authority(text[..<colon])
    guard authority.password == nil else { throw Self.invalid("carries a password where ssh takes none") }
    let user = authority.user.map { $0 + "@" } ?? ""
    self.init(
      transport: .ssh, text: "\(user)\(authority.host):\(path)",
      identity: Self.identity(.ssh, user: authority.user, host: authority.host, port: nil, path: "/" + path),
      origin: "ssh://\(authority.host)")
  }

  private init(transport: Transport, authority: Authority, path: String) {
    let port = authority.port.map { ":\($0)" } ?? ""
    let isSSH = transport == .ssh
    let user = isSSH ? authority.user.map { $0 + "@" } ?? "" : ""
    let origin = "\(transport.rawValue)://\(authority.host)\(port)"
    self.init(
      transport: transport, text: "\(transport.rawValue)://\(user)\(authority.host)\(port)\(path)",
      identity: Self.identity(
        transport, user: isSSH ? authority.user : nil, host: authority.host, port: authority.port, path: path),
      origin: origin, embedded: isSSH ? .none : authority.credentials)
  }

  private static func identity(_ transport: Transport, user: String?, host: String, port: Int?, path: String) -> String
  {
    let standard: [Transport: Int] = [.https: 443, .http: 80, .ssh: 22]
    let port = port == standard[transport] ? nil : port
    let user = user.map { $0 + "@" } ?? ""
    return "\(transport.rawValue)://\(user)\(host)\(port.map { ":\($0)" } ?? "")"
      + withoutSuffixes(path.replacing("//", with: "/"), git: true)
  }

  private static func withoutSuffixes(_ path: String, git: Bool) -> String {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    if git, path.hasSuffix(".git"), path.count > 5 { path.removeLast(4) }
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return String(path)
  }

  fileprivate static func invalid(_ reason: String) -> Failure {
    Failure(
      "git.url-invalid", subject: "git repository", stage: "parse", "the address \(reason)", retry: .never)
  }
}

extension GitURL {
  /// Without port and brackets; nil for files.
  var host: String? {
    guard let origin, let separator = origin.firstRange(of: "://") else { return nil }
    var host = origin[separator.upperBound...]
    if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") { host = host[..<colon] }
    return host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : String(host)
  }

  /// Host and path in lower case without transport, port and user: what a webhook's addresses are compared by, since a
  /// server names a repository by several.
  package var webhookKey: String {
    guard let separator = identity.firstRange(of: "://") else { return identity.lowercased() }
    let rest = identity[separator.upperBound...]
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var host = rest[..<slash]
    if let at = host.lastIndex(of: "@") { host = host[host.index(after: at)...] }
    if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") { host = host[..<colon] }
    return Self.withoutSuffixes(host.lowercased() + rest[slash...].lowercased(), git: true)
  }
}

/// `[user[:password]@]host[:port]`.
private struct Authority {
  var user: String?
  var password: String?
  var host: String
  var port: Int?

  var credentials: GitCredentials {
    guard let user else { return .none }
    return .password(user: user, Redacted(password ?? ""))
  }

  init(_ text: Substring) throws {
    var hostAndPort = text
    if let at = text.lastIndex(of: "@") {
      let info = text[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      user = try Self.decoded(info.first ?? "")
      password = info.count > 1 ? try Self.decoded(info[1]) : nil
      hostAndPort = text[text.index(after: at)...]
    }
    if hostAndPort.hasPrefix("["), let end = hostAndPort.firstIndex(of: "]") {
      host = hostAndPort[...end].lowercased()
      port = try Self.port(hostAndPort[hostAndPort.index(after: end)...])
    } else {
      let colon = hostAndPort.firstIndex(of: ":") ?? hostAndPort.endIndex
      host = hostAndPort[..<colon].lowercased()
      port = try Self.port(hostAndPort[colon...])
    }
    guard !host.isEmpty, !host.hasPrefix("-"), host.utf8.allSatisfy(Self.isHostByte) else {
      throw GitURL.invalid("has no usable host name")
    }
    if let user, user.hasPrefix("-") || user.isEmpty && password == nil {
      throw GitURL.invalid("has an unusable user name")
    }
  }

  private static func port(_ text: Substring) throws -> Int? {
    guard !text.isEmpty else { return nil }
    guard text.hasPrefix(":"), let port = UInt16(text.dropFirst()), port > 0 else {
      throw GitURL.invalid("has an unusable port")
    }
    return Int(port)
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "["), UInt8(ascii: "]"),
      UInt8(ascii: ":"):
      true
    default: false
    }
  }

  /// Percent-decoding (RFC 3986 §2.1); what decodes to control characters is refused, for it would end a line of the
  /// credential protocol.
  private static func decoded(_ text: Substring) throws -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        throw GitURL.invalid("has user information that is not percent-encoded")
      }
      rest = rest.dropFirst(2)
      bytes.append(value)
    }
    guard bytes.allSatisfy({ $0 >= 0x20 }), let decoded = String(validating: bytes, as: UTF8.self) else {
      throw GitURL.invalid("has user information with control characters")
    }
    return decoded
  }
}
