import Manifest

/// The open watches of one server, and what they have to be told.
struct Watchers: Sendable {
  static let bookmarkInterval = Duration.seconds(60)
  /// A bookmark goes out this long before the end too.
  static let lastBookmark = Duration.seconds(2)

  private var watchers: [WatchID: Watcher] = [:]
  private var byResource: [GroupResource: [WatchID]] = [:]
  private var lastNumber: UInt64 = 0
  /// Waits for the shell to send it.
  private(set) var outputs: [WatchOutput] = []

  /// Tables show ages as of this time.
  var now = Moment(milliseconds: 0)

  var count: Int { watchers.count }
  var resources: [GroupResource] { byResource.keys.sorted() }

  mutating func open(_ watcher: Watcher) -> WatchID {
    lastNumber += 1
    let id = WatchID(number: lastNumber)
    watchers[id] = watcher
    byResource[watcher.type.storage, default: []].append(id)
    return id
  }

  /// Forgets a watch whose client has gone; its unsent output goes with it.
  mutating func close(_ id: WatchID) {
    guard let watcher = watchers.removeValue(forKey: id) else { return }
    byResource[watcher.type.storage]?.removeAll { $0 == id }
    if byResource[watcher.type.storage]?.isEmpty == true { byResource[watcher.type.storage] = nil }
    outputs.removeAll { $0.watch == id }
  }

  /// Hands over what waits, in order.
  mutating func drain() -> [WatchOutput] {
    defer { outputs.removeAll(keepingCapacity: outputs.capacity < 64) }
    return outputs
  }

  mutating func send(_ change: Change) {
    for id in byResource[change.resource] ?? [] { send(change, to: id) }
  }

  mutating func send(_ change: Change, to id: WatchID) {
    guard var watcher = watchers[id], let event = watcher.event(for: change) else { return }
    let bytes = EventWriter.event(event.type, event.object, for: &watcher, now: now)
    watchers[id] = watcher
    outputs.append(WatchOutput(watch: id, bytes: bytes, ends: false))
  }

  /// Sends an existing object as ADDED.
  mutating func sendInitial(_ object: Mapping, to id: WatchID) {
    guard var watcher = watchers[id], watcher.selector.matches(object) else { return }
    let bytes = EventWriter.event("ADDED", object, for: &watcher, now: now)
    watchers[id] = watcher
    outputs.append(WatchOutput(watch: id, bytes: bytes, ends: false))
  }

  /// - Parameter endsInitialEvents: carries the annotation that a streaming list waits for.
  mutating func sendBookmark(to id: WatchID, revision: UInt64, endsInitialEvents: Bool = false) {
    guard let watcher = watchers[id] else { return }
    let bytes = EventWriter.bookmark(revision: revision, for: watcher, endsInitialEvents: endsInitialEvents)
    outputs.append(WatchOutput(watch: id, bytes: bytes, ends: false))
  }

  /// Ends a watch, with an ERROR event where there is a reason to give.
  mutating func end(_ id: WatchID, error: StatusError? = nil) {
    guard let watcher = watchers.removeValue(forKey: id) else { return }
    byResource[watcher.type.storage]?.removeAll { $0 == id }
    if byResource[watcher.type.storage]?.isEmpty == true { byResource[watcher.type.storage] = nil }
    outputs.append(
      WatchOutput(watch: id, bytes: error.map { EventWriter.error($0) } ?? [], ends: true))
  }

  mutating func endAll(error: StatusError? = nil) {
    for id in watchers.keys.sorted() { end(id, error: error) }
  }

  mutating func endAll(of resource: GroupResource) {
    for id in byResource[resource] ?? [] { end(id) }
  }

  /// When ``advance(to:revision:)`` has something to do next.
  var nextDeadline: Moment? {
    watchers.values.lazy.map { min($0.deadline, $0.nextBookmark) }.min()
  }

  /// Sends due bookmarks and ends what has run out.
  mutating func advance(to now: Moment, revision: UInt64) {
    for (id, watcher) in watchers.filter({ min($0.value.deadline, $0.value.nextBookmark) <= now }) {
      if watcher.nextBookmark <= now, watcher.since <= revision {
        sendBookmark(to: id, revision: revision)
      }
      if watcher.deadline <= now {
        end(id)
      } else if watcher.wantsBookmarks {
        watchers[id]?.nextBookmark = Self.bookmark(after: now, deadline: watcher.deadline)
      }
    }
  }

  /// Each minute, and shortly before the end.
  static func bookmark(after now: Moment, deadline: Moment) -> Moment {
    let last = Moment(milliseconds: deadline.milliseconds - 2000)
    let regular = now + bookmarkInterval
    return now < last ? min(regular, last) : deadline
  }
}
