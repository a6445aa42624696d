import CCurl

/// The yardstick: the same requests by libcurl's multi interface and nothing else.
///
/// One multi handle, `width` easy handles that are used again and again, epoll.
final class BareLoop {
  private let multi: UnsafeMutableRawPointer
  private let epoll: Int32
  private var timeout: Double?
  private var handles: [UnsafeMutableRawPointer] = []
  private let headers: UnsafeMutablePointer<curl_slist>?
  private let url: String
  private(set) var failures = 0

  init?(url: String, body: [UInt8], width: Int) {
    guard let multi = curl_multi_init() else { return nil }
    self.multi = multi
    self.url = url
    epoll = muster_epoll_create()
    headers = curl_slist_append(curl_slist_append(nil, "Content-Type: application/apply-patch+yaml"), "Expect:")
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
    for _ in 0..<width {
      guard let easy = curl_easy_init() else { return nil }
      configure(easy, body)
      handles.append(easy)
    }
  }

  deinit {
    for easy in handles { curl_easy_cleanup(easy) }
    curl_multi_cleanup(multi)
    curl_slist_free_all(headers)
    close(epoll)
  }

  private func configure(_ easy: UnsafeMutableRawPointer, _ body: [UInt8]) {
    muster_easy_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
    muster_easy_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
    muster_easy_long(easy, CURLOPT_NOSIGNAL, 1)
    muster_easy_long(easy, CURLOPT_PIPEWAIT, 1)
    muster_easy_text(easy, CURLOPT_PROXY, "")
    muster_easy_list(easy, CURLOPT_HTTPHEADER, headers)
    muster_easy_long(easy, CURLOPT_POST, 1)
    muster_easy_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int64(body.count))
    body.withUnsafeBytes { bytes in
      _ = muster_easy_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }
    muster_easy_text(easy, CURLOPT_CUSTOMREQUEST, "PATCH")
    muster_easy_on_data(easy, CURLOPT_WRITEFUNCTION) { _, size, count, _ in size &* count }
  }

  private func watch(_ descriptor: Int32, _ what: Int32, _ isKnown: Bool) -> Int32 {
    if what == CURL_POLL_REMOVE {
      muster_epoll_control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0)
      return 0
    }
    var events: UInt32 = 0
    if what & CURL_POLL_IN != 0 { events |= UInt32(EPOLLIN.rawValue) }
    if what & CURL_POLL_OUT != 0 { events |= UInt32(EPOLLOUT.rawValue) }
    muster_epoll_control(epoll, isKnown ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, events, UInt64(descriptor))
    if !isKnown { curl_multi_assign(multi, descriptor, multi) }
    return 0
  }

  /// Sends `count` requests, `width` at once.
  func run(_ count: Int) -> Cost {
    let began = (wall: Usage.wall(), cpu: Usage.cpu())
    var sent = 0
    var done = 0
    var running: Int32 = 0
    for easy in handles where sent < count {
      start(easy, sent)
      sent += 1
    }
    var events = [muster_event](repeating: muster_event(), count: Int(MUSTER_EVENTS))
    while done < count {
      if let due = timeout, due <= Usage.wall() {
        timeout = nil
        curl_multi_socket_action(multi, -1, 0, &running)
      } else {
        let wait = timeout.map { max(0, Int32(($0 - Usage.wall()) * 1000) + 1) } ?? 1000
        let ready = muster_epoll_wait(epoll, &events, wait)
        for event in events.prefix(Int(max(0, ready))) {
          let mask =
            (event.events & UInt32(EPOLLIN.rawValue) != 0 ? CURL_CSELECT_IN : 0)
            | (event.events & UInt32(EPOLLOUT.rawValue) != 0 ? CURL_CSELECT_OUT : 0)
          curl_multi_socket_action(multi, Int32(truncatingIfNeeded: event.tag), mask, &running)
        }
      }
      var result = CURLE_OK
      while let easy = muster_multi_next_done(multi, &result) {
        if result != CURLE_OK { failures += 1 }
        done += 1
        curl_multi_remove_handle(multi, easy)
        if sent < count {
          start(easy, sent)
          sent += 1
        }
      }
    }
    return Cost(
      rate: Double(count) / (Usage.wall() - began.wall), cpu: (Usage.cpu() - began.cpu) * 1000 / Double(count))
  }

  private func start(_ easy: UnsafeMutableRawPointer, _ index: Int) {
    muster_easy_text(easy, CURLOPT_URL, "\(url)/objects/\(index)")
    curl_multi_add_handle(multi, easy)
  }
}
