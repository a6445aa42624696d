import CCurl
package import HTTPClient

/// The yardstick: the same requests by libcurl's multi interface and nothing else.
///
/// One multi handle, epoll, and for each server `width` easy handles that are used again and again. Servers are not
/// verified, which costs less than verifying them.
package final class BareLoop {
  /// The requests to one server, and the handles that send them.
  private final class Lane {
    var idle: [UnsafeMutableRawPointer] = []
    var waiting: ArraySlice<HTTPRequest> = []
  }

  private let multi: UnsafeMutableRawPointer
  private let epoll: Int32
  private let width: Int
  private var timeout: Double?
  private var lanes: [String: Lane] = [:]
  private var owners: [UnsafeMutableRawPointer: Lane] = [:]
  private var headers: [UnsafeMutablePointer<curl_slist>?] = []
  private var pinned: [UnsafeMutableRawBufferPointer] = []
  /// Requests that ended without a status below 300.
  package private(set) var failures = 0

  package init?(width: Int) {
    guard let multi = muster_multi_init() else { return nil }
    self.multi = multi
    self.width = width
    epoll = muster_epoll_create()
    let context = Unmanaged.passUnretained(self).toOpaque()
    muster_multi_pointer(multi, CURLMOPT_SOCKETDATA, context)
    muster_multi_pointer(multi, CURLMOPT_TIMERDATA, context)
    muster_multi_on_socket(multi) { _, descriptor, what, context, assigned in
      guard let context else { return 0 }
      return Unmanaged<BareLoop>.fromOpaque(context).takeUnretainedValue().watch(descriptor, what, assigned != nil)
    }
    muster_multi_on_timer(multi) { _, milliseconds, context in
      guard let context else { return 0 }
      let loop = Unmanaged<BareLoop>.fromOpaque(context).takeUnretainedValue()
      loop.timeout = milliseconds < 0 ? nil : Usage.wall() + Double(milliseconds) / 1000
      return 0
    }
  }

  deinit {
    for easy in owners.keys { muster_easy_cleanup(easy) }
    muster_multi_cleanup(multi)
    for list in headers { muster_list_free(list) }
    for buffer in pinned { buffer.deallocate() }
    close(epoll)
  }

  /// Sends all of them, at most `width` to a server at once; requests to one server have to have equal methods and headers.
  package func run(_ requests: [HTTPRequest]) -> Cost {
    prepare(requests)
    let began = (wall: Usage.wall(), cpu: Usage.cpu())
    for lane in lanes.values {
      while let easy = lane.idle.popLast() {
        guard let next = lane.waiting.popFirst() else {
          lane.idle.append(easy)
          break
        }
        start(next, on: easy)
      }
    }
    finish(requests.count)
    return Cost(
      rate: Double(requests.count) / (Usage.wall() - began.wall),
      cpu: (Usage.cpu() - began.cpu) * 1000 / Double(max(1, requests.count)))
  }

  // MARK: Handles

  private func prepare(_ requests: [HTTPRequest]) {
    let byServer = Dictionary(grouping: requests) { request in
      request.url.split(separator: "/", maxSplits: 2).prefix(2).joined(separator: "//") + request.method
    }
    for (server, requests) in byServer {
      let lane = lanes[server] ?? Lane()
      if lanes[server] == nil, let first = requests.first { open(lane, for: first) }
      lanes[server] = lane
      lane.waiting = requests[...]
    }
  }

  private func open(_ lane: Lane, for request: HTTPRequest) {
    var list: UnsafeMutablePointer<curl_slist>? = muster_list_append(nil, "Expect:")
    for header in request.headers { list = muster_list_append(list, "\(header.name): \(header.value)") }
    headers.append(list)
    for _ in 0..<width {
      guard let easy = muster_easy_init() else { continue }
      muster_easy_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
      muster_easy_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
      muster_easy_long(easy, CURLOPT_NOSIGNAL, 1)
      muster_easy_long(easy, CURLOPT_PIPEWAIT, 1)
      muster_easy_text(easy, CURLOPT_PROXY, "")
      muster_easy_list(easy, CURLOPT_HTTPHEADER, list)
      if request.body != nil { muster_easy_long(easy, CURLOPT_POST, 1) }
      muster_easy_text(easy, CURLOPT_CUSTOMREQUEST, request.method)
      muster_easy_on_data(easy, CURLOPT_WRITEFUNCTION) { _, size, count, _ in size &* count }
      if let certificate = request.endpoint.clientCertificate {
        muster_easy_blob(easy, CURLOPT_SSLCERT_BLOB, pin(certificate.chain).baseAddress, certificate.chain.count)
        let key = pin(certificate.key)
        muster_easy_blob(easy, CURLOPT_SSLKEY_BLOB, key.baseAddress, key.count)
      }
      lane.idle.append(easy)
      owners[easy] = lane
    }
  }

  private func pin(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    buffer.copyBytes(from: bytes)
    pinned.append(buffer)
    return buffer
  }

  private func start(_ request: HTTPRequest, on easy: UnsafeMutableRawPointer) {
    muster_easy_text(easy, CURLOPT_URL, request.url)
    if let body = request.body {
      muster_easy_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int64(body.count))
      body.withUnsafeBytes { bytes in
        _ = muster_easy_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
      }
    }
    muster_multi_add(multi, easy)
  }

  // MARK: The loop

  private func watch(_ descriptor: Int32, _ what: Int32, _ isKnown: Bool) -> Int32 {
    if what == CURL_POLL_REMOVE {
      muster_epoll_control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0)
      return 0
    }
    var events: UInt32 = 0
    if what & CURL_POLL_IN != 0 { events |= UInt32(EPOLLIN.rawValue) }
    if what & CURL_POLL_OUT != 0 { events |= UInt32(EPOLLOUT.rawValue) }
    muster_epoll_control(epoll, isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, events, UInt64(descriptor))
    if !isKnown { muster_multi_assign(multi, descriptor, multi) }
    return 0
  }

  private func finish(_ count: Int) {
    var done = 0
    var running: Int32 = 0
    var events = [muster_event](repeating: muster_event(), count: Int(MUSTER_EVENTS))
    while done < count {
      if let due = timeout, due <= Usage.wall() {
        timeout = nil
        muster_multi_socket_action(multi, -1, 0, &running)
      } else {
        let wait = timeout.map { max(0, Int32(($0 - Usage.wall()) * 1000) + 1) } ?? 1000
        let ready = muster_epoll_wait(epoll, &events, wait)
        for event in events.prefix(Int(max(0, ready))) {
          let mask =
            (event.events & UInt32(EPOLLIN.rawValue) != 0 ? CURL_CSELECT_IN : 0)
            | (event.events & UInt32(EPOLLOUT.rawValue) != 0 ? CURL_CSELECT_OUT : 0)
          muster_multi_socket_action(multi, Int32(truncatingIfNeeded: event.tag), mask, &running)
        }
      }
      var result = CURLE_OK
      while let easy = muster_multi_next_done(multi, &result) {
        done += 1
        if result != CURLE_OK || muster_easy_info_long(easy, CURLINFO_RESPONSE_CODE) >= 300 { failures += 1 }
        muster_multi_remove(multi, easy)
        guard let lane = owners[easy] else { continue }
        if let next = lane.waiting.popFirst() { start(next, on: easy) } else { lane.idle.append(easy) }
      }
    }
  }
}
