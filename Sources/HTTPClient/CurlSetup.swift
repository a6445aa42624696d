import CCurl
import Glibc

/// Puts a request into an easy handle.
enum CurlSetup {
  /// - Throws: ``TransportError/invalidRequest(reason:)`` when libcurl refuses an option.
  static func prepare(_ easy: UnsafeMutableRawPointer, for transfer: CurlTransfer) throws(TransportError) {
    let request = transfer.request
    var setup = Setter(easy: easy)
    setup.pointer(CURLOPT_PRIVATE, Unmanaged.passUnretained(transfer).toOpaque())
    setup.pointer(CURLOPT_ERRORBUFFER, transfer.errorText)
    setCallbacks(&setup, transfer)
    setProtocol(&setup, request)
    setAddress(&setup, transfer)
    setTLS(&setup, request.endpoint)
    setHeaders(&setup, transfer)
    setBody(&setup, transfer)
    setLimits(&setup, request)
    if let failed = setup.failed {
      throw .invalidRequest(reason: failed)
    }
  }

  private static func setCallbacks(_ setup: inout Setter, _ transfer: CurlTransfer) {
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    setup.write(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
      let part = UnsafeRawBufferPointer(start: bytes, count: size &* count)
      return transfer.take(body: part, now: MonotonicClock.now) ? part.count : 0
    }
    setup.pointer(CURLOPT_WRITEDATA, context)
    setup.write(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let line = UnsafeRawBufferPointer(start: bytes, count: size &* count)
      Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue().take(header: line)
      return line.count
    }
    setup.pointer(CURLOPT_HEADERDATA, context)
    setup.socketOption { _, socket, _ in
      // A peer that is gone without a word is noticed, and frees what waits on it.
      var milliseconds: UInt32 = 30_000
      setsockopt(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, socklen_t(MemoryLayout<UInt32>.size))
      return Int32(CURL_SOCKOPT_OK)
    }
  }

  private static func setProtocol(_ setup: inout Setter, _ request: HTTPRequest) {
    setup.long(CURLOPT_NOSIGNAL, 1)
    setup.long(CURLOPT_FOLLOWLOCATION, 0)
    setup.long(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    setup.string(CURLOPT_PROTOCOLS_STR, "http,https")
    setup.long(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    setup.long(CURLOPT_PIPEWAIT, 1)
    setup.long(CURLOPT_TCP_NODELAY, 1)
    setup.long(CURLOPT_TCP_KEEPALIVE, 1)
    setup.long(CURLOPT_TCP_KEEPIDLE, 30)
    setup.long(CURLOPT_TCP_KEEPINTVL, 10)
    // A watch is silent most of its life: its buffer is small. (Only handles that are never used again have another size:
    // libcurl keeps the buffer of a handle over a reset, and refuses to change it.)
    if request.lane == .watch { setup.long(CURLOPT_BUFFERSIZE, 2_048) }
    if let proxy = request.endpoint.proxy {
      setup.string(CURLOPT_PROXY, proxy.reveal())
    } else {
      setup.string(CURLOPT_PROXY, "")
    }
    setup.string(CURLOPT_NOPROXY, "")
  }

  /// The URL carries the name that the certificate must have; where to connect may differ.
  private static func setAddress(_ setup: inout Setter, _ transfer: CurlTransfer) {
    let host = transfer.host
    var url = transfer.request.url
    if let serverName = transfer.request.endpoint.serverName, serverName != host.name, url.hasPrefix("https://") {
      let path = url.dropFirst("https://".count).drop { $0 != "/" && $0 != "?" }
      url = "https://\(serverName):\(host.port)\(path)"
      transfer.connectToList = curl_slist_append(nil, "\(serverName):\(host.port):\(host.authority)")
      setup.list(CURLOPT_CONNECT_TO, transfer.connectToList)
    }
    for known in transfer.resolved {
      let addresses = known.addresses.map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
      transfer.resolveList = curl_slist_append(transfer.resolveList, "+\(known.name):\(known.port):\(addresses)")
    }
    if transfer.resolveList != nil { setup.list(CURLOPT_RESOLVE, transfer.resolveList) }
    setup.string(CURLOPT_URL, url)
  }

  private static func setTLS(_ setup: inout Setter, _ endpoint: HTTPEndpoint) {
    switch endpoint.trust {
    case .system: break
    case .authorities(let pem):
      setup.string(CURLOPT_CAINFO, nil)
      setup.string(CURLOPT_CAPATH, nil)
      setup.blob(CURLOPT_CAINFO_BLOB, pem)
    case .insecure:
      setup.string(CURLOPT_CAINFO, nil)
      setup.string(CURLOPT_CAPATH, nil)
      setup.long(CURLOPT_SSL_VERIFYPEER, 0)
      setup.long(CURLOPT_SSL_VERIFYHOST, 0)
    }
    if let certificate = endpoint.clientCertificate {
      setup.string(CURLOPT_SSLCERTTYPE, "PEM")
      setup.blob(CURLOPT_SSLCERT_BLOB, certificate.chain)
      setup.string(CURLOPT_SSLKEYTYPE, "PEM")
      setup.blob(CURLOPT_SSLKEY_BLOB, certificate.key)
    }
  }

  private static func setHeaders(_ setup: inout Setter, _ transfer: CurlTransfer) {
    var list: UnsafeMutablePointer<curl_slist>?
    var hasContentType = false
    for header in transfer.request.headers {
      guard isSafe(header) else {
        setup.refuse("a header with a line break or another control character")
        break
      }
      if header.name.lowercased() == "content-type" { hasContentType = true }
      list = curl_slist_append(list, header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
    }
    if transfer.request.endpoint.serverName != nil {
      list = curl_slist_append(list, "Host: \(transfer.host.authority)")
    }
    list = curl_slist_append(list, "Expect:")
    if !hasContentType { list = curl_slist_append(list, "Content-Type:") }
    transfer.headerList = list
    setup.list(CURLOPT_HTTPHEADER, list)
  }

  /// No header may smuggle in another one.
  private static func isSafe(_ header: HTTPHeader) -> Bool {
    header.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") } && !header.name.isEmpty
      && header.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
  }

  private static func setBody(_ setup: inout Setter, _ transfer: CurlTransfer) {
    let request = transfer.request
    if let body = request.body {
      let storage = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(body.count, 1))
      _ = storage.update(fromContentsOf: body)
      transfer.bodyStorage = storage
      setup.long(CURLOPT_POST, 1)
      setup.offset(CURLOPT_POSTFIELDSIZE_LARGE, Int64(body.count))
      setup.pointer(CURLOPT_POSTFIELDS, storage.baseAddress)
    } else if request.method == "HEAD" {
      setup.long(CURLOPT_NOBODY, 1)
    }
    if request.method != "GET" || request.body != nil { setup.string(CURLOPT_CUSTOMREQUEST, request.method) }
  }

  private static func setLimits(_ setup: inout Setter, _ request: HTTPRequest) {
    setup.long(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.deadlines.connect))
    setup.long(CURLOPT_TIMEOUT_MS, request.deadlines.total.map(milliseconds) ?? 0)
  }

  private static func milliseconds(_ seconds: Double) -> Int {
    Int(max(1, min(seconds * 1000, 1e9)))
  }

  /// Sets options, and remembers the first that libcurl refused.
  private struct Setter {
    let easy: UnsafeMutableRawPointer
    private(set) var failed: String?

    init(easy: UnsafeMutableRawPointer) { self.easy = easy }

    mutating func refuse(_ reason: String) { if failed == nil { failed = reason } }

    private mutating func note(_ code: CURLcode, _ option: CURLoption) {
      if code != CURLE_OK { refuse("libcurl refuses option \(option.rawValue)") }
    }

    mutating func long(_ option: CURLoption, _ value: Int) { note(muster_easy_set_long(easy, option, value), option) }
    mutating func offset(_ option: CURLoption, _ value: Int64) {
      note(muster_easy_set_offset(easy, option, value), option)
    }
    mutating func string(_ option: CURLoption, _ value: String?) {
      note(muster_easy_set_string(easy, option, value), option)
    }
    mutating func pointer(_ option: CURLoption, _ value: UnsafeRawPointer?) {
      note(muster_easy_set_pointer(easy, option, value), option)
    }
    mutating func pointer(_ option: CURLoption, _ value: UnsafeMutablePointer<UInt8>?) {
      note(muster_easy_set_pointer(easy, option, value), option)
    }
    mutating func list(_ option: CURLoption, _ value: UnsafeMutablePointer<curl_slist>?) {
      note(muster_easy_set_list(easy, option, value), option)
    }
    mutating func blob(_ option: CURLoption, _ bytes: [UInt8]) {
      note(bytes.withUnsafeBytes { muster_easy_set_blob(easy, option, $0.baseAddress, $0.count) }, option)
    }
    mutating func write(_ option: CURLoption, _ callback: @escaping muster_write_callback) {
      note(muster_easy_set_write(easy, option, callback), option)
    }
    mutating func socketOption(_ callback: @escaping muster_socket_option_callback) {
      note(muster_easy_set_socket_option(easy, callback), CURLOPT_SOCKOPTFUNCTION)
    }
  }
}
