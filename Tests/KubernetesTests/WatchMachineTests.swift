import HTTPClient
import Kubernetes
import Manifest
import Testing

/// An object of the pretended server.
private func object(_ name: String, _ version: Int) -> WatchedObject? {
  WatchedObject(Node(["metadata": ["name": .string(name), "resourceVersion": .string(String(version))]]))
}

private func upserted(_ name: String, _ version: Int) throws -> WatchMachine.Event {
  .event(.upserted(try #require(object(name, version))))
}

private func deleted(_ name: String, _ version: Int) throws -> WatchMachine.Event {
  .event(.deleted(try #require(object(name, version))))
}

private let expired = APIError(kind: .expired, status: 410, reason: "Expired", message: "too old")
private let internalError = APIError(kind: .server, status: 500, reason: "InternalError", message: "no progress")

extension [WatchMachine.Action] {
  fileprivate var step: String {
    switch last {
    case .list(let list): "list limit=\(list.limit ?? 0) continue=\(list.continueToken ?? "")"
    case .watch(let watch):
      "watch \(watch.resourceVersion)" + (watch.allowsBookmarks ? "" : " without bookmarks")
        + (watch.sendsInitialEvents ? " with list" : "")
    case .wait(let seconds): seconds > 0 ? "wait" : "no wait"
    case .deliver, nil: "none"
    }
  }

  fileprivate var outputs: [String] {
    compactMap {
      guard case .deliver(let output) = $0 else { return nil }
      switch output {
      case .replaceAll(let objects): return "all " + objects.map(\.key.name).joined(separator: ",")
      case .upsert(let object): return "+\(object.key.name)@\(object.resourceVersion)"
      case .delete(let object): return "-\(object.key.name)"
      case .synced: return "synced"
      case .interrupted: return "interrupted"
      }
    }
  }
}

struct WatchMachineTests {
  /// A machine that has listed `names` at `version` and watches.
  private func watching(
    _ names: [String] = ["a"], version: Int = 10, options: WatchMachine.Options = .init()
  ) throws -> WatchMachine {
    var machine = WatchMachine(options: options, seed: 1)
    _ = machine.on(.start)
    let items = try names.map { try #require(object($0, version)) }
    #expect(machine.on(.page(ObjectList(items: items, resourceVersion: String(version)))).step == "watch \(version)")
    #expect(machine.on(.opened).outputs == ["synced"])
    return machine
  }

  @Test func pagesAreCollectedAndWatchedFromTheListsVersion() throws {
    var machine = WatchMachine(seed: 1)
    #expect(machine.on(.start).step == "list limit=500 continue=")
    let a = try #require(object("a", 3))
    let b = try #require(object("b", 4))
    let first = machine.on(.page(ObjectList(items: [a], resourceVersion: "9", continueToken: "t")))
    #expect(first.step == "list limit=500 continue=t")
    #expect(first.outputs == [])
    let last = machine.on(.page(ObjectList(items: [b], resourceVersion: "9")))
    #expect(last.outputs == ["all a,b"])
    #expect(last.step == "watch 9")
  }

  @Test func pagesThatExpireAreListedAnewThenInOne() throws {
    var machine = WatchMachine(seed: 1)
    let page = ObjectList(items: [], resourceVersion: "9", continueToken: "t")
    _ = machine.on(.start)
    _ = machine.on(.page(page))
    #expect(machine.on(.failed(.refused(expired))).step == "list limit=500 continue=")
    _ = machine.on(.page(page))
    #expect(machine.on(.failed(.refused(expired))).step == "list limit=0 continue=")
  }

  @Test func pagesThatNeverEndAreNotBelieved() throws {
    var machine = WatchMachine(seed: 1)
    _ = machine.on(.start)
    let page = ObjectList(items: [], resourceVersion: "9", continueToken: "t")
    _ = machine.on(.page(page))
    #expect(machine.on(.page(page)).outputs == ["interrupted"])
  }

  @Test func aWatchResumesFromItsNewestVersion() throws {
    var machine = try watching()
    #expect(machine.on(try upserted("b", 12)).outputs == ["+b@12"])
    #expect(machine.on(.event(.bookmark(resourceVersion: "20", endsInitialEvents: false))).isEmpty)
    #expect(machine.on(.ended).step == "watch 20")
  }

  @Test func oldNewsNeverReplacesNewer() throws {
    var machine = try watching()
    #expect(machine.on(try upserted("a", 12)).outputs == ["+a@12"])
    #expect(machine.on(try upserted("a", 12)).isEmpty)
    #expect(machine.on(try upserted("a", 11)).isEmpty)
    #expect(machine.on(try deleted("a", 11)).isEmpty)
    #expect(machine.on(try deleted("a", 13)).outputs == ["-a"])
    #expect(machine.on(try deleted("a", 13)).isEmpty)
    #expect(machine.on(try upserted("a", 12)).isEmpty)
    #expect(machine.on(try upserted("a", 14)).outputs == ["+a@14"])
    #expect(machine.on(.ended).step == "watch 14")
  }

  @Test func anExpiredVersionIsListedAtOnceAndThenWithPauses() throws {
    var machine = try watching()
    #expect(machine.on(.event(.error(expired))).step == "list limit=500 continue=")
    _ = machine.on(.page(ObjectList(items: [], resourceVersion: "30")))
    // Refused already when it is opened.
    #expect(machine.on(.failed(.refused(expired))).step == "list limit=500 continue=")
    #expect(machine.on(.failed(.refused(internalError))).step == "wait")
  }

  @Test func silenceIsNotBelieved() throws {
    var machine = try watching()
    let actions = machine.on(.failed(.silent(seconds: 120)))
    #expect(actions.outputs == ["interrupted"])
    #expect(actions.step == "list limit=500 continue=")
    // The restored server is behind: what it has replaces what we saw.
    let relisted = machine.on(.page(ObjectList(items: [], resourceVersion: "5")))
    #expect(relisted.outputs == ["all "])
    #expect(relisted.step == "watch 5")
  }

  @Test func afterABreakALargeCollectionIsProbed() throws {
    var options = WatchMachine.Options()
    options.pageLimit = 1
    for (version, step) in [
      ("9", "list limit=1 continue="), ("10", "watch 10"), ("11", "watch 10"), ("x", "list limit=1 continue="),
    ] {
      var machine = try watching(["a", "b"], options: options)
      #expect(machine.on(.failed(.transport(.disconnected(reason: "cut")))).step == "wait")
      #expect(machine.on(.waited).step == "list limit=1 continue=")
      #expect(
        machine.on(.page(ObjectList(items: [], resourceVersion: version, continueToken: "t"))).step == step,
        "\(version)")
    }
  }

  @Test func afterABreakASmallCollectionIsListed() throws {
    var machine = try watching()
    _ = machine.on(.failed(.transport(.unreachable(reason: "refused"))))
    #expect(machine.on(.waited).step == "list limit=500 continue=")
  }

  @Test func anOldStorageGetsPlainListsAndWatches() throws {
    var options = WatchMachine.Options()
    options.streamsInitialList = true
    var machine = WatchMachine(options: options, seed: 1)
    #expect(machine.on(.start).step == "watch  with list")
    _ = machine.on(.opened)
    #expect(machine.on(.event(.error(internalError))).step == "list limit=500 continue=")
    #expect(machine.on(.page(ObjectList(items: [], resourceVersion: "0"))).step == "watch 0")
    _ = machine.on(.opened)
    #expect(machine.on(.event(.error(internalError))).step == "watch 0 without bookmarks")
  }

  @Test func aStreamingListIsWholeAtItsMark() throws {
    var options = WatchMachine.Options()
    options.streamsInitialList = true
    var machine = WatchMachine(options: options, seed: 1)
    _ = machine.on(.start)
    _ = machine.on(.opened)
    #expect(machine.on(try upserted("a", 3)).isEmpty)
    #expect(
      machine.on(.event(.bookmark(resourceVersion: "7", endsInitialEvents: true))).outputs == ["all a", "synced"])
    #expect(machine.on(try upserted("b", 8)).outputs == ["+b@8"])
  }

  @Test func delaysGrowWithinTheirBoundsAndHonourTheServer() throws {
    var machine = WatchMachine(seed: 7)
    _ = machine.on(.start)
    var delays: [Double] = []
    for _ in 0..<12 {
      guard case .wait(let seconds)? = machine.on(.failed(.transport(.unreachable(reason: "x")))).last else {
        Issue.record("no wait")
        return
      }
      delays.append(seconds)
      _ = machine.on(.waited)
    }
    #expect(delays[0] >= 0.25 && delays[0] <= 0.5)
    #expect(delays.allSatisfy { $0 <= 60 } && delays[11] >= 30)
    let busy = APIError(kind: .busy, status: 429, message: "slow", retryAfter: 90)
    #expect(machine.on(.failed(.refused(busy))).last == .wait(seconds: 90))
  }

  @Test func aServerThatEndsEveryWatchIsAskedLess() throws {
    var machine = try watching()
    #expect(machine.on(.ended).step == "watch 10")
    _ = machine.on(.opened)
    #expect(machine.on(.ended).step == "wait")
    #expect(machine.on(.waited).step == "watch 10")
  }

  /// A pretended server under random faults: once it is left alone, what was delivered is what it holds.
  @Test func whateverHappensTheViewConverges() throws {
    for seed in 0..<400 {
      var world = World(seed: UInt64(seed))
      for _ in 0..<300 { try world.turn(faults: true) }
      for _ in 0..<60 { try world.turn(faults: false) }
      #expect(world.view == world.objects, "seed \(seed)")
      #expect(world.isSynced, "seed \(seed)")
    }
  }
}

/// A server with a history, a machine that follows it, and everything that can go wrong between them.
private struct World {
  private struct Change {
    var version: Int
    var name: String
    var isDeletion: Bool
  }

  private var random: Numbers
  private var machine: WatchMachine
  private var step: WatchMachine.Action?
  private var history: [Change] = []
  private var version = 1
  private var watchedFrom: Int?
  private var snapshot: (objects: [(String, Int)], version: Int) = ([], 0)
  private(set) var objects: [String: Int] = [:]
  private(set) var view: [String: Int] = [:]
  private(set) var isSynced = false

  private struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  init(seed: UInt64) {
    random = Numbers(state: seed)
    var options = WatchMachine.Options()
    options.pageLimit = seed % 3 == 0 ? 2 : 500
    options.streamsInitialList = seed % 5 == 0
    machine = WatchMachine(options: options, seed: seed)
    take(machine.on(.start))
  }

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

  private mutating func take(_ actions: [WatchMachine.Action]) {
    for action in actions {
      switch action {
      case .deliver(.replaceAll(let items)):
        view = Dictionary(items.map { ($0.key.name, Int($0.resourceVersion) ?? 0) }) { _, last in last }
      case .deliver(.upsert(let item)): view[item.key.name] = Int(item.resourceVersion)
      case .deliver(.delete(let item)): view[item.key.name] = nil
      case .deliver(.synced): isSynced = true
      case .deliver(.interrupted): isSynced = false
      case .list, .watch, .wait:
        step = action
        watchedFrom = nil
      }
    }
  }

  private mutating func write() {
    version += 1
    let name = "o\(Int.random(in: 0..<6, using: &random))"
    if objects[name] != nil, chance(30) {
      objects[name] = nil
      history.append(Change(version: version, name: name, isDeletion: true))
    } else {
      objects[name] = version
      history.append(Change(version: version, name: name, isDeletion: false))
    }
  }

  mutating func turn(faults: Bool) throws {
    if faults, chance(40) { write() }
    // Restored from a backup: the server is behind, and every connection is cut.
    if faults, chance(1) {
      version = max(1, version - 5)
      history.removeAll { $0.version > version }
      objects = [:]
      for change in history { objects[change.name] = change.isDeletion ? nil : change.version }
      if watchedFrom != nil { take(machine.on(.failed(.transport(.disconnected(reason: "cut"))))) }
      return
    }
    switch step {
    case .list(let list): try answer(list, faults: faults)
    case .watch(let watch): try follow(watch, faults: faults)
    case .wait: take(machine.on(.waited))
    default: Issue.record("no step")
    }
  }

  private mutating func answer(_ list: WatchMachine.ListStep, faults: Bool) throws {
    if faults, chance(15) { return take(machine.on(.failed(.transport(.unreachable(reason: "x"))))) }
    if faults, chance(10) { return take(machine.on(.failed(.refused(expired)))) }
    // The pages of a list are all as of its first page.
    if list.continueToken == nil { snapshot = (objects.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, version) }
    let all = snapshot.objects
    let start = min(Int(list.continueToken ?? "") ?? 0, all.count)
    let end = min(all.count, start + (list.limit ?? all.count))
    let items = try all[start..<end].map { try #require(object($0.0, $0.1)) }
    let token = end < all.count ? String(end) : nil
    take(machine.on(.page(ObjectList(items: items, resourceVersion: String(snapshot.version), continueToken: token))))
  }

  private mutating func follow(_ watch: WatchMachine.WatchStep, faults: Bool) throws {
    guard let from = watchedFrom else {
      if faults, chance(15) { return take(machine.on(.failed(.refused(expired)))) }
      watchedFrom = Int(watch.resourceVersion) ?? 0
      take(machine.on(.opened))
      guard watch.sendsInitialEvents, watchedFrom != nil else { return }
      for (name, version) in objects.sorted(by: { $0.key < $1.key }) { take(machine.on(try upserted(name, version))) }
      watchedFrom = version
      return take(machine.on(.event(.bookmark(resourceVersion: String(version), endsInitialEvents: true))))
    }
    if from > version { return take(machine.on(.failed(.silent(seconds: 120)))) }
    if faults, chance(5) { return take(machine.on(.failed(.transport(.disconnected(reason: "cut"))))) }
    if faults, chance(5) { return take(machine.on(.ended)) }
    guard let change = history.first(where: { $0.version > from }) else {
      return take(machine.on(.event(.bookmark(resourceVersion: String(version), endsInitialEvents: false))))
    }
    watchedFrom = change.version
    for _ in 0..<(faults && chance(20) ? 2 : 1) {
      take(
        machine.on(
          change.isDeletion ? try deleted(change.name, change.version) : try upserted(change.name, change.version)))
    }
  }
}
