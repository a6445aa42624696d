import CCurl

/// One libcurl multi handle: a set of connections that only certain origins use. Loop thread only.
final class CurlPool {
  /// After so long without use a connection is closed; where there are more than ``manyOrigins``, sooner: an idle one
  /// costs 80 KB, and a new one a few milliseconds.
  static let idleSeconds = 600
  private static let idleSecondsOfMany = 45
  private static let manyOrigins = 128

  let number: UInt32
  let multi: UnsafeMutableRawPointer
  private let epoll: Int32
  /// When libcurl next wants to be called, by the loop's clock.
  private(set) var timeout: UInt64?
  /// Transfers added and not yet removed.
  private(set) var running = 0
  private var sweeper: UnsafeMutableRawPointer?
  /// Connections of transfers that were handed as many bytes as their buffers take.
  private var filled: Set<Int32> = []

  /// What libcurl waits for.
  private var watched: Set<Int32> = []
  private var descriptors: [StreamGate.Connection: Int32] = [:]

  /// How often libcurl is told before others have their turn.
  private static let mostRounds = 10_000

  /// - Throws: ``TransportError/unreachable(reason:)`` without memory or descriptors.
  init(number: UInt32, epoll: Int32, streams: Int) throws(TransportError) {
    guard let multi = muster_multi_init() else {
      throw .unreachable(reason: "no memory or descriptors for connections")
    }
    self.number = number
    self.multi = multi
    self.epoll = epoll
    let context = Unmanaged.passUnretained(self).toOpaque()
    muster_multi_on_socket(multi, socketChanged)
    muster_multi_pointer(multi, CURLMOPT_SOCKETDATA, context)
    muster_multi_on_timer(multi, timerChanged)
    muster_multi_pointer(multi, CURLMOPT_TIMERDATA, context)
    muster_multi_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    muster_multi_long(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, streams)
    // By default idle connections are closed beyond four times the running transfers: a fleet's would be, all the time.
    muster_multi_long(multi, CURLMOPT_MAXCONNECTS, 32_768)
  }

  deinit {
    if let sweeper {
      muster_multi_remove(multi, sweeper)
      muster_easy_cleanup(sweeper)
    }
    muster_multi_cleanup(multi)
  }

  func add(_ handle: CurlHandle) throws(TransportError) {
    guard muster_multi_add(multi, handle.easy) == CURLM_OK else {
      throw .unreachable(reason: "no memory for another transfer")
    }
    running += 1
  }

  /// Takes a transfer out; one that is not done is stopped (RST_STREAM, or its connection closed).
  func remove(_ handle: CurlHandle) {
    muster_multi_remove(multi, handle.easy)
    running -= 1
  }

  /// Tells libcurl that a descriptor is ready.
  func act(on descriptor: Int32, events: UInt32) {
    tell(descriptor, events)
    drain()
  }

  /// libcurl 7.88 stops reading an HTTP/2 connection when a stream's buffer is full, and with many streams on it does not
  /// come back for what it has read already: the rest of an event would wait for the next one. So it is told of the
  /// connection again as long as it filled a buffer.
  private func drain() {
    for _ in 0..<CurlPool.mostRounds {
      guard let descriptor = filled.popFirst() else { return }
      tell(descriptor, UInt32(EPOLLIN.rawValue))
    }
  }

  private func tell(_ descriptor: Int32, _ events: UInt32) {
    var mask: Int32 = 0
    if events & UInt32(EPOLLIN.rawValue) != 0 { mask |= CURL_CSELECT_IN }
    if events & UInt32(EPOLLOUT.rawValue) != 0 { mask |= CURL_CSELECT_OUT }
    if events & UInt32(EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR | CURL_CSELECT_IN }
    var left: Int32 = 0
    muster_multi_socket_action(multi, descriptor, mask, &left)
  }

  /// Lets libcurl do what its timer was for; false when it is not due.
  func actOnTimeout(now: UInt64) -> Bool {
    guard let timeout, timeout <= now else { return false }
    self.timeout = nil
    var left: Int32 = 0
    muster_multi_socket_action(multi, -1, 0, &left)
    drain()
    return true
  }

  /// A transfer was handed as many bytes as its buffer takes: there may be more that libcurl has read already.
  func bufferIsFull(on connection: StreamGate.Connection) {
    if let descriptor = descriptor(of: connection) { filled.insert(descriptor) }
  }

  /// libcurl tells the local port of a connection and the descriptors that it waits for, but not which is whose.
  private func descriptor(of connection: StreamGate.Connection) -> Int32? {
    if let known = descriptors[connection], muster_local_port(known) == connection { return known }
    let found = watched.first { muster_local_port($0) == connection }
    descriptors[connection] = found
    return found
  }

  /// The next transfer that is done.
  func nextDone() -> (handle: CurlHandle, result: CURLcode)? {
    var result = CURLE_OK
    while let easy = muster_multi_next_done(multi, &result) {
      if easy == sweeper { continue }
      guard let context = muster_easy_private(easy) else { continue }
      return (Unmanaged<CurlHandle>.fromOpaque(context).takeUnretainedValue(), result)
    }
    return nil
  }

  /// Closes connections that were idle for ``idleSeconds`` or that the server closed.
  ///
  /// libcurl does so only while it starts a transfer; this one ends there, since it is given no socket.
  /// - Parameter origins: how many share the pool.
  func sweep(origins: Int) {
    if let sweeper { muster_multi_remove(multi, sweeper) }
    guard let easy = sweeper ?? muster_easy_init() else { return }
    sweeper = easy
    muster_easy_text(easy, CURLOPT_URL, "http://127.0.0.1:9/")
    muster_easy_text(easy, CURLOPT_PROXY, "")
    muster_easy_long(easy, CURLOPT_NOSIGNAL, 1)
    let seconds = origins > CurlPool.manyOrigins ? CurlPool.idleSecondsOfMany : CurlPool.idleSeconds
    muster_easy_long(easy, CURLOPT_MAXAGE_CONN, seconds)
    muster_easy_on_open(easy) { _, _, _ in -1 }
    muster_multi_add(multi, easy)
  }

  fileprivate func watch(_ descriptor: Int32, what: Int32, isKnown: Bool) {
    if what == CURL_POLL_REMOVE {
      watched.remove(descriptor)
      descriptors = descriptors.filter { $0.value != descriptor }
      // The descriptor may be closed already; then epoll has forgotten it.
      muster_epoll_control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0)
      return
    }
    watched.insert(descriptor)
    var events: UInt32 = 0
    if what & CURL_POLL_IN != 0 { events |= UInt32(EPOLLIN.rawValue) }
    if what & CURL_POLL_OUT != 0 { events |= UInt32(EPOLLOUT.rawValue) }
    let tag = UInt64(number) << 32 | UInt64(UInt32(bitPattern: descriptor))
    if isKnown, muster_epoll_control(epoll, EPOLL_CTL_MOD, descriptor, events, tag) == 0 { return }
    if muster_epoll_control(epoll, EPOLL_CTL_ADD, descriptor, events, tag) != 0 {
      muster_epoll_control(epoll, EPOLL_CTL_MOD, descriptor, events, tag)
    }
    muster_multi_assign(multi, descriptor, multi)
  }

  fileprivate func setTimeout(_ milliseconds: Int) {
    timeout = milliseconds < 0 ? nil : Clock.now() &+ UInt64(milliseconds) &* 1_000_000
  }
}

private func socketChanged(
  easy: UnsafeMutableRawPointer?, descriptor: curl_socket_t, what: Int32, context: UnsafeMutableRawPointer?,
  assigned: UnsafeMutableRawPointer?
) -> Int32 {
  guard let context else { return 0 }
  Unmanaged<CurlPool>.fromOpaque(context).takeUnretainedValue()
    .watch(descriptor, what: what, isKnown: assigned != nil)
  return 0
}

private func timerChanged(
  multi: UnsafeMutableRawPointer?, milliseconds: Int, context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let context else { return 0 }
  Unmanaged<CurlPool>.fromOpaque(context).takeUnretainedValue().setTimeout(milliseconds)
  return 0
}
