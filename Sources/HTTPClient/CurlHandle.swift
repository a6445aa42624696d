import CCurl

/// A libcurl easy handle, set up for one origin and used for one transfer after another. Loop thread only.
final class CurlHandle {
  let easy: UnsafeMutableRawPointer
  /// The transfer under way, for the callbacks.
  var transfer: Transfer?
  private let messages: UnsafeMutablePointer<CChar>
  private let material: OriginMaterial
  private var headers: HeaderList?
  /// What libcurl points at until it is given another.
  private var addresses: AddressList?
  private var method: String?
  private var connectMilliseconds = 0
  private var bodyBytes = 0
  private var isUpload = false
  private var isStopped = false

  /// - Throws: ``TransportError/invalidRequest(reason:)`` where libcurl does not take a setting.
  init(for material: OriginMaterial) throws(TransportError) {
    guard let easy = muster_easy_init() else { throw .unreachable(reason: "no memory for another transfer") }
    self.easy = easy
    self.material = material
    messages = .allocate(capacity: Int(CURL_ERROR_SIZE))
    messages.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    try material.configure(self)
    var setting = Setting(self)
    let context = Unmanaged.passUnretained(self).toOpaque()
    setting.check(muster_easy_pointer(easy, CURLOPT_PRIVATE, context))
    setting.check(muster_easy_pointer(easy, CURLOPT_ERRORBUFFER, messages))
    setting.check(muster_easy_on_data(easy, CURLOPT_WRITEFUNCTION, receiveBody))
    setting.check(muster_easy_pointer(easy, CURLOPT_WRITEDATA, context))
    setting.check(muster_easy_on_data(easy, CURLOPT_HEADERFUNCTION, receiveHeader))
    setting.check(muster_easy_pointer(easy, CURLOPT_HEADERDATA, context))
    setting.check(muster_easy_on_ready(easy, connectionIsOpen))
    setting.check(muster_easy_pointer(easy, CURLOPT_PREREQDATA, context))
    try setting.finish()
  }

  deinit {
    muster_easy_cleanup(easy)
    messages.deallocate()
  }

  /// libcurl's own words for the last failure; never shown as they are.
  var message: String { String(cString: messages) }

  var site: Site { material.site }
  var hasProxy: Bool { material.hasProxy }
  var verifiedName: String { material.verifiedName }

  /// Sets everything that differs from the last transfer.
  ///
  /// - Throws: ``TransportError/invalidRequest(reason:)``
  func prepare(_ transfer: Transfer, addresses: AddressList?) throws(TransportError) {
    messages.pointee = 0
    let request = transfer.request
    var setting = Setting(self)
    setting.text(CURLOPT_URL, material.url(transfer.target))
    setting.check(muster_easy_list(easy, CURLOPT_RESOLVE, addresses?.list))
    self.addresses = addresses
    // Lets libcurl try the next address of a name in time; the deadline itself is ours.
    let connect = Int(min(max(request.deadlines.connect, 0.001), 100_000) * 1000) + 1000
    if connect != connectMilliseconds {
      connectMilliseconds = connect
      setting.long(CURLOPT_CONNECTTIMEOUT_MS, connect)
    }
    try setting.finish()
    try setMethod(request)
    try setHeaders(request)
  }

  private func setMethod(_ request: HTTPRequest) throws(TransportError) {
    guard HeaderList.isToken(request.method) else { throw .invalidRequest(reason: "the method is not a token") }
    var setting = Setting(self)
    if let body = upload(request) {
      if !isUpload {
        setting.long(CURLOPT_NOBODY, 0)
        setting.long(CURLOPT_POST, 1)
      }
      setting.check(muster_easy_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int64(body.count)))
      bodyBytes = body.count
      setting.upload(body)
      if method != request.method { setting.text(CURLOPT_CUSTOMREQUEST, request.method) }
      method = request.method
      isUpload = true
    } else if isUpload || method != request.method {
      isUpload = false
      let isHead = request.method == "HEAD"
      setting.long(CURLOPT_HTTPGET, 1)
      setting.long(CURLOPT_NOBODY, isHead ? 1 : 0)
      setting.text(CURLOPT_CUSTOMREQUEST, isHead ? nil : request.method)
      method = request.method
    }
    try setting.finish()
  }

  /// The body to send; POST, PUT and PATCH without one say that it is empty.
  private func upload(_ request: HTTPRequest) -> [UInt8]? {
    if let body = request.body { return body }
    return ["POST", "PUT", "PATCH"].contains(request.method) ? [] : nil
  }

  private func setHeaders(_ request: HTTPRequest) throws(TransportError) {
    let wanted = try material.headers(request.headers, hasBody: isUpload)
    guard wanted !== headers else { return }
    var setting = Setting(self)
    setting.check(muster_easy_list(easy, CURLOPT_HTTPHEADER, wanted.list))
    try setting.finish()
    headers = wanted
  }

  /// To be called before a transfer that is not over is taken away from libcurl.
  ///
  /// libcurl 7.88 puts the RST_STREAM into a buffer that goes out with the connection's next frame in either direction. A
  /// connection that carries nothing else may never have one, so it is closed; one with other streams lives on.
  func stop() {
    muster_easy_long(easy, CURLOPT_FORBID_REUSE, 1)
    isStopped = true
  }

  /// Ready for the next transfer; large bodies are let go.
  func rest() {
    transfer = nil
    if isStopped {
      muster_easy_long(easy, CURLOPT_FORBID_REUSE, 0)
      isStopped = false
    }
    guard bodyBytes > 0 else { return }
    if bodyBytes > 16 << 10 {
      // The size first: libcurl copies as many bytes as it was last told.
      _ = muster_easy_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, 0)
      muster_easy_text(easy, CURLOPT_COPYPOSTFIELDS, "")
    }
    bodyBytes = 0
  }
}

/// Collects the outcome of many settings.
struct Setting {
  private let easy: UnsafeMutableRawPointer
  private var failed: CURLcode?

  init(_ handle: CurlHandle) { easy = handle.easy }

  mutating func check(_ code: CURLcode) {
    if code != CURLE_OK, failed == nil { failed = code }
  }

  mutating func long(_ option: CURLoption, _ value: Int) { check(muster_easy_long(easy, option, value)) }
  mutating func text(_ option: CURLoption, _ value: String?) { check(muster_easy_text(easy, option, value)) }

  /// A copy of a request's body; without bytes it must still be a pointer, or libcurl would ask for them.
  mutating func upload(_ body: [UInt8]) {
    body.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress, !bytes.isEmpty else { return text(CURLOPT_COPYPOSTFIELDS, "") }
      check(muster_easy_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: start)))
    }
  }

  mutating func bytes(_ option: CURLoption, _ value: PinnedBytes?) {
    guard let value else { return }
    check(muster_easy_blob(easy, option, value.address, value.count))
  }

  /// - Throws: ``TransportError/invalidRequest(reason:)``
  func finish() throws(TransportError) {
    guard let failed else { return }
    throw failed == CURLE_OUT_OF_MEMORY
      ? .unreachable(reason: "no memory for another transfer")
      : .invalidRequest(
        reason: "this build of libcurl does not take a setting that is needed (code \(failed.rawValue))")
  }
}

// MARK: - Callbacks, called by libcurl on the loop thread

private func receiveBody(
  bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let handle = Unmanaged<CurlHandle>.fromOpaque(context).takeUnretainedValue()
  let length = size &* count
  guard let transfer = handle.transfer, let origin = transfer.origin else { return 0 }
  if length >= OriginMaterial.bufferBytes(origin.key.lane), let connection = transfer.connection {
    origin.pool.bufferIsFull(on: connection)
  }
  return transfer.receive(UnsafeRawBufferPointer(start: bytes, count: length), now: origin.now) ? length : 0
}

private func receiveHeader(
  bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
  guard let context else { return 0 }
  let handle = Unmanaged<CurlHandle>.fromOpaque(context).takeUnretainedValue()
  let length = size &* count
  guard let transfer = handle.transfer, let origin = transfer.origin else { return 0 }
  switch transfer.head.read(UnsafeRawBufferPointer(start: bytes, count: length)) {
  case .more: return length
  case .complete:
    origin.answered(transfer)
    return length
  case .tooLarge:
    transfer.ownFailure = .disconnected(reason: "the response's headers are longer than \(HeadReader.limit) bytes")
  case .malformed: transfer.ownFailure = .disconnected(reason: "the server's answer is not HTTP")
  }
  return 0
}

private func connectionIsOpen(
  context: UnsafeMutableRawPointer?, remote: UnsafeMutablePointer<CChar>?, local: UnsafeMutablePointer<CChar>?,
  remotePort: Int32, localPort: Int32
) -> Int32 {
  guard let context else { return CURL_PREREQFUNC_ABORT }
  let handle = Unmanaged<CurlHandle>.fromOpaque(context).takeUnretainedValue()
  guard let transfer = handle.transfer, let origin = transfer.origin else { return CURL_PREREQFUNC_ABORT }
  origin.connected(transfer, on: Int(localPort))
  return CURL_PREREQFUNC_OK
}
