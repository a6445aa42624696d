import Foundation
import Glibc
import Synchronization

/// A hub of scripted answers on loopback: what commands make of them is looked at.
final class ScriptedHub: Sendable {
  struct Answer: Sendable {
    var status: Int
    var body: String

    static func ok(_ body: String) -> Answer { Answer(status: 200, body: body) }

    static func problem(_ status: Int, _ code: String, _ message: String, hint: String = "") -> Answer {
      let hint = hint.isEmpty ? "" : #", "hint": "\#(hint)""#
      return Answer(
        status: status, body: #"{"error": {"code": "\#(code)", "message": "\#(message)"\#(hint)}}"#)
    }
  }

  private struct State {
    var answers: [String: [Answer]]
    var requests: [String] = []
  }

  private let descriptor: Int32
  private let port: UInt16
  private let state: Mutex<State>

  /// - Parameter answers: by `GET clusters`, with or without the query; each is given once, the last for ever.
  init(_ answers: [String: [Answer]]) throws {
    state = Mutex(State(answers: answers))
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isBound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        serve(connection)
        close(connection)
      }
    }
  }

  convenience init(_ answers: [String: Answer]) throws { try self.init(answers.mapValues { [$0] }) }

  func stop() {
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
  }

  var environment: [String: String] { ["MUSTER_HUB": "http://127.0.0.1:\(port)", "MUSTER_TOKEN": "t0ken"] }

  /// `POST clusters/a/override {"cordoned":true}`
  var requests: [String] { state.withLock { $0.requests } }

  private func serve(_ connection: Int32) {
    guard let (head, body) = Self.request(connection) else { return }
    let words = head.split(separator: " ").prefix(2).map(String.init)
    let key = words.joined(separator: " ").replacing(" /api/v1/", with: " ")
    let answer = state.withLock { state in
      state.requests.append(body.isEmpty ? key : key + " " + body)
      let known = state.answers[key] == nil ? key.split(separator: "?").first.map(String.init) ?? key : key
      guard let answers = state.answers[known], let first = answers.first else {
        return Answer.problem(404, "not-found", "the hub does not serve this path")
      }
      if answers.count > 1 { state.answers[known] = Array(answers.dropFirst()) }
      return first
    }
    let text =
      "HTTP/1.1 \(answer.status) Scripted\r\nContent-Type: application/json\r\n"
      + "Content-Length: \(answer.body.utf8.count)\r\nConnection: close\r\n\r\n" + answer.body
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard written > 0 else { return }
      bytes = bytes.dropFirst(written)
    }
  }

  private static func request(_ connection: Int32) -> (head: String, body: String)? {
    var bytes: [UInt8] = []
    let end = Array("\r\n\r\n".utf8)
    while true {
      if let range = bytes.firstRange(of: end) {
        let head = String(decoding: bytes[..<range.lowerBound], as: UTF8.self)
        let length = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
          .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) }
        let body = bytes[range.upperBound...]
        if body.count >= length ?? 0 { return (head, String(decoding: body, as: UTF8.self)) }
      }
      var chunk = [UInt8](repeating: 0, count: 16 << 10)
      let count = chunk.withUnsafeMutableBytes { read(connection, $0.baseAddress, $0.count) }
      guard count > 0 else { return nil }
      bytes += chunk.prefix(count)
    }
  }
}
