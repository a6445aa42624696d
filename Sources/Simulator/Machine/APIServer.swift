import Manifest

/// One simulated Kubernetes API server with its controllers: a machine without connections or clock.
///
/// ``handle(_:at:)`` answers a request, ``advance(to:)`` lets time pass, ``drainOutputs()`` hands over what open watches
/// have to be told. The same calls in the same order give the same bytes.
package struct APIServer: Sendable {
  package let name: String
  /// `127.0.0.1:6443`: what the server calls itself in `GET /api`.
  package var address: String
  package internal(set) var options: ServerOptions

  var catalog = ResourceCatalog()
  /// Of the kinds that definitions brought, by kind and version.
  var customSchemas: [GroupVersionKind: ObjectSchema] = [:]
  var store: ObjectStore
  var watchers = Watchers()
  var random: SeededRandom
  let tokens: ServiceAccountTokens
  let administratorToken: String
  var verifiedTokens: [String: ServiceAccountTokens.Claims] = [:]
  /// Set at the start of every call; nothing else knows the time.
  var now: Moment {
    didSet { watchers.now = now }
  }
  var schedule = Schedule<ScheduledWork>()
  /// Objects that controllers have to look at, each once.
  var pending: Set<WorkKey> = []
  var pendingOrder: [WorkKey] = []
  var hasScheduledWork = false
  var addresses = AddressAllocator()
  /// When Pods started, by uid.
  var podStarts: [String: Moment] = [:]
  /// When Pods and namespaces began to end, by uid.
  var terminations: [String: Moment] = [:]
  package internal(set) var counters = RequestCounters()

  /// - Parameter administratorToken: a bearer token that may do everything.
  package init(
    name: String, address: String = "127.0.0.1:6443", administratorToken: String, options: ServerOptions,
    startedAt now: Moment
  ) {
    self.name = name
    self.address = address
    self.options = options
    self.administratorToken = administratorToken
    self.now = now
    store = ObjectStore(revision: options.firstRevision, historyLimit: options.historyLimit)
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    random = SeededRandom(seed: options.seed ^ hash)
    tokens = ServiceAccountTokens(seed: Array("\(options.seed)/\(name)/\(administratorToken)".utf8))
    bootstrap()
  }

  /// What open watches have to be told since the last call, in order.
  package mutating func drainOutputs() -> [WatchOutput] { watchers.drain() }

  /// The client of a watch has gone.
  package mutating func closeWatch(_ id: WatchID) { watchers.close(id) }

  package var openWatches: Int { watchers.count }
  package var objectCount: Int { store.count }
  package var revision: UInt64 { store.revision }

  /// When ``advance(to:)`` has something to do next; nil when nothing is under way.
  package var nextDeadline: Moment? {
    [schedule.next, watchers.nextDeadline].compactMap { $0 }.min()
  }

  /// Lets the controllers and the watches do what is due at `now`.
  package mutating func advance(to now: Moment) {
    self.now = max(self.now, now)
    while let work = schedule.removeDue(at: self.now) { perform(work) }
    watchers.advance(to: self.now, revision: store.revision)
  }

  /// Stores an object, tells the watches, and wakes the controllers.
  @discardableResult
  mutating func commit(_ object: Mapping, of type: ResourceType, at key: ObjectKey) -> Mapping {
    let change = store.put(object, in: type.storage, at: key)
    announce(change)
    return change.after ?? object
  }

  /// Takes an object away for good.
  mutating func erase(_ type: ResourceType, _ key: ObjectKey) {
    guard let change = store.remove(type.storage, key) else { return }
    announce(change)
  }

  private mutating func announce(_ change: Change) {
    watchers.send(change)
    wakeControllers(for: change)
  }
}

/// Requests by verb, as the control endpoint reports them.
package struct RequestCounters: Sendable, Equatable {
  package internal(set) var byVerb: [String: Int] = [:]
  package internal(set) var errors = 0

  package var total: Int { byVerb.values.reduce(0, +) }

  mutating func count(_ verb: String) { byVerb[verb, default: 0] += 1 }
}
