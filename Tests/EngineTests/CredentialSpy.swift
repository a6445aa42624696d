import Foundation
import Glibc
import Synchronization

/// A small HTTP server on loopback that plays a Git server which wants a password, and that looks, at each request, for a
/// secret among the arguments of all processes.
final class CredentialSpy: Sendable {
  struct Sight: Sendable {
    var requests: [String] = []
    var authorizations: [String] = []
    var argumentsWithSecret: [String] = []
  }

  let port: UInt16
  private let listener: Int32
  private let secret: String
  /// Where requests are sent on to; nil asks for a password instead.
  private let redirect: String?
  private let state = Mutex(Sight())

  var sight: Sight { state.withLock { $0 } }

  init(secret: String, redirect: String? = nil) throws {
    self.secret = secret
    self.redirect = redirect
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, pointer, &size) == 0
      }
    }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    guard bound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    let thread = Thread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0, let self else { return }
        self.serve(connection)
      }
    }
    thread.start()
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    var request = ""
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while !request.contains("\r\n\r\n") {
      let got = recv(connection, &buffer, buffer.count, 0)
      guard got > 0 else { return }
      request += String(decoding: buffer.prefix(got), as: UTF8.self)
    }
    note(request)
    let isKnown = request.lowercased().contains("\r\nauthorization:")
    let line =
      if let redirect { "302 Found\r\nLocation: \(redirect)\(request.split(separator: " ")[1])" } else if isKnown {
        "404 Not Found"
      } else {
        "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\""
      }
    let answer = Array("HTTP/1.1 \(line)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
    _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
  }

  private func note(_ request: String) {
    let lines = request.split(separator: "\r\n").map(String.init)
    let seen = Self.arguments().filter { $0.contains(secret) }
    state.withLock { state in
      state.requests.append(lines.first ?? "")
      state.authorizations += lines.filter { $0.lowercased().hasPrefix("authorization:") }
      state.argumentsWithSecret += seen
    }
  }

  private static func arguments() -> [String] {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return processes.filter { Int($0) != nil }.compactMap { pid in
      // Processes end while we look.
      (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline"))).map { String(decoding: $0, as: UTF8.self) }
    }
  }
}
