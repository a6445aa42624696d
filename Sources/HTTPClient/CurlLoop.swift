import CCurl
import Glibc
import Synchronization

/// One thread that moves every transfer: `curl_multi_socket_action` on epoll, woken by an eventfd.
///
/// Two multi handles, since libcurl pools connections per multi: requests and watches never meet on one connection, and
/// a connection takes so many streams and no more, so that none waits silently for a free one (DESIGN §4).
final class CurlLoop: @unchecked Sendable {
  // Unchecked: everything but `inbox` is touched by the loop's thread alone once it runs.

  private enum Command {
    case start(CurlTransfer)
    case cancel(CurlTransfer)
  }

  private struct Inbox {
    var commands: [Command] = []
    var isClosed = false
  }

  /// One multi handle and when libcurl wants to be called next.
  private final class Pool {
    let multi: UnsafeMutableRawPointer
    let epoll: Int32
    var wake: Double?
    private(set) var sockets: Set<Int32> = []

    init?(epoll: Int32, streamsPerConnection: Int) {
      guard let multi = curl_multi_init() else { return nil }
      self.multi = multi
      self.epoll = epoll
      muster_multi_set_long(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, streamsPerConnection)
      muster_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
      muster_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 8_192)
      muster_multi_set_callbacks(
        multi, Pool.onSocket, Pool.onTimer, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { curl_multi_cleanup(multi) }

    private static let onSocket: muster_socket_callback = { _, socket, what, context, assigned in
      guard let context else { return -1 }
      let pool = Unmanaged<Pool>.fromOpaque(context).takeUnretainedValue()
      if what == CURL_POLL_REMOVE {
        pool.sockets.remove(socket)
        muster_epoll_set(pool.epoll, EPOLL_CTL_DEL, socket, 0)
        return 0
      }
      var events: UInt32 = 0
      if what & CURL_POLL_IN != 0 { events |= EPOLLIN.rawValue }
      if what & CURL_POLL_OUT != 0 { events |= EPOLLOUT.rawValue }
      if assigned == nil {
        pool.sockets.insert(socket)
        muster_epoll_set(pool.epoll, EPOLL_CTL_ADD, socket, events)
        curl_multi_assign(pool.multi, socket, context)
      } else {
        muster_epoll_set(pool.epoll, EPOLL_CTL_MOD, socket, events)
      }
      return 0
    }

    private static let onTimer: muster_timer_callback = { _, milliseconds, context in
      guard let context else { return -1 }
      let pool = Unmanaged<Pool>.fromOpaque(context).takeUnretainedValue()
      pool.wake = milliseconds < 0 ? nil : MonotonicClock.now + Double(milliseconds) / 1000
      return 0
    }
  }

  /// How often our own deadlines are looked at.
  private static let sweepInterval = 0.25
  private static let streamsPerConnection = 64
  private static let spareHandles = 256

  private let inbox = Mutex(Inbox())
  private let epoll: Int32
  private let wakeup: Int32
  private let requests: Pool
  private let watches: Pool
  private var transfers: [UnsafeMutableRawPointer: CurlTransfer] = [:]
  private var idleHandles: [UnsafeMutableRawPointer] = []
  private var nextSweep = 0.0
  private var thread = pthread_t()

  /// - Throws: ``TransportError/invalidRequest(reason:)`` when the system gives no epoll or libcurl no handle.
  init() throws(TransportError) {
    guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK else {
      throw .invalidRequest(reason: "libcurl cannot be started")
    }
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard epoll >= 0, wakeup >= 0,
      let requests = Pool(epoll: epoll, streamsPerConnection: Self.streamsPerConnection),
      let watches = Pool(epoll: epoll, streamsPerConnection: Self.streamsPerConnection)
    else { throw .invalidRequest(reason: "the system gives no more file descriptors") }
    self.requests = requests
    self.watches = watches
    muster_epoll_set(epoll, EPOLL_CTL_ADD, wakeup, EPOLLIN.rawValue)
    let context = Unmanaged.passRetained(self).toOpaque()
    let failed = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<CurlLoop>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context)
    guard failed == 0 else {
      Unmanaged<CurlLoop>.fromOpaque(context).release()
      throw .invalidRequest(reason: "the system gives no more threads")
    }
  }

  deinit {
    for easy in idleHandles { curl_easy_cleanup(easy) }
    close(epoll)
    close(wakeup)
  }

  // MARK: From any thread

  func start(_ transfer: CurlTransfer) {
    if !send(.start(transfer)) { transfer.finish(.closed) }
  }

  func cancel(_ transfer: CurlTransfer) { _ = send(.cancel(transfer)) }

  /// Ends every transfer with ``TransportError/closed`` and the thread; returns when it is gone.
  func shutdown() {
    let wasClosed = inbox.withLock { inbox in
      defer { inbox.isClosed = true }
      return inbox.isClosed
    }
    guard !wasClosed else { return }
    eventfd_write(wakeup, 1)
    pthread_join(thread, nil)
  }

  private func send(_ command: Command) -> Bool {
    let (isOpen, isFirst) = inbox.withLock { inbox in
      guard !inbox.isClosed else { return (false, false) }
      inbox.commands.append(command)
      return (true, inbox.commands.count == 1)
    }
    if isFirst { eventfd_write(wakeup, 1) }
    return isOpen
  }

  // MARK: On the loop's thread

  private func run() {
    var events = [epoll_event](repeating: epoll_event(), count: 256)
    while true {
      let count = epoll_wait(epoll, &events, Int32(events.count), timeout())
      for event in events.prefix(Int(max(count, 0))) { handle(event) }
      fireTimers()
      guard takeCommands() else { break }
      sweep()
    }
    for transfer in Array(transfers.values) { end(transfer, .closed) }
  }

  private func timeout() -> Int32 {
    let now = MonotonicClock.now
    var wake = [requests.wake, watches.wake].compactMap(\.self).min()
    if !transfers.isEmpty { wake = min(wake ?? .infinity, nextSweep) }
    guard let wake else { return -1 }
    return Int32(max(0, min((wake - now) * 1000, 60_000)).rounded(.up))
  }

  private func handle(_ event: epoll_event) {
    var event = event
    let fd = muster_epoll_event_fd(&event)
    if fd == wakeup {
      var value: eventfd_t = 0
      eventfd_read(wakeup, &value)
      return
    }
    var what: Int32 = 0
    if event.events & EPOLLIN.rawValue != 0 { what |= CURL_CSELECT_IN }
    if event.events & EPOLLOUT.rawValue != 0 { what |= CURL_CSELECT_OUT }
    if event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { what |= CURL_CSELECT_ERR }
    let pool = owner(of: fd)
    var running: Int32 = 0
    curl_multi_socket_action(pool.multi, fd, what, &running)
    collect(pool)
  }

  private func owner(of fd: Int32) -> Pool { watches.sockets.contains(fd) ? watches : requests }

  private func fireTimers() {
    let now = MonotonicClock.now
    for pool in [requests, watches] {
      guard let wake = pool.wake, wake <= now else { continue }
      pool.wake = nil
      var running: Int32 = 0
      curl_multi_socket_action(pool.multi, curl_socket_t(CURL_SOCKET_TIMEOUT), 0, &running)
      collect(pool)
    }
  }

  /// - Returns: false once the loop is closed.
  private func takeCommands() -> Bool {
    let (commands, isClosed) = inbox.withLock { inbox in
      defer { inbox.commands.removeAll(keepingCapacity: true) }
      return (inbox.commands, inbox.isClosed)
    }
    for command in commands {
      switch command {
      case .start(let transfer) where isClosed: transfer.finish(.closed)
      case .start(let transfer): begin(transfer)
      case .cancel(let transfer):
        if transfer.easy != nil { end(transfer, .cancelled) } else { transfer.finish(.cancelled) }
      }
    }
    return !isClosed
  }

  private func pool(of transfer: CurlTransfer) -> Pool {
    transfer.request.lane == .watch ? watches : requests
  }

  private func begin(_ transfer: CurlTransfer) {
    let spare = transfer.request.lane == .request ? idleHandles.popLast() : nil
    guard let easy = spare ?? curl_easy_init() else {
      transfer.finish(.invalidRequest(reason: "libcurl gives no more handles"))
      return
    }
    do {
      try CurlSetup.prepare(easy, for: transfer)
    } catch {
      recycle(easy, lane: transfer.request.lane)
      transfer.finish(error)
      return
    }
    transfer.easy = easy
    transfer.begin(now: MonotonicClock.now)
    transfers[easy] = transfer
    if curl_multi_add_handle(pool(of: transfer).multi, easy) != CURLM_OK {
      end(transfer, .invalidRequest(reason: "libcurl does not take the request"))
    }
  }

  private func collect(_ pool: Pool) {
    var code = CURLE_OK
    while let easy = muster_multi_finished(pool.multi, &code) {
      guard let transfer = transfers[easy] else { continue }
      end(transfer, TransportError.ending(code, of: transfer))
    }
  }

  private func end(_ transfer: CurlTransfer, _ error: TransportError?) {
    guard let easy = transfer.easy else { return }
    curl_multi_remove_handle(pool(of: transfer).multi, easy)
    transfers[easy] = nil
    transfer.easy = nil
    recycle(easy, lane: transfer.request.lane)
    transfer.finish(error)
  }

  private func recycle(_ easy: UnsafeMutableRawPointer, lane: HTTPLane) {
    guard lane == .request, idleHandles.count < Self.spareHandles else {
      curl_easy_cleanup(easy)
      return
    }
    curl_easy_reset(easy)
    idleHandles.append(easy)
  }

  private func sweep() {
    let now = MonotonicClock.now
    guard now >= nextSweep else { return }
    nextSweep = now + Self.sweepInterval
    for transfer in Array(transfers.values) {
      if let error = transfer.expired(now: now) { end(transfer, error) }
    }
  }
}
