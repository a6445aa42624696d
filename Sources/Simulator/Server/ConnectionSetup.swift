import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL
import X509

/// The handlers of one connection: TLS, then HTTP/2 or HTTP/1.1 by ALPN, then the request handler.
struct ConnectionSetup: Sendable {
  /// As the API server allows: 100 streams a connection.
  private static let maximumStreams = 100
  private static let resetsPerSecond = 20_000

  let responder: any RequestResponder

  func configure(_ channel: any Channel, tls context: NIOSSLContext) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
    }.flatMap {
      channel.configureHTTP2SecureUpgrade(
        h2ChannelConfigurator: { configureHTTP2($0) }, http1ChannelConfigurator: { configureHTTP1($0) })
    }
  }

  /// Plain HTTP/1.1, for the control endpoint.
  func configurePlain(_ channel: any Channel) -> EventLoopFuture<Void> { configureHTTP1(channel) }

  private func configureHTTP1(_ channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      let operations = channel.pipeline.syncOperations
      try operations.configureHTTPServerPipeline(withErrorHandling: true)
      try operations.addHandler(
        RequestHandler(responder: responder, certificateSubject: Self.certificateSubject(of: channel)))
    }
  }

  private func configureHTTP2(_ channel: any Channel) -> EventLoopFuture<Void> {
    var connection = NIOHTTP2Handler.ConnectionConfiguration()
    connection.initialSettings = [
      HTTP2Setting(parameter: .maxConcurrentStreams, value: Self.maximumStreams),
      HTTP2Setting(parameter: .maxHeaderListSize, value: 64 << 10),
    ]
    // As the API server, which has no such limits. libcurl before 8.0 sends RST_STREAM for every stream whose
    // END_STREAM comes in another TLS record than the body: SwiftNIO's default of 200 resets in half a minute would end
    // the connection (GOAWAY, ENHANCE_YOUR_CALM) of every busy client. Each place costs eight bytes a connection.
    connection.maximumConnectionGlitches = .max
    var stream = NIOHTTP2Handler.StreamConfiguration()
    stream.streamResetFrameRateLimit.maximumCount = Self.resetsPerSecond
    stream.streamResetFrameRateLimit.windowLength = .seconds(1)
    stream.streamErrorRateLimit.maximumCount = Self.resetsPerSecond
    stream.streamErrorRateLimit.windowLength = .seconds(1)
    let subject = Self.certificateSubject(of: channel)
    return channel.configureHTTP2Pipeline(
      mode: .server, connectionConfiguration: connection, streamConfiguration: stream
    ) { [responder] stream in
      stream.eventLoop.makeCompletedFuture {
        try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
        try stream.pipeline.syncOperations.addHandler(
          RequestHandler(responder: responder, certificateSubject: subject))
      }
    }.map { _ in }
  }

  /// Who the client certificate names; nil without one. The handshake is over by now.
  private static func certificateSubject(of channel: any Channel) -> CertificateSubject? {
    guard let handler = try? channel.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self),
      let peer = handler.peerCertificate, let bytes = try? peer.toDERBytes(),
      let certificate = try? Certificate(derEncoded: bytes)
    else { return nil }
    var subject = CertificateSubject(user: "", groups: [])
    for attribute in certificate.subject.flatMap({ Array($0) }) {
      let text = String(attribute.value) ?? ""
      switch attribute.type {
      case .RDNAttributeType.commonName: subject.user = text
      case .RDNAttributeType.organizationName: subject.groups.append(text)
      default: break
      }
    }
    return subject
  }
}
