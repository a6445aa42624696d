import NIOCore
import NIOHTTP1

/// Writes numbered lines, each in a frame of its own, a few in each turn of the event loop.
struct LineScript: Sendable {
  private let count: Int
  private let isCut: Bool

  /// Nil for a path that asks for something else.
  init?(_ path: String) {
    let words = path.split(separator: "/")
    guard words.count >= 2, words[0] == "lines" || words[0] == "cut", let count = Int(words[1]) else { return nil }
    self.count = count
    isCut = words[0] == "cut"
  }

  /// What the client must have in the end.
  static func text(_ count: Int) -> [UInt8] { Array((0..<count).map(line).joined().utf8) }

  private static func line(_ index: Int) -> String { "{\"type\":\"MODIFIED\",\"index\":\(index)}\n" }

  func begin(_ context: ChannelHandlerContext) {
    let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: [:])
    context.writeAndFlush(NIOAny(HTTPServerResponsePart.head(head)), promise: nil)
    write(from: 0, to: context.channel)
  }

  private func write(from start: Int, to channel: any Channel) {
    guard channel.isActive else { return }
    let end = min(count, start + 1 + start % 7)
    for index in start..<end {
      channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: Self.line(index)))), promise: nil)
    }
    if end < count {
      // The next lines when these are out: the peer's window and the connection's back-pressure count.
      channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer()))).whenSuccess {
        write(from: end, to: channel)
      }
    } else if isCut {
      channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer()))).whenComplete { _ in
        channel.close(promise: nil)
      }
    } else {
      channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
    }
  }
}
