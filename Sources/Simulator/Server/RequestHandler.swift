import NIOCore
import NIOHTTP1

/// Collects one request of a connection or stream, and has it answered.
final class RequestHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// As the API server limits bodies: 3 MiB.
  private static let maximumBody = 3 << 20

  private let responder: any RequestResponder
  private let certificateSubject: CertificateSubject?
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []
  private var isTooLarge = false

  init(responder: any RequestResponder, certificateSubject: CertificateSubject?) {
    self.responder = responder
    self.certificateSubject = certificateSubject
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = []
      isTooLarge = false
      if head.version.major == 1, head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }) {
        context.writeAndFlush(
          wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
      }
    case .body(let buffer):
      guard !isTooLarge, body.count + buffer.readableBytes <= Self.maximumBody else {
        isTooLarge = true
        body = []
        return
      }
      body.append(contentsOf: buffer.readableBytesView)
    case .end: finishRequest(context)
    }
  }

  private func finishRequest(_ context: ChannelHandlerContext) {
    guard let head else { return }
    let reply = ResponseStream(
      channel: context.channel, version: head.version, isKeepAlive: head.isKeepAlive, isHead: head.method == .HEAD)
    if isTooLarge {
      let error = StatusError(
        code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: limit is 3145728",
        details: .init())
      return reply.send(APIServer.answer(error))
    }
    let request = APIRequest(
      method: head.method.rawValue, target: head.uri, accept: head.headers["accept"].joined(separator: ","),
      contentType: head.headers.first(name: "content-type") ?? "",
      userAgent: head.headers.first(name: "user-agent") ?? "", bearerToken: Self.bearerToken(head.headers),
      certificateSubject: certificateSubject, body: body)
    body = []
    self.head = nil
    responder.respond(to: request, through: reply)
  }

  private static func bearerToken(_ headers: HTTPHeaders) -> String? {
    guard let value = headers.first(name: "authorization"), value.lowercased().hasPrefix("bearer ") else { return nil }
    return String(value.dropFirst(7))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The peer broke the protocol or has gone; nothing can be said to it.
    context.close(promise: nil)
  }

}

/// Who answers requests: a cluster, or the control endpoint.
protocol RequestResponder: Sendable {
  /// Called on the event loop of the connection; the answer may come later on the same loop.
  func respond(to request: APIRequest, through reply: ResponseStream)
}

/// Writes one answer, whole or as a stream of chunks.
struct ResponseStream: Sendable {
  let channel: any Channel
  let version: HTTPVersion
  let isKeepAlive: Bool
  let isHead: Bool

  func send(_ answer: APIAnswer) {
    var headers = head(of: answer)
    headers.add(name: "content-length", value: String(answer.body.count))
    start(answer.status, headers)
    if !isHead, !answer.body.isEmpty { write(answer.body) }
    end()
  }

  /// Begins a stream; its length is not known.
  func begin(_ answer: APIAnswer) {
    start(answer.status, head(of: answer))
    channel.flush()
  }

  func send(_ output: WatchOutput) {
    if !output.bytes.isEmpty { write(output.bytes) }
    if output.ends { end() } else { channel.flush() }
  }

  /// Cuts the connection or stream without an answer.
  func cut() { channel.close(promise: nil) }

  private func head(of answer: APIAnswer) -> HTTPHeaders {
    var headers = HTTPHeaders([("content-type", answer.contentType), ("cache-control", "no-cache, private")])
    for header in answer.headers { headers.add(name: header.name, value: header.value) }
    if version.major == 1, !isKeepAlive { headers.add(name: "connection", value: "close") }
    return headers
  }

  private func start(_ status: Int, _ headers: HTTPHeaders) {
    let head = HTTPResponseHead(version: version, status: .init(statusCode: status), headers: headers)
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
  }

  private func write(_ bytes: [UInt8]) {
    channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
  }

  private func end() {
    let written = channel.writeAndFlush(HTTPServerResponsePart.end(nil))
    if version.major == 1, !isKeepAlive { written.whenComplete { [channel] _ in channel.close(promise: nil) } }
  }
}
