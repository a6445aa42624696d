import CCurl

/// Words for a failed handshake.
enum TLSFailure {
  /// Nil where the failure is not TLS's.
  static func describe(_ handle: CurlHandle, _ result: CURLcode, site: Site) -> String? {
    // libcurl tells an alert of the server's only by its message, which is OpenSSL's.
    if let alert = alert(handle.message) { return alert }
    switch result {
    case CURLE_PEER_FAILED_VERIFICATION: return verification(handle, site: site)
    case CURLE_SSL_ISSUER_ERROR: return "the server's certificate has another issuer"
    // An authority of the same name with another key: OpenSSL fails while it checks the signature.
    case CURLE_SSL_CONNECT_ERROR
    where ["signature", "ASN1", "asn1", "padding"].contains(where: handle.message.contains):
      return "the server's certificate is not signed by a trusted authority"
    case CURLE_SSL_CONNECT_ERROR: return "the handshake with \(site.host) failed: \(cause(handle.message))"
    case CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_CRL_BADFILE,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return "the handshake with \(site.host) failed (code \(result.rawValue))"
    default: return nil
    }
  }

  private static func verification(_ handle: CurlHandle, site: Site) -> String {
    // OpenSSL's X509_V_ERR codes.
    switch muster_easy_info_long(handle.easy, CURLINFO_SSL_VERIFYRESULT) {
    case 2, 7, 19, 20, 21, 33: "the server's certificate is not signed by a trusted authority"
    case 18: "the server's certificate is self-signed and not trusted"
    case 9: "the server's certificate is not valid yet"
    case 10: "the server's certificate has expired"
    case 23: "the server's certificate is revoked"
    case 24, 25, 79: "the server's certificate was signed by one that is no authority"
    case 26: "the server's certificate is not for servers"
    case 66, 67, 68: "the server's certificate uses a key or signature that is too weak"
    case 0, 1, 62, 64: "the server's certificate is not for '\(handle.verifiedName)'"
    case let code: "the server's certificate does not verify (code \(code))"
    }
  }

  private static func alert(_ message: String) -> String? {
    guard message.contains("alert") else { return nil }
    if message.contains("certificate required") { return "the server requires a client certificate" }
    if message.contains("unknown ca") { return "the server does not trust the client certificate's authority" }
    if message.contains("bad certificate") || message.contains("certificate unknown")
      || message.contains("unsupported certificate")
    {
      return "the server does not accept the client certificate"
    }
    if message.contains("certificate expired") { return "the server says that the client certificate has expired" }
    if message.contains("certificate revoked") { return "the server says that the client certificate is revoked" }
    if message.contains("unrecognized name") { return "the server does not know the server name" }
    if message.contains("protocol version") { return "the server speaks no TLS version from 1.2 up" }
    if message.contains("handshake failure") {
      return "the server refused the handshake; it may require a client certificate"
    }
    return nil
  }

  private static func cause(_ message: String) -> String {
    if message.contains("wrong version number") || message.contains("packet length too long") {
      return "the server does not speak TLS there"
    }
    if message.contains("unexpected eof") || message.contains("SSL_ERROR_SYSCALL") || message.contains("reset by peer")
    {
      return "the server closed the connection"
    }
    if message.contains("unsupported protocol") { return "the server speaks no TLS version from 1.2 up" }
    return "the server's answer is not acceptable"
  }
}
