import CCurl
import Glibc
import Synchronization

/// The one thread that drives libcurl: epoll over the sockets of all pools, an eventfd for what other threads hand over.
///
/// Unchecked, because all members below "Loop thread only" are touched by the loop's thread alone; the inbox is behind
/// a mutex.
final class CurlLoop: @unchecked Sendable {
  private enum Command {
    case start(Transfer)
    case cancel(Transfer)
    case endStreams(OriginKey)
    case resolved(OriginKey, Result<[String], TransportError>)
    case shutdown
  }

  private struct Inbox {
    var commands: [Command] = []
    var isClosed = false
    var thread: pthread_t?
  }

  private struct PoolKey: Hashable {
    var lane: HTTPLane
    var proxy: HTTPSecret?
  }

  private static let wakeTag = UInt64.max
  private static let sweepInterval: UInt64 = 30_000_000_000
  private static let originLife: UInt64 = 300_000_000_000
  /// Handles at rest over all origins: each holds some 30 KB.
  private static let maximumResting = 768

  private let inbox = Mutex(Inbox())
  private let epoll: Int32
  private let wake: Int32
  private let resolver: NameResolver
  /// Nanoseconds until a name is looked up again.
  let addressLife: UInt64

  // Loop thread only.
  private(set) var now = Clock.now()
  private var origins: [OriginKey: CurlOrigin] = [:]
  private var pools: [PoolKey: CurlPool] = [:]
  private var numbered: [UInt32: CurlPool] = [:]
  private var nextNumber: UInt32 = 0
  private var active: [ObjectIdentifier: Transfer] = [:]
  private var deadlines = DeadlineHeap()
  private var toPump: [CurlOrigin] = []
  private var nextSweep: UInt64
  private var resting = 0
  private var isStopping = false

  /// - Throws: ``TransportError/unreachable(reason:)`` without descriptors or threads.
  init(resolver: NameResolver, addressLife: UInt64) throws(TransportError) {
    guard CurlLoop.libraryIsReady else {
      throw .unreachable(reason: "libcurl (libcurl.so.4) cannot be loaded or does not start")
    }
    self.resolver = resolver
    self.addressLife = addressLife
    epoll = muster_epoll_create()
    wake = muster_eventfd_create()
    nextSweep = now &+ CurlLoop.sweepInterval
    guard epoll >= 0, wake >= 0,
      muster_epoll_control(epoll, EPOLL_CTL_ADD, wake, UInt32(EPOLLIN.rawValue), CurlLoop.wakeTag) == 0
    else { throw .unreachable(reason: "no descriptors are left") }
    guard let thread = Thread({ self.run() }).launch() else { throw .unreachable(reason: "no threads are left") }
    inbox.withLock { $0.thread = thread }
  }

  private static let libraryIsReady = muster_global_init() == CURLE_OK

  // MARK: - From any thread

  /// Takes a transfer; its sink hears of the outcome, always.
  func start(_ transfer: Transfer) {
    if !post(.start(transfer)) { transfer.complete(.closed) }
  }

  /// Stops a transfer, at once if it did not start yet.
  func cancel(_ transfer: Transfer) {
    transfer.isCancelled.store(true, ordering: .releasing)
    post(.cancel(transfer))
  }

  /// Ends the streams on the connections of such a request.
  func endStreams(like request: HTTPRequest) {
    guard let (site, _) = try? Site.split(request.url) else { return }  // A bad URL has no connections.
    post(.endStreams(OriginKey(endpoint: request.endpoint, site: site, lane: request.lane)))
  }

  /// Fails what is pending with ``TransportError/closed`` and waits for the thread's end. Later calls do nothing.
  func shutdown() {
    let thread = close()
    if let thread { pthread_join(thread, nil) }
  }

  /// As ``shutdown()``, without waiting.
  func abandon() {
    if let thread = close() { pthread_detach(thread) }
  }

  private func close() -> pthread_t? {
    post(.shutdown)
    return inbox.withLock { inbox in
      inbox.isClosed = true
      defer { inbox.thread = nil }
      return inbox.thread
    }
  }

  /// One signal is enough for all that was put in before the loop looks.
  @discardableResult
  private func post(_ command: Command) -> Bool {
    inbox.withLock { inbox in
      if inbox.isClosed { return false }
      let wasEmpty = inbox.commands.isEmpty
      inbox.commands.append(command)
      if wasEmpty { muster_eventfd_signal(wake) }
      return true
    }
  }

  // MARK: - Loop thread

  private func run() {
    let events = UnsafeMutableBufferPointer<muster_event>.allocate(capacity: Int(MUSTER_EVENTS))
    defer { events.deallocate() }
    while !isStopping {
      now = Clock.now()
      takeCommands()
      runTimers()
      collect()
      expire()
      pumpOrigins()
      if now >= nextSweep { sweep() }
      let count = muster_epoll_wait(epoll, events.baseAddress, waitMilliseconds())
      now = Clock.now()
      for event in events.prefix(Int(max(0, count))) { handle(event) }
      collect()
    }
    tearDown()
  }

  private func handle(_ event: muster_event) {
    if event.tag == CurlLoop.wakeTag { return muster_eventfd_clear(wake) }
    let descriptor = Int32(bitPattern: UInt32(truncatingIfNeeded: event.tag))
    numbered[UInt32(event.tag >> 32)]?.act(on: descriptor, events: event.events)
  }

  private func waitMilliseconds() -> Int32 {
    if isStopping || !toPump.isEmpty { return 0 }
    var soonest = nextSweep
    if let deadline = deadlines.first { soonest = min(soonest, deadline) }
    for pool in pools.values {
      if let timeout = pool.timeout { soonest = min(soonest, timeout) }
    }
    let time = Clock.now()
    guard soonest > time else { return 0 }
    return Int32(min((soonest - time + 999_999) / 1_000_000, 60_000))
  }

  private func takeCommands() {
    let commands = inbox.withLock { inbox in
      defer { inbox.commands = [] }
      return inbox.commands
    }
    for command in commands {
      switch command {
      case .start(let transfer): begin(transfer)
      case .cancel(let transfer): end(transfer, .cancelled)
      case .endStreams(let key): endStreams(of: key)
      case .resolved(let key, let result): origins[key]?.resolved(result)
      case .shutdown: isStopping = true
      }
    }
  }

  private func begin(_ transfer: Transfer) {
    guard !transfer.isCancelled.load(ordering: .acquiring) else { return transfer.complete(.cancelled) }
    guard !isStopping else { return transfer.complete(.closed) }
    transfer.startedAt = now &- min(now, Clock.nanoseconds(transfer.request.waited))
    do throws(TransportError) {
      let (site, rest) = try Site.split(transfer.request.url)
      transfer.target = rest
      let origin = try origin(OriginKey(endpoint: transfer.request.endpoint, site: site, lane: transfer.request.lane))
      transfer.origin = origin
      active[ObjectIdentifier(transfer)] = transfer
      reschedule(transfer)
      origin.enqueue(transfer)
    } catch {
      transfer.complete(error)
    }
  }

  private func origin(_ key: OriginKey) throws(TransportError) -> CurlOrigin {
    if let known = origins[key] { return known }
    // The URL's text is not kept alive by a part of it.
    let owned = OriginKey(endpoint: key.endpoint, site: Substring(String(key.site)), lane: key.lane)
    let material = try OriginMaterial(owned)
    let fresh = CurlOrigin(owned, material: material, pool: try pool(for: owned), loop: self)
    origins[owned] = fresh
    return fresh
  }

  private func pool(for origin: OriginKey) throws(TransportError) -> CurlPool {
    let key = PoolKey(lane: origin.lane, proxy: origin.endpoint.proxy)
    if let known = pools[key] { return known }
    let streams = CurlOrigin.limits(key.lane).streams
    let fresh = try CurlPool(number: nextNumber, epoll: epoll, streams: streams)
    nextNumber &+= 1
    pools[key] = fresh
    numbered[fresh.number] = fresh
    return fresh
  }

  private func runTimers() {
    for pool in pools.values {
      // A batch of new transfers is one call; what finished meanwhile may ask for another.
      for _ in 0..<4 where pool.actOnTimeout(now: Clock.now()) { continue }
    }
  }

  private func collect() {
    for pool in pools.values {
      while let (handle, result) = pool.nextDone() {
        guard let transfer = handle.transfer else { continue }
        finish(transfer, handle, result)
      }
    }
    pumpOrigins()
  }

  private func finish(_ transfer: Transfer, _ handle: CurlHandle, _ result: CURLcode) {
    if result == CURLE_HTTP2, transfer.mayBeSentAgain { return sendAgain(transfer) }
    let failure = CurlFailure.describe(transfer, handle, result)
    let failedToConnect = transfer.phase == .connecting ? failure : nil
    transfer.origin?.release(transfer, reuse: true, isOver: true, failedToConnect: failedToConnect)
    complete(transfer, failure)
  }

  /// After a GOAWAY libcurl ends what the server did not take with this code: by RFC 9113 §8.7 it was not acted upon,
  /// and may go to a fresh connection whatever its method. (A single refused stream libcurl sends again itself.)
  private func sendAgain(_ transfer: Transfer) {
    transfer.origin?.release(transfer, reuse: true, isOver: true)
    transfer.startAgain()
    reschedule(transfer)
    transfer.origin?.enqueue(transfer)
  }

  /// Stops a transfer wherever it is.
  private func end(_ transfer: Transfer, _ failure: TransportError) {
    guard transfer.phase != .finished, active[ObjectIdentifier(transfer)] != nil else { return }
    var failedToConnect: TransportError?
    if transfer.phase == .connecting, case .deadline(.connect, _) = failure { failedToConnect = failure }
    transfer.origin?.release(transfer, reuse: true, isOver: false, failedToConnect: failedToConnect)
    complete(transfer, failure)
  }

  private func endStreams(of key: OriginKey) {
    guard let origin = origins[key] else { return }
    for transfer in active.values.filter({ $0.origin === origin }) {
      end(transfer, .disconnected(reason: "its connection answers no more"))
    }
  }

  private func expire() {
    while let transfer = deadlines.popDue(now) {
      guard let deadline = transfer.deadline() else { continue }
      if deadline.time <= now { end(transfer, deadline.missed) } else { deadlines.set(transfer, at: deadline.time) }
    }
  }

  private func pumpOrigins() {
    guard !toPump.isEmpty else { return }
    let origins = toPump
    toPump = []
    for origin in origins {
      origin.isToBePumped = false
      origin.pump()
    }
  }

  // MARK: - For origins

  /// Pumps an origin as soon as no callback of libcurl's is running.
  func pumpLater(_ origin: CurlOrigin) {
    guard !origin.isToBePumped else { return }
    origin.isToBePumped = true
    toPump.append(origin)
  }

  /// Whether one more handle may rest; makes room at the cost of idle origins.
  func mayRest(of origin: CurlOrigin) -> Bool {
    if resting >= CurlLoop.maximumResting {
      for other in origins.values where other !== origin && other.isIdle { other.tidy() }
    }
    guard resting < CurlLoop.maximumResting else { return false }
    resting += 1
    return true
  }

  func handlesLeave(_ count: Int) { resting -= count }

  func reschedule(_ transfer: Transfer) { deadlines.set(transfer, at: transfer.deadline()?.time) }

  func complete(_ transfer: Transfer, _ failure: TransportError?) {
    deadlines.remove(transfer)
    active[ObjectIdentifier(transfer)] = nil
    transfer.complete(failure)
  }

  func resolve(_ host: String, for key: OriginKey) {
    // The look-up may outlive the loop.
    resolver.resolve(host) { [weak self] in self?.post(.resolved(key, $0)) }
  }

  // MARK: - Now and then, and at the end

  private func sweep() {
    nextSweep = now &+ CurlLoop.sweepInterval
    for (key, origin) in origins where origin.isIdle || key.lane == .watch {
      // A watch that began again seldom does so soon.
      origin.tidy()
      if origin.isIdle, now &- origin.usedAt > CurlLoop.originLife { origins[key] = nil }
    }
    var sharing: [PoolKey: Int] = [:]
    for origin in origins.keys { sharing[PoolKey(lane: origin.lane, proxy: origin.endpoint.proxy), default: 0] += 1 }
    for (key, pool) in pools {
      if let origins = sharing[key] {
        pool.sweep(origins: origins)
      } else {
        pools[key] = nil
        numbered[pool.number] = nil
      }
    }
  }

  private func tearDown() {
    takeCommands()
    for transfer in Array(active.values) {
      transfer.origin?.release(transfer, reuse: false, isOver: false)
      complete(transfer, .closed)
    }
    toPump = []
    origins = [:]
    pools = [:]
    numbered = [:]
    inbox.withLock { inbox in
      inbox.isClosed = true
      for case .start(let transfer) in inbox.commands { transfer.complete(.closed) }
      inbox.commands = []
      Glibc.close(wake)
      Glibc.close(epoll)
    }
  }
}
