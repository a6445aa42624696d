/// One origin's transfers: those that wait, the gate that lets them go, the handles at rest. Loop thread only.
final class CurlOrigin {
  let key: OriginKey
  let material: OriginMaterial
  let pool: CurlPool
  private(set) var gate: StreamGate
  private unowned let loop: CurlLoop
  private var waiting: [Transfer] = []
  private var waitingHead = 0
  private var resting: [CurlHandle] = []
  private var addresses: HeldAddresses?
  private var isResolving = false
  private(set) var usedAt: UInt64
  var isToBePumped = false

  private static let maximumResting = 64

  private struct HeldAddresses {
    var list: AddressList
    var until: UInt64
  }

  init(_ key: OriginKey, material: OriginMaterial, pool: CurlPool, loop: CurlLoop) {
    self.key = key
    self.material = material
    self.pool = pool
    self.loop = loop
    gate = StreamGate(
      limits: CurlOrigin.limits(key.lane), version: material.site.isSecure ? .unknown : .serial)
    usedAt = loop.now
  }

  static func limits(_ lane: HTTPLane) -> StreamGate.Limits {
    switch lane {
    case .request: .init(streams: 64, connections: 4, serialConnections: 16, waitsForHead: false)
    case .watch: .init(streams: 90, connections: 256, serialConnections: 4096, waitsForHead: true)
    }
  }

  var now: UInt64 { loop.now }
  var isIdle: Bool { gate.isIdle && waitingHead == waiting.count && !isResolving }

  // MARK: - Letting transfers go

  func enqueue(_ transfer: Transfer) {
    usedAt = now
    waiting.append(transfer)
    if isResolving { transfer.connectingSince = now }
    pump()
  }

  /// Hands over what the gate admits.
  func pump() {
    guard waitingHead < waiting.count, addressesAreReady() else { return }
    while waitingHead < waiting.count, gate.admits() {
      let transfer = waiting[waitingHead]
      waitingHead += 1
      guard transfer.phase == .queued else { continue }
      begin(transfer)
    }
    if waitingHead == waiting.count || waitingHead > 1024 {
      waiting.removeFirst(waitingHead)
      waitingHead = 0
    }
  }

  private func begin(_ transfer: Transfer) {
    gate.start()
    transfer.phase = .connecting
    transfer.connectingSince = now
    do throws(TransportError) {
      let handle = if let rested = restedHandle() { rested } else { try CurlHandle(for: material) }
      transfer.handle = handle
      handle.transfer = transfer
      try handle.prepare(transfer, addresses: addresses?.list)
      try pool.add(handle)
      loop.reschedule(transfer)
    } catch {
      transfer.handle = nil
      gate.finish(landedOn: nil)
      loop.complete(transfer, error)
    }
  }

  private func restedHandle() -> CurlHandle? {
    guard let handle = resting.popLast() else { return nil }
    loop.handlesLeave(1)
    return handle
  }

  // MARK: - What libcurl tells

  func connected(_ transfer: Transfer, on connection: StreamGate.Connection) {
    if transfer.phase == .connecting { transfer.phase = .awaitingHead }
    if transfer.hasLanded, let old = transfer.connection {
      gate.moved(from: old, to: connection)
      transfer.connection = connection
      return
    }
    transfer.connection = connection
    guard gate.connected(connection) else { return }
    transfer.hasLanded = true
    if waitingHead < waiting.count { loop.pumpLater(self) }
  }

  func answered(_ transfer: Transfer) {
    gate.answered(
      transfer.hasLanded ? nil : transfer.connection, version: transfer.head.isMultiplexed ? .multiplexed : .serial)
    transfer.hasLanded = transfer.connection != nil
    if waitingHead < waiting.count { loop.pumpLater(self) }
    transfer.headIsComplete(now: now)
    loop.reschedule(transfer)
  }

  /// Takes a transfer away from libcurl and lets others go.
  ///
  /// - Parameters:
  ///   - isOver: false for a transfer that libcurl still works on; its server is told.
  ///   - failedToConnect: what the others that wait for the same connection would meet too.
  func release(_ transfer: Transfer, reuse: Bool, isOver: Bool, failedToConnect: TransportError? = nil) {
    usedAt = now
    guard let handle = transfer.handle else { return }
    transfer.handle = nil
    if !isOver { handle.stop() }
    pool.remove(handle)
    handle.rest()
    if reuse, resting.count < CurlOrigin.maximumResting, loop.mayRest(of: self) { resting.append(handle) }
    gate.finish(landedOn: transfer.hasLanded ? transfer.connection : nil)
    if let failedToConnect, !gate.isConnected { failWaiting(failedToConnect) }
    if waitingHead < waiting.count { loop.pumpLater(self) }
  }

  private func failWaiting(_ failure: TransportError) {
    let failed = waiting[waitingHead...]
    waiting = []
    waitingHead = 0
    for transfer in failed where transfer.phase == .queued { loop.complete(transfer, failure) }
  }

  /// Lets go of handles that rest.
  func tidy() {
    loop.handlesLeave(resting.count)
    resting.removeAll()
  }

  // MARK: - Names

  /// Whether new connections know where to go; asks the resolver when they do not. While connections are open, old
  /// addresses do until the new ones are here.
  private func addressesAreReady() -> Bool {
    guard let name = material.nameToResolve else { return true }
    if let addresses, addresses.until > now { return true }
    if !isResolving {
      isResolving = true
      for transfer in waiting[waitingHead...] where transfer.phase == .queued {
        transfer.connectingSince = now
        loop.reschedule(transfer)
      }
      loop.resolve(name.host, for: key)
    }
    return addresses != nil && gate.isConnected
  }

  func resolved(_ result: Result<[String], TransportError>) {
    isResolving = false
    for transfer in waiting[waitingHead...] { transfer.connectingSince = nil }
    switch result {
    case .success(let found): hold(found)
    case .failure(let failure):
      if addresses != nil, gate.isConnected {
        addresses?.until = now &+ loop.addressLife
      } else {
        failWaiting(key.endpoint.proxy == nil ? failure : .proxy(reason: "the proxy's host name does not resolve"))
      }
    }
    pump()
  }

  private func hold(_ found: [String]) {
    guard let name = material.nameToResolve else { return }
    addresses = HeldAddresses(
      list: AddressList(host: name.host, port: name.port, addresses: found), until: now &+ loop.addressLife)
  }
}
