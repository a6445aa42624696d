import CCurl
import Glibc

extension TransportError {
  /// What ended a transfer, in our words.
  static func ending(_ code: CURLcode, of transfer: CurlTransfer) -> TransportError? {
    guard code != CURLE_OK else { return nil }
    let detail = String(cString: transfer.errorText)
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: return .unresolvable(host: transfer.host.name)
    case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return .proxy(reason: "the proxy cannot be used")
    case CURLE_COULDNT_CONNECT: return .unreachable(reason: systemReason(transfer))
    case CURLE_OPERATION_TIMEDOUT: return timedOut(transfer)
    case CURLE_PEER_FAILED_VERIFICATION: return .tls(reason: verification(detail))
    case CURLE_SSL_CERTPROBLEM: return .tls(reason: "the client certificate or its key cannot be used")
    case CURLE_SSL_CACERT_BADFILE: return .tls(reason: "the certificate authority data cannot be read")
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_INITFAILED:
      return .tls(reason: "the TLS handshake failed" + suffix(detail))
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: return .invalidRequest(reason: "not an http or https address")
    case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_HTTP2_STREAM:
      return disconnected(code, transfer, detail)
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL:
      return .disconnected(reason: "the server does not speak HTTP")
    default: return .disconnected(reason: "the transfer failed" + suffix(detail))
    }
  }

  private static func suffix(_ detail: String) -> String { detail.isEmpty ? "" : ": " + detail }

  private static func systemReason(_ transfer: CurlTransfer) -> String {
    let number = transfer.easy.map { muster_easy_get_long($0, CURLINFO_OS_ERRNO) } ?? 0
    switch Int32(truncatingIfNeeded: number) {
    case ECONNREFUSED: return "connection refused"
    case EHOSTUNREACH, ENETUNREACH: return "no route to the host"
    case ETIMEDOUT: return "no answer from the host"
    default: return "cannot connect"
    }
  }

  private static func timedOut(_ transfer: CurlTransfer) -> TransportError {
    let deadlines = transfer.request.deadlines
    // libcurl knows two limits: connecting, until the request went out, and the total.
    let isConnected = transfer.easy.map { muster_easy_get_offset($0, CURLINFO_PRETRANSFER_TIME_T) > 0 } ?? false
    if !isConnected { return .deadline(.connect, seconds: deadlines.connect) }
    return .deadline(.total, seconds: deadlines.total ?? 0)
  }

  private static func verification(_ detail: String) -> String {
    if detail.contains("subject name") || detail.contains("does not match") {
      return "the server's certificate is for another name"
    }
    if detail.contains("expired") { return "the server's certificate has expired" }
    if detail.contains("not yet valid") { return "the server's certificate is not valid yet" }
    return "the server's certificate is not signed by a trusted authority"
  }

  private static func disconnected(_ code: CURLcode, _ transfer: CurlTransfer, _ detail: String) -> TransportError {
    let connect = transfer.easy.map { muster_easy_get_long($0, CURLINFO_HTTP_CONNECTCODE) } ?? 0
    if connect >= 300 { return .proxy(reason: "the proxy answered \(connect)") }
    // TLS 1.3 servers refuse a missing or wrong client certificate only after the handshake.
    if detail.contains("alert") { return .tls(reason: "the server ended the TLS session" + suffix(detail)) }
    switch code {
    case CURLE_HTTP2, CURLE_HTTP2_STREAM: return .disconnected(reason: "the HTTP/2 stream or connection broke")
    case CURLE_PARTIAL_FILE: return .disconnected(reason: "the connection ended in the middle of the answer")
    case CURLE_SEND_ERROR: return .disconnected(reason: "the connection broke while sending")
    default: return .disconnected(reason: "the connection broke")
    }
  }
}
