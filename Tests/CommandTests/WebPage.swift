import Foundation
import Glibc

/// A web server on loopback that answers every request with the same: what may stand where a hub should.
final class WebPage: @unchecked Sendable {
  let url: String
  private let socket: Int32
  private let answer: [UInt8]
  private let lock = NSLock()
  private var heard: [String] = []

  struct NoSocket: Error {}

  init(status: Int, type: String, _ body: String) throws {
    let head =
      "HTTP/1.1 \(status) X\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
    answer = Array((head + body).utf8)
    let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    socket = listener
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port: UInt16? = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard bind(listener, address, length) == 0, listen(listener, 16) == 0,
          getsockname(listener, address, &length) == 0
        else { return nil }
        return pointer.pointee.sin_port.bigEndian
      }
    }
    guard let port else { throw NoSocket() }
    url = "http://127.0.0.1:\(port)"
    Thread.detachNewThread { [self] in serve() }
  }

  /// The first line of every request so far.
  var requests: [String] { lock.withLock { heard } }

  func close() { shutdown(socket, Int32(SHUT_RDWR)) }

  private func serve() {
    while true {
      let connection = accept(socket, nil, nil)
      guard connection >= 0 else { break }
      var request: [UInt8] = []
      var part = [UInt8](repeating: 0, count: 65_536)
      while request.count < 1 << 20, !String(decoding: request, as: UTF8.self).contains("\r\n\r\n") {
        let count = recv(connection, &part, part.count, 0)
        if count <= 0 { break }
        request += part[..<count]
      }
      let line = String(decoding: request, as: UTF8.self).prefix { $0 != "\r\n" && $0 != "\r" }
      lock.withLock { heard.append(String(line)) }
      _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
      Glibc.shutdown(connection, Int32(SHUT_WR))
      while recv(connection, &part, part.count, 0) > 0 {}
      Glibc.close(connection)
    }
    Glibc.close(socket)
  }
}
