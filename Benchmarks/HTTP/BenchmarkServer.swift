import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import X509

/// A server that costs little: HTTP/2 over TLS, answers what it was sent, holds `/hold` open.
enum BenchmarkServer {
  /// Serves until standard input ends; its address is the first line of standard output.
  static func serve() async throws {
    let context = try context()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 1024)
      .childChannelInitializer { configure($0, context) }
      .bind(host: "127.0.0.1", port: 0).get()
    print("https://127.0.0.1:\(channel.localAddress?.port ?? 0)")
    fflush(nil)
    while getchar() != EOF { continue }
    try await channel.close()
  }

  private static func context() throws -> NIOSSLContext {
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let name = try DistinguishedName { CommonName("localhost") }
    let start = Date(timeIntervalSinceNow: -60)
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey, notValidBefore: start,
      notValidAfter: start + 86_400, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: Certificate.Extensions(), issuerPrivateKey: key)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.serializeAsPEM().pemString.utf8))
        .map { .certificate($0) },
      privateKey: .privateKey(
        try NIOSSLPrivateKey(bytes: Array(key.serializeAsPEM().pemString.utf8), format: .pem)))
    configuration.applicationProtocols = ["h2"]
    return try NIOSSLContext(configuration: configuration)
  }

  private static func configure(_ channel: any Channel, _ context: NIOSSLContext) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
    }.flatMap {
      var stream = NIOHTTP2Handler.StreamConfiguration()
      // libcurl 7.88 resets streams that have ended; the default of 200 in half a minute would end the connection.
      stream.streamResetFrameRateLimit.maximumCount = 20_000
      stream.streamResetFrameRateLimit.windowLength = .seconds(1)
      return channel.configureHTTP2Pipeline(
        mode: .server, connectionConfiguration: .init(), streamConfiguration: stream
      ) { stream in
        stream.eventLoop.makeCompletedFuture {
          try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
          try stream.pipeline.syncOperations.addHandler(Echo())
        }
      }.map { _ in }
    }
  }
}

/// Event loop only.
private final class Echo: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private var holds = false
  private var body = ByteBuffer()

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): holds = head.uri == "/hold"
    case .body(var part): body.writeBuffer(&part)
    case .end:
      let headers: HTTPHeaders = holds ? [:] : ["content-length": "\(body.readableBytes)"]
      let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
      if holds { return context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil) }
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }
}
