import HTTPClient
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization

/// A server on loopback that speaks TLS and, unless told otherwise, HTTP/2.
///
/// `/hold…` answers with a head and one byte, and never ends; `/never` does not answer; `/lines/N` answers with N lines
/// and the end of the stream, `/cut/N` with N lines and RST_STREAM; anything else answers `ok` or what was uploaded.
final class TLSServer: Sendable {
  struct Options {
    var protocols = ["h2", "http/1.1"]
    var name = "localhost"
    var clientAuthority: Authority?
    var certificateLife = 86_400.0
    var streams = 100
    /// RST_STREAM frames in half a minute, after which the server ends a connection with GOAWAY.
    var resets = 100_000
  }

  /// What happened to one stream.
  struct Record: Sendable {
    var connection: Int
    var path: String
    var host: String
  }

  let requests = Collected<Record>()
  /// Paths of streams that ended before their response did.
  let aborted: AsyncStream<String>
  private let abort: AsyncStream<String>.Continuation
  private let channel: any Channel

  init(_ authority: Authority, _ options: Options = Options()) async throws {
    (aborted, abort) = AsyncStream.makeStream()
    let context = try Self.context(authority, options)
    let requests = requests
    let abort = abort
    let handler: @Sendable (any Channel, Int) throws -> Void = { channel, connection in
      try channel.pipeline.syncOperations.addHandler(
        ScriptedAnswers(requests: requests, abort: abort, connection: connection))
    }
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.backlog, value: 512)
      .childChannelInitializer { Self.configure($0, context, options, handler) }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  var port: Int { channel.localAddress?.port ?? 0 }
  var url: String { "https://127.0.0.1:\(port)" }
  var connections: Set<Int> { Set(requests.all.map(\.connection)) }

  func stop() async throws { try await channel.close() }

  private static func context(_ authority: Authority, _ options: Options) throws -> NIOSSLContext {
    let own = try authority.issue(
      options.name, addresses: options.name == "localhost" ? [[127, 0, 0, 1]] : [],
      validFor: options.certificateLife)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMBytes(own.chain).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: own.key, format: .pem)))
    configuration.applicationProtocols = options.protocols
    if let trusted = options.clientAuthority {
      configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(trusted.pem))
      configuration.certificateVerification = .noHostnameVerification
    }
    return try NIOSSLContext(configuration: configuration)
  }

  private static func configure(
    _ channel: any Channel, _ context: NIOSSLContext, _ options: Options,
    _ handler: @escaping @Sendable (any Channel, Int) throws -> Void
  ) -> EventLoopFuture<Void> {
    let connection = channel.remoteAddress?.port ?? 0
    return channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
    }.flatMap {
      channel.configureHTTP2SecureUpgrade(
        h2ChannelConfigurator: { channel in
          var settings = NIOHTTP2Handler.ConnectionConfiguration()
          settings.initialSettings = [HTTP2Setting(parameter: .maxConcurrentStreams, value: options.streams)]
          var stream = NIOHTTP2Handler.StreamConfiguration()
          stream.streamResetFrameRateLimit.maximumCount = options.resets
          return channel.configureHTTP2Pipeline(
            mode: .server, connectionConfiguration: settings, streamConfiguration: stream
          ) { stream in
            stream.eventLoop.makeCompletedFuture {
              try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
              try handler(stream, connection)
            }
          }.map { _ in }
        },
        http1ChannelConfigurator: { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
            try handler(channel, connection)
          }
        })
    }
  }
}

/// Answers by path. Event loop only.
private final class ScriptedAnswers: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let requests: Collected<TLSServer.Record>
  private let abort: AsyncStream<String>.Continuation
  private let connection: Int
  private var path: String?
  private var body = ByteBuffer()

  init(requests: Collected<TLSServer.Record>, abort: AsyncStream<String>.Continuation, connection: Int) {
    self.requests = requests
    self.abort = abort
    self.connection = connection
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      path = head.uri
      body.clear()
      requests.add(.init(connection: connection, path: head.uri, host: head.headers.first(name: "host") ?? ""))
    case .body(var part): body.writeBuffer(&part)
    case .end: answer(context)
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    guard let path, path != "/never" else { return }
    if let script = LineScript(path) {
      self.path = nil
      return script.begin(context)
    }
    if path.hasPrefix("/burst/") { return burst(context, bytes: Int(path.dropFirst(7)) ?? 0) }
    let holds = path.hasPrefix("/hold")
    let answer = holds ? ByteBuffer(string: ".") : body.readableBytes > 0 ? body : ByteBuffer(string: "ok")
    let headers: HTTPHeaders = holds ? [:] : ["content-length": "\(answer.readableBytes)"]
    let head = NIOHTTP1.HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(answer))), promise: nil)
    if holds { return }
    self.path = nil
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  /// Says nothing for a while, then one line of so many bytes, then nothing again.
  private func burst(_ context: ChannelHandlerContext, bytes: Int) {
    let head = NIOHTTP1.HTTPResponseHead(version: .http1_1, status: .ok, headers: [:])
    context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    let channel = context.channel
    context.eventLoop.scheduleTask(in: .milliseconds(300)) {
      let line = ByteBuffer(string: String(repeating: "x", count: max(bytes - 1, 0)) + "\n")
      channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(line)), promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    if let path { abort.yield(path) }
    path = nil
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
