import CCurl

/// Everything about an origin that its handles are set up with once: trust, certificates, proxy, names.
///
/// Keys and certificates stay at one address for libcurl, which does not copy them. libcurl 7.88 shares a connection
/// only between equal settings of verification, authorities and client certificate (as bytes), but compares no
/// credentials of HTTP proxies: proxied origins have pools of their own.
final class OriginMaterial {
  private static let oldestTLS = Int(CURL_SSLVERSION_TLSv1_2)
  /// `CURLAUTH_BASIC`, whose macro Swift does not read.
  private static let basicAuthentication = 1

  let site: Site
  /// What the name resolver is asked for; nil where the address stands there already.
  let nameToResolve: (host: String, port: Int)?
  /// The `Host` header, where the URL that libcurl sees names another host.
  private let hostHeader: String?
  private let lane: HTTPLane
  private let endpoint: HTTPEndpoint
  private let urlSite: String
  private let authorities: PinnedBytes?
  private let certificate: PinnedBytes?
  private let key: PinnedBytes?
  private let proxy: ProxyAddress?
  private let connectTo: UnsafeMutablePointer<curl_slist>?
  private var recentHeaders: [HeaderList] = []

  private static let mostRecentHeaders = 4

  /// - Throws: ``TransportError/invalidRequest(reason:)``
  init(_ origin: OriginKey) throws(TransportError) {
    let site = try Site(origin.site)
    let endpoint = origin.endpoint
    let proxy: ProxyAddress? = if let secret = endpoint.proxy { try ProxyAddress(secret) } else { nil }
    self.site = site
    self.endpoint = endpoint
    self.proxy = proxy
    lane = origin.lane
    authorities = if case .authorities(let pem) = endpoint.trust { PinnedBytes(pem) } else { nil }
    certificate = endpoint.clientCertificate.map { PinnedBytes($0.chain) }
    key = endpoint.clientCertificate.map { PinnedBytes($0.key) }
    let reached: (host: String, port: Int) = proxy.map { ($0.host, $0.port) } ?? (site.host, site.port)
    nameToResolve = NameResolver.needsResolving(reached.host) ? reached : nil

    // libcurl verifies the URL's host and sends it as SNI, so that another server name goes into the URL, and where to
    // connect is said apart.
    if site.isSecure, let name = endpoint.serverName, name != site.host {
      let wanted = Site.bracketed(name)
      urlSite = "https://\(wanted):\(site.port)"
      hostHeader = site.isDefaultPort ? site.bracketedHost : "\(site.bracketedHost):\(site.port)"
      connectTo = muster_list_append(nil, "\(wanted):\(site.port):\(site.bracketedHost):\(site.port)")
    } else {
      urlSite = String(origin.site)
      hostHeader = nil
      connectTo = nil
    }
  }

  deinit { muster_list_free(connectTo) }

  /// Each transfer holds a receive buffer of this size, idle streams too.
  static func bufferBytes(_ lane: HTTPLane) -> Int { lane == .watch ? 2 << 10 : 8 << 10 }

  var hasProxy: Bool { proxy != nil }
  /// The name that the server's certificate must have.
  var verifiedName: String { endpoint.serverName ?? site.host }

  /// The URL that libcurl is given.
  func url(_ target: Substring) -> String { urlSite + target }

  /// Header fields as libcurl takes them; handles with equal ones share them, a cluster's dozen watches above all.
  ///
  /// - Throws: ``TransportError/invalidRequest(reason:)``
  func headers(_ fields: [HTTPHeader], hasBody: Bool) throws(TransportError) -> HeaderList {
    if let known = recentHeaders.first(where: { $0.hasBody == hasBody && $0.fields == fields }) { return known }
    let named = fields.contains { $0.name.lowercased() == "host" }
    let fresh = try HeaderList(fields, host: named ? nil : hostHeader, hasBody: hasBody)
    if recentHeaders.count == OriginMaterial.mostRecentHeaders { recentHeaders.removeFirst() }
    recentHeaders.append(fresh)
    return fresh
  }

  /// Sets a new handle up.
  func configure(_ handle: CurlHandle) throws(TransportError) {
    var setting = Setting(handle)
    restrict(&setting)
    trust(&setting)
    reachThroughProxy(&setting)
    setting.check(muster_easy_list(handle.easy, CURLOPT_CONNECT_TO, connectTo))
    setting.check(muster_easy_on_open(handle.easy, openSocket))
    try setting.finish()
  }

  /// Takes everything away from libcurl that it would do by itself.
  private func restrict(_ setting: inout Setting) {
    setting.long(CURLOPT_NOSIGNAL, 1)
    setting.text(CURLOPT_PROTOCOLS_STR, "http,https")
    setting.long(CURLOPT_FOLLOWLOCATION, 0)
    setting.long(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    setting.long(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    setting.long(CURLOPT_PATH_AS_IS, 1)
    setting.long(CURLOPT_HTTP09_ALLOWED, 0)
    setting.long(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    setting.long(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    setting.long(CURLOPT_TCP_KEEPALIVE, 1)
    setting.long(CURLOPT_TCP_KEEPIDLE, 30)
    setting.long(CURLOPT_TCP_KEEPINTVL, 10)
    setting.long(CURLOPT_MAXAGE_CONN, CurlPool.idleSeconds)
    // Each handle would keep sessions of its own: memory for little, where connections live long.
    setting.long(CURLOPT_SSL_SESSIONID_CACHE, 0)
    setting.long(CURLOPT_BUFFERSIZE, OriginMaterial.bufferBytes(lane))
    // Each handle that ever sent a body keeps one of these; by default 64 KB.
    setting.long(CURLOPT_UPLOAD_BUFFERSIZE, 16 << 10)
  }

  private func trust(_ setting: inout Setting) {
    setting.long(CURLOPT_SSLVERSION, OriginMaterial.oldestTLS)
    switch endpoint.trust {
    case .system: break
    case .authorities:
      // The system's file and directory would be trusted beside the bytes.
      setting.text(CURLOPT_CAINFO, nil)
      setting.text(CURLOPT_CAPATH, nil)
      setting.bytes(CURLOPT_CAINFO_BLOB, authorities)
    case .insecure:
      setting.long(CURLOPT_SSL_VERIFYPEER, 0)
      setting.long(CURLOPT_SSL_VERIFYHOST, 0)
    }
    setting.bytes(CURLOPT_SSLCERT_BLOB, certificate)
    setting.bytes(CURLOPT_SSLKEY_BLOB, key)
  }

  /// An empty proxy and an empty list of exceptions also keep the environment's out.
  private func reachThroughProxy(_ setting: inout Setting) {
    setting.text(CURLOPT_PROXY, proxy?.url.reveal() ?? "")
    setting.text(CURLOPT_NOPROXY, "")
    guard proxy != nil else { return }
    setting.long(CURLOPT_PROXY_SSLVERSION, OriginMaterial.oldestTLS)
    // As client-go does, a proxy may also be certified by the cluster's authorities.
    setting.bytes(CURLOPT_PROXY_CAINFO_BLOB, authorities)
    setting.long(CURLOPT_PROXYAUTH, OriginMaterial.basicAuthentication)
  }
}

private func openSocket(
  context: UnsafeMutableRawPointer?, purpose: curlsocktype, address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  muster_open_socket(address, 30_000)
}
