import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// One simulated API server on its own address: listener, connections, faults, and the machine that answers.
///
/// Everything happens on one event loop; the lock lets other threads read and set faults.
package final class SimulatedCluster: RequestResponder {
  package let name: String
  /// `127.1.0.1`.
  package let host: String
  package let administratorToken: String
  private let loop: any EventLoop
  private let authority: CertificateAuthority
  private let state: Mutex<State>

  private struct State {
    var machine: APIServer
    var port: Int
    var faults = ClusterFaults()
    var listener: (any Channel)?
    var connections: [ObjectIdentifier: any Channel] = [:]
    var streams: [WatchID: ResponseStream] = [:]
    /// Bytes sent to watches whose clients do not read, since they stopped reading.
    var unread: [WatchID: Int] = [:]
    var timer: Scheduled<Void>?
    var timerDue: Moment?
    /// Made when the first connection comes: most of a thousand servers may never see one.
    var tls: NIOSSLContext?
    /// Markers of the options, beside those of the faults.
    let brokenImageMarkers: [String]

    /// The refusal that the next request gets instead of an answer.
    mutating func takeInjectedStatus() -> StatusError? {
      guard let injected = faults.status else { return nil }
      guard let remaining = injected.remaining else { return injected.error }
      faults.status?.remaining = remaining - 1
      if remaining <= 1 { faults.status = nil }
      return remaining > 0 ? injected.error : nil
    }
  }

  init(
    name: String, host: String, port: Int, administratorToken: String, options: ServerOptions,
    authority: CertificateAuthority, loop: any EventLoop
  ) {
    self.name = name
    self.host = host
    self.administratorToken = administratorToken
    self.loop = loop
    self.authority = authority
    let machine = APIServer(
      name: name, address: "\(host):\(port)", administratorToken: administratorToken, options: options,
      startedAt: .current)
    state = Mutex(State(machine: machine, port: port, brokenImageMarkers: options.brokenImageMarkers))
  }

  package var port: Int { state.withLock { $0.port } }
  /// `https://127.1.0.1:6443`.
  package var server: String { "https://\(host):\(port)" }
  package var faults: ClusterFaults { state.withLock { $0.faults } }
  package var counters: RequestCounters { state.withLock { $0.machine.counters } }
  package var openWatches: Int { state.withLock { $0.machine.openWatches } }
  package var openConnections: Int { state.withLock { $0.connections.count } }
  package var objectCount: Int { state.withLock { $0.machine.objectCount } }
  package var revision: UInt64 { state.withLock { $0.machine.revision } }

  // MARK: Listening

  /// Listens on the address; with port 0 the kernel chooses one, which stays from then on.
  func listen() async throws {
    let listener = try await bind()
    state.withLock { state in
      state.listener = listener
      state.port = listener.localAddress?.port ?? state.port
      state.machine.address = "\(host):\(state.port)"
    }
  }

  /// An address that was let go may be somebody else's for a moment: it is tried for some seconds.
  private func bind() async throws -> any Channel {
    for _ in 0..<50 {
      do {
        return try await bootstrap().bind(host: host, port: port).get()
      } catch let error as IOError where error.errnoCode == EADDRINUSE && port != 0 {
        try await Task.sleep(for: .milliseconds(100))
      }
    }
    return try await bootstrap().bind(host: host, port: port).get()
  }

  private func bootstrap() -> ServerBootstrap {
    let setup = ConnectionSetup(responder: self)
    return ServerBootstrap(group: loop, childGroup: loop)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.backlog, value: 128)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 4)
      .childChannelInitializer { [self] channel in
        accept(channel)
        do {
          return setup.configure(channel, tls: try tlsContext())
        } catch {
          return channel.eventLoop.makeFailedFuture(error)
        }
      }
  }

  private func tlsContext() throws -> NIOSSLContext {
    try state.withLock { state in
      if let context = state.tls { return context }
      let context = try authority.serverContext(address: host)
      state.tls = context
      return context
    }
  }

  private func accept(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    state.withLock { $0.connections[id] = channel }
    channel.closeFuture.whenComplete { [weak self] _ in
      self?.state.withLock { $0.connections[id] = nil }
    }
  }

  /// Stops listening and cuts every connection.
  func close() async {
    let (listener, timer) = state.withLock { state in
      defer {
        state.listener = nil
        state.timer = nil
        state.timerDue = nil
      }
      return (state.listener, state.timer)
    }
    timer?.cancel()
    // A listener that is closed already is what we want.
    try? await listener?.close().get()
    cutConnections()
  }

  private func cutConnections() {
    for channel in state.withLock({ Array($0.connections.values) }) { channel.close(promise: nil) }
  }

  // MARK: Answering

  func respond(to request: APIRequest, through reply: ResponseStream) {
    let latency = faults.latency
    if latency > .zero {
      loop.scheduleTask(in: TimeAmount(latency)) { [self] in answer(request, reply) }
    } else {
      answer(request, reply)
    }
  }

  private func answer(_ request: APIRequest, _ reply: ResponseStream) {
    let answer = state.withLock { state -> APIAnswer in
      if let injected = state.takeInjectedStatus() { return APIServer.answer(injected) }
      if state.faults.sendsGarbage {
        return APIAnswer(status: 200, body: Array("{\"kind\": \u{7F}not what you asked for".utf8))
      }
      let answer = state.machine.handle(request, at: .current)
      if let id = answer.watch { state.streams[id] = reply }
      return answer
    }
    guard let id = answer.watch else {
      reply.send(answer)
      return pump()
    }
    reply.channel.closeFuture.whenComplete { [weak self] _ in self?.clientLeft(id) }
    reply.begin(answer)
    pump()
  }

  private func clientLeft(_ watch: WatchID) {
    state.withLock { state in
      state.unread[watch] = nil
      guard state.streams.removeValue(forKey: watch) != nil else { return }
      state.machine.closeWatch(watch)
    }
  }

  /// Sends what the watches wait for and sets the timer; on the event loop only.
  private func pump() {
    let outputs = state.withLock { state -> [(ResponseStream, WatchOutput)] in
      guard !state.faults.isFrozen else { return [] }
      let outputs = state.machine.drainOutputs().compactMap { output in
        state.streams[output.watch].map { ($0, output) }
      }
      for (_, output) in outputs where output.ends { state.streams[output.watch] = nil }
      setTimer(&state)
      return outputs
    }
    for (stream, output) in outputs {
      if isTooSlow(stream, output) { stream.cut() } else { stream.send(output) }
    }
  }

  /// A client that does not read its watch is cut off, as the API server does, before it fills the memory.
  private func isTooSlow(_ stream: ResponseStream, _ output: WatchOutput) -> Bool {
    if stream.channel.isWritable, output.ends == false {
      state.withLock { state in if !state.unread.isEmpty { state.unread[output.watch] = nil } }
      return false
    }
    return state.withLock { state in
      state.unread[output.watch, default: 0] += output.bytes.count
      defer { if output.ends { state.unread[output.watch] = nil } }
      return state.unread[output.watch, default: 0] > Self.maximumUnread
    }
  }

  private static let maximumUnread = 8 << 20

  private func setTimer(_ state: inout State) {
    let next = state.machine.nextDeadline
    guard next != state.timerDue else { return }
    state.timer?.cancel()
    state.timer = nil
    state.timerDue = next
    guard let next else { return }
    let delay = max(0, next.milliseconds - Moment.current.milliseconds)
    state.timer = loop.scheduleTask(in: .milliseconds(delay)) { [weak self] in self?.timeHasCome() }
  }

  private func timeHasCome() {
    state.withLock { state in
      state.timerDue = nil
      state.timer = nil
      guard !state.faults.isFrozen else { return }
      state.machine.advance(to: .current)
    }
    pump()
  }

  // MARK: Faults

  /// Sets what is wrong from now on, and waits until it is so.
  package func setFaults(_ faults: ClusterFaults) async throws {
    let before = state.withLock { state in
      defer {
        state.faults = faults
        state.machine.setBrokenImages(state.brokenImageMarkers + faults.brokenImages)
        state.machine.setFailingImages(faults.failingImages)
        state.machine.setMutations(faults.mutations)
      }
      return state.faults
    }
    if before.outage != faults.outage { try await setOutage(faults.outage) }
    if before.isFrozen != faults.isFrozen { try await setReading(!faults.isFrozen) }
    try await loop.submit { [self] in pump() }.get()
  }

  private func setOutage(_ outage: ClusterFaults.Outage?) async throws {
    let listener = state.withLock { state in
      defer { state.listener = nil }
      return state.listener
    }
    try await listener?.close().get()
    cutConnections()
    if outage == .refuse { return }
    try await listen()
    if outage == .blackHole { try await setReading(false) }
  }

  /// A listener that does not read accepts nobody, a connection that does not read answers nobody.
  private func setReading(_ isReading: Bool) async throws {
    let channels = state.withLock { state in
      Array(state.connections.values) + (state.listener.map { [$0] } ?? [])
    }
    for channel in channels where channel.isActive {
      do {
        try await channel.setOption(.autoRead, value: isReading).get()
      } catch ChannelError.ioOnClosedChannel {
        continue  // Its client left just now.
      }
      if isReading { channel.read() }
    }
  }

  /// Ends every watch as a server does that goes away: without a word.
  package func dropWatches() async throws {
    let streams = state.withLock { state in
      state.machine.forgetWatches()
      defer {
        state.streams = [:]
        state.unread = [:]
      }
      return Array(state.streams.values)
    }
    try await loop.submit { for stream in streams { stream.cut() } }.get()
  }

  /// Forgets the past: watches from any version before now are expired, open ones are told so.
  package func expireHistory() async throws {
    state.withLock { $0.machine.expireHistory() }
    try await loop.submit { [self] in pump() }.get()
  }

  /// Takes the revision counter back by `revisions` and cuts every connection, as a restore from a backup does.
  package func restoreFromBackup(revisions: UInt64) {
    state.withLock { $0.machine.rewind(by: revisions) }
    cutConnections()
  }

  /// Answers a request in the process, without a connection; for tests.
  package func handle(_ request: APIRequest) async throws -> APIAnswer {
    let answer = state.withLock { $0.machine.handle(request, at: .current) }
    try await loop.submit { [self] in pump() }.get()
    return answer
  }
}

extension Moment {
  /// The clock of the machine.
  package static var current: Moment {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Moment(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
