import Glibc
import Synchronization

/// A server on loopback that says byte for byte what a test wants, each connection on a thread of its own.
final class RawServer: Sendable {
  let port: Int
  private let listener: Int32
  private let state = Mutex<[Int32]>([])
  private let isOpen = Mutex(true)
  private let handler: @Sendable (RawConnection) -> Void

  /// - Parameter accepts: false leaves connections in the kernel's queue.
  init(accepts: Bool = true, backlog: Int32 = 512, _ handler: @escaping @Sendable (RawConnection) -> Void) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        bind(descriptor, raw, length) == 0 && listen(descriptor, backlog) == 0
          && getsockname(descriptor, raw, &length) == 0
      }
    }
    guard code else { throw ServerError.cannotListen }
    listener = descriptor
    port = Int(UInt16(bigEndian: address.sin_port))
    self.handler = handler
    guard accepts else { return }
    Self.thread { [self] in
      while true {
        let connection = accept(listener, nil, nil)
        if connection < 0 { return }
        state.withLock { $0.append(connection) }
        Self.thread { [handler] in
          handler(RawConnection(descriptor: connection))
          Glibc.shutdown(connection, Int32(SHUT_RDWR))
        }
      }
    }
  }

  /// Connections that came.
  var accepted: Int { state.withLock { $0.count } }
  var url: String { "http://127.0.0.1:\(port)" }

  func stop() {
    guard isOpen.withLock({ $0 }) else { return }
    Glibc.shutdown(listener, Int32(SHUT_RDWR))
    state.withLock { connections in
      for connection in connections { Glibc.shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  /// Lets the port go.
  func close() {
    stop()
    // Once: the number may be another socket's by now.
    if isOpen.withLock({ isOpen in
      defer { isOpen = false }
      return isOpen
    }) {
      Glibc.close(listener)
    }
  }

  private static func thread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
        return nil
      }, Unmanaged.passRetained(Box(body)).toOpaque())
    pthread_detach(thread)
  }
}

enum ServerError: Error { case cannotListen, badCertificate }

/// One connection of a ``RawServer``; blocking.
struct RawConnection: Sendable {
  let descriptor: Int32

  struct Request {
    var head: String
    var body: [UInt8]
    var line: String { String(head.prefix { $0 != "\r\n" }) }
  }

  /// Reads one request; nil at the end of the connection.
  func request() -> Request? {
    var head: [UInt8] = []
    while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
      guard let byte = bytes(1)?.first else { return nil }
      head.append(byte)
    }
    let text = String(decoding: head, as: UTF8.self)
    var length = 0
    for line in text.split(separator: "\r\n") where line.lowercased().hasPrefix("content-length:") {
      length = Int(line.dropFirst(15).filter { $0 != " " }) ?? 0
    }
    guard let body = bytes(length) else { return nil }
    return Request(head: text, body: body)
  }

  func bytes(_ count: Int) -> [UInt8]? {
    var result = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = result.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress?.advanced(by: done), count - done, 0) }
      if got <= 0 { return nil }
      done += got
    }
    return result
  }

  func write(_ text: String) { write(Array(text.utf8)) }

  func write(_ bytes: [UInt8]) {
    var done = 0
    while done < bytes.count {
      let sent = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done, Int32(MSG_NOSIGNAL))
      }
      if sent <= 0 { return }
      done += sent
    }
  }

  func answer(_ body: String, status: String = "200 OK") {
    write("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
  }

  /// Returns when the peer has closed.
  func waitForClose() {
    while bytes(1) != nil { continue }
  }
}

/// A flag that a server sets and a test awaits.
final class Signal: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() { (stream, continuation) = AsyncStream.makeStream() }

  func fire() { continuation.yield() }
  func wait() async { for await _ in stream { return } }
}

/// Values that a server's threads collect.
final class Collected<Value: Sendable>: Sendable {
  private let values = Mutex<[Value]>([])
  func add(_ value: Value) { values.withLock { $0.append(value) } }
  var all: [Value] { values.withLock { $0 } }
}
