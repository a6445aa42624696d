import HTTPClient
import Manifest

/// How a server is reached and trusted, checked.
struct Connection {
  var server: ServerURL
  var endpoint: HTTPEndpoint
  /// What an exec plugin may be told of it.
  var info: ExecClusterInfo
}

/// The words by which a configuration names a connection's parts in messages.
struct ConnectionWords {
  var server: String
  var authorities: String
  var insecure: String
  var proxy: String
}

extension Connection {
  /// From the fields of a kubeconfig's `cluster`; nil, with diagnostics in `reader`, when they do not make one.
  init?(kubeconfig reader: inout FieldReader, environment: AccessEnvironment) {
    let words = ConnectionWords(
      server: "server", authorities: "certificate-authority", insecure: "insecure-skip-tls-verify", proxy: "proxy-url")
    let data = reader.base64("certificate-authority-data")
    let authorities = data ?? reader.file("certificate-authority", from: environment.files)
    self.init(
      &reader, words: words, server: reader.text("server"), authorities: authorities,
      isInsecure: reader.flag("insecure-skip-tls-verify"), serverName: reader.text("tls-server-name"),
      proxy: reader.text("proxy-url"), environment: environment)
    let extensions = reader.node["extensions"]?.sequence ?? []
    info.config = extensions.first { $0["name"]?.string == "client.authentication.k8s.io/exec" }?["extension"]
  }

  init?(
    _ reader: inout FieldReader, words: ConnectionWords, server: String?, authorities: [UInt8]?, isInsecure: Bool,
    serverName: String?, proxy: String?, environment: AccessEnvironment
  ) {
    let url = Self.server(server, words, &reader, environment)
    Self.checkTrust(authorities, isInsecure: isInsecure, words, &reader)
    if let proxy { Self.checkProxy(proxy, words, &reader) }
    guard let url, reader.diagnostics.isEmpty else { return nil }
    let trust: HTTPEndpoint.Trust =
      isInsecure ? .insecure : authorities.map { .authorities(pem: $0) } ?? .system
    self.server = url
    endpoint = HTTPEndpoint(trust: trust, serverName: serverName, proxy: proxy.map { HTTPSecret($0) })
    info = ExecClusterInfo(
      server: url.text, tlsServerName: serverName, isInsecure: isInsecure, authorities: authorities,
      proxy: proxy.map { Redacted($0) })
  }

  private static func server(
    _ text: String?, _ words: ConnectionWords, _ reader: inout FieldReader, _ environment: AccessEnvironment
  ) -> ServerURL? {
    guard let text else {
      if reader.diagnostics.isEmpty { reader.report("no-server", "\(reader.owner) has no \(words.server)") }
      return nil
    }
    let place = reader.node[words.server]
    do {
      let url = try ServerURL(text)
      if url.isPlainHTTP, !url.isLoopback, !environment.allowsPlainHTTP {
        reader.report(
          "plain-http", "the server of \(reader.owner) is plain http, which would send credentials in the clear", place,
          help: "use https, or allow plain http explicitly")
      }
      return url
    } catch {
      reader.report(
        "bad-server", "the server URL of \(reader.owner) \(error.words)", place,
        help: "write it like https://10.0.0.1:6443")
      return nil
    }
  }

  private static func checkTrust(
    _ authorities: [UInt8]?, isInsecure: Bool, _ words: ConnectionWords, _ reader: inout FieldReader
  ) {
    guard let authorities else { return }
    let place = reader.node[words.authorities + "-data"] ?? reader.node[words.authorities]
    if !PEM.hasCertificate(authorities) {
      reader.report("bad-ca", "\(words.authorities) of \(reader.owner) holds no PEM certificate", place)
    }
    if isInsecure {
      reader.report(
        "insecure-with-ca", "\(reader.owner) has \(words.insecure) and \(words.authorities), which exclude each other",
        place, help: "remove \(words.insecure)")
    }
  }

  private static func checkProxy(_ text: String, _ words: ConnectionWords, _ reader: inout FieldReader) {
    do {
      _ = try ServerURL(text, role: .proxy)
    } catch {
      reader.report("bad-proxy", "\(words.proxy) of \(reader.owner) \(error.words)", reader.node[words.proxy])
    }
  }
}
