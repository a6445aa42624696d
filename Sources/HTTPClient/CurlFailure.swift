import CCurl
import Glibc

/// Puts libcurl's result codes into words: what failed, with whom, and the cause as far as it is known.
enum CurlFailure {
  /// Nil for a transfer that brought a response.
  static func describe(_ transfer: Transfer, _ handle: CurlHandle, _ result: CURLcode) -> TransportError? {
    if let own = transfer.ownFailure { return own }
    if result == CURLE_OK {
      return transfer.head.isComplete ? nil : .disconnected(reason: "the connection ended before the response began")
    }
    let site = handle.site
    if let refusal = proxyRefusal(handle, result) { return refusal }
    switch result {
    case CURLE_COULDNT_RESOLVE_HOST: return .unresolvable(host: site.host)
    case CURLE_COULDNT_RESOLVE_PROXY: return .proxy(reason: "the proxy's host name does not resolve")
    case CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT, CURLE_INTERFACE_FAILED:
      return .unreachable(reason: unreachable(handle))
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
      return result == CURLE_UNSUPPORTED_PROTOCOL && transfer.phase != .connecting
        ? .disconnected(reason: "the server's answer is not HTTP") : .invalidRequest(reason: "the URL is malformed")
    // libcurl also says so of a header line longer than its own limit.
    case CURLE_OUT_OF_MEMORY where transfer.phase == .awaitingHead:
      return .disconnected(reason: "a line of the response's head is too long")
    case CURLE_OUT_OF_MEMORY: return .unreachable(reason: "no memory for another transfer")
    case CURLE_SSL_CERTPROBLEM:
      return .invalidRequest(reason: "the client certificate and its key cannot be read, or do not belong together")
    case CURLE_SSL_CACERT_BADFILE:
      return .invalidRequest(reason: "the certificate authorities hold no readable PEM certificate")
    default:
      if let reason = TLSFailure.describe(handle, result, site: site) { return .tls(reason: reason) }
      return .disconnected(reason: disconnected(transfer, result))
    }
  }

  private static func proxyRefusal(_ handle: CurlHandle, _ result: CURLcode) -> TransportError? {
    guard handle.hasProxy else { return nil }
    let status = muster_easy_info_long(handle.easy, CURLINFO_HTTP_CONNECTCODE)
    if status == 407 { return .proxy(reason: "the proxy asks for other credentials (407)") }
    if status >= 300 { return .proxy(reason: "the proxy refused to connect, with status \(status)") }
    switch result {
    case CURLE_PROXY: return .proxy(reason: socksReason(muster_easy_info_long(handle.easy, CURLINFO_PROXY_ERROR)))
    case CURLE_COULDNT_CONNECT: return .proxy(reason: "the proxy is not reachable: \(systemReason(handle))")
    default: return nil
    }
  }

  private static func socksReason(_ code: Int) -> String {
    switch UInt32(code) {
    case CURLPX_REPLY_HOST_UNREACHABLE.rawValue, CURLPX_REPLY_NETWORK_UNREACHABLE.rawValue:
      "the proxy cannot reach the host"
    case CURLPX_REPLY_CONNECTION_REFUSED.rawValue: "the host refused the proxy's connection"
    case CURLPX_REPLY_NOT_ALLOWED.rawValue: "the proxy's rules do not allow the connection"
    case CURLPX_USER_REJECTED.rawValue, CURLPX_NO_AUTH.rawValue: "the proxy asks for other credentials"
    case CURLPX_REPLY_TTL_EXPIRED.rawValue: "the proxy could not reach the host in time"
    default: "the proxy could not connect (code \(code))"
    }
  }

  private static func unreachable(_ handle: CurlHandle) -> String {
    "cannot connect to \(handle.site.bracketedHost):\(handle.site.port): \(systemReason(handle))"
  }

  private static func systemReason(_ handle: CurlHandle) -> String {
    switch Int32(truncatingIfNeeded: muster_easy_info_long(handle.easy, CURLINFO_OS_ERRNO)) {
    case ECONNREFUSED: "connection refused"
    case EHOSTUNREACH: "no route to the host"
    case ENETUNREACH: "the network is unreachable"
    case ETIMEDOUT: "no answer"
    case EMFILE, ENFILE: "no descriptors are left"
    case EADDRNOTAVAIL: "no local address is left"
    case EACCES, EPERM: "not permitted"
    case 0: "no answer"
    case let code: "system error \(code)"
    }
  }

  private static func disconnected(_ transfer: Transfer, _ result: CURLcode) -> String {
    switch result {
    case CURLE_PARTIAL_FILE: "the body ended early"
    case CURLE_GOT_NOTHING: "the server closed the connection without an answer"
    case CURLE_WEIRD_SERVER_REPLY: "the server's answer is not HTTP"
    case CURLE_HTTP2, CURLE_HTTP2_STREAM:
      transfer.phase == .receiving ? "the server ended the HTTP/2 stream early" : "the server refused the HTTP/2 stream"
    case CURLE_SEND_ERROR: "the connection broke while the request was sent"
    case CURLE_RECV_ERROR:
      transfer.phase == .receiving ? "the connection broke within the body" : "the connection broke before the response"
    case CURLE_BAD_CONTENT_ENCODING: "the body's encoding is broken"
    default: "the transfer failed (code \(result.rawValue))"
    }
  }
}
