import Glibc

/// An address where connecting never ends: a listener that accepts nothing, its queue full.
final class SilentAddress: Sendable {
  let url: String
  private let server: RawServer
  private let fillers: [Int32]

  init() throws {
    server = try RawServer(accepts: false, backlog: 0) { _ in }
    url = server.url
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = in_port_t(server.port).bigEndian
    fillers = (0..<4).map { _ in
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
          _ = connect(descriptor, raw, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      return descriptor
    }
  }

  /// To be called at the end, which also keeps the listener until then.
  func close() {
    for descriptor in fillers { Glibc.close(descriptor) }
    server.close()
  }
}
