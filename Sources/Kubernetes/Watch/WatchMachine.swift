import Manifest

/// Follows one collection: lists it, watches it from the list's version, and starts again where that is needed.
///
/// A machine without I/O: told what happened, it says what to do next. Every answer to ``on(_:)`` holds outputs in order
/// and ends in at most one step; while a watch goes on, there is no step.
package struct WatchMachine: Sendable {
  package struct Options: Sendable, Equatable {
    package var pageLimit = 500
    /// A server whose pages never end is not believed.
    package var maximumPages = 4_000
    /// Seconds after which the server is asked to end a watch; spread up to twice that. Silence is noticed long before.
    package var watchTimeout = 1_800
    /// Seconds without a bookmark or event, after which everything is listed again.
    package var silence = 120.0
    /// The same where the server gives no bookmarks.
    package var silenceWithoutBookmarks = 600.0
    /// Asks for the list through the watch first (`sendInitialEvents`, KEP-3157).
    package var streamsInitialList = false
    /// Seconds before the second try, doubled from try to try up to ``maximumDelay``.
    package var firstDelay = 0.5
    package var maximumDelay = 60.0

    package init() {}
  }

  package enum Event: Sendable {
    case start
    /// The answer to a `list` step.
    case page(ObjectList)
    /// The answer to a `watch` step: status 200.
    case opened
    case event(WatchEvent)
    /// A step did not succeed, or a watch broke.
    case failed(Interruption)
    /// The server ended the watch properly.
    case ended
    /// A `wait` step is over.
    case waited
  }

  package enum Action: Sendable, Equatable {
    case deliver(Output)
    case list(ListStep)
    case watch(WatchStep)
    case wait(seconds: Double)
  }

  package enum Output: Sendable, Equatable {
    /// The collection is exactly this.
    case replaceAll([WatchedObject])
    case upsert(WatchedObject)
    /// Gone, or no longer selected.
    case delete(WatchedObject)
    /// What was delivered is current, and being followed.
    case synced
    /// What was delivered may be getting old; tried again by itself.
    case interrupted(Interruption)
  }

  package struct ListStep: Sendable, Equatable {
    /// Nil for everything in one answer.
    package var limit: Int?
    package var continueToken: String?
  }

  package struct WatchStep: Sendable, Equatable {
    /// Empty for "from now", which only servers without versions get.
    package var resourceVersion: String
    package var sendsInitialEvents: Bool
    package var allowsBookmarks: Bool
    /// `timeoutSeconds` of the request.
    package var timeout: Int
    /// The longest silence that is believed, in seconds.
    package var silence: Double
  }

  private enum Phase: Sendable {
    case idle
    case listing(Listing)
    /// One object is listed, to learn the server's version after a break.
    case probing
    case watching(Watching)
    case waiting(Next)
  }

  private enum Next: Sendable { case list, probe, watch }

  private struct Listing: Sendable {
    var items: [WatchedObject] = []
    var pages = 0
    var lastToken: String?
  }

  private struct Watching: Sendable {
    var isOpen = false
    /// Objects of a streaming list, until its end is marked.
    var initial: [WatchedObject]?
    /// Whether anything was heard.
    var isFruitful = false
  }

  private let options: Options
  private var random: SeededNumbers
  private var phase = Phase.idle
  private var known = KnownVersions()
  private var resourceVersion = ""
  /// Tries in a row that brought nothing.
  private var failures = 0
  /// Lists in a row whose pages expired under way.
  private var expiredLists = 0
  private var isSynced = false
  private var streamsInitialList: Bool
  private var allowsBookmarks = true

  /// - Parameter seed: spreads delays and time-outs.
  package init(options: Options = Options(), seed: UInt64) {
    self.options = options
    random = SeededNumbers(seed: seed)
    streamsInitialList = options.streamsInitialList
  }

  package mutating func on(_ event: Event) -> [Action] {
    switch (phase, event) {
    case (.idle, .start): return begin()
    case (.waiting(let next), .waited): return go(next)
    case (.listing(let listing), .page(let page)): return took(page, listing)
    case (.listing(let listing), .failed(let interruption)): return listFailed(interruption, listing)
    case (.probing, .page(let page)): return probed(page)
    case (.probing, .failed(let interruption)): return retreat(interruption, then: .probe)
    case (.watching(var watching), .opened):
      watching.isOpen = true
      phase = .watching(watching)
      return watching.initial == nil ? sync() : []
    case (.watching(let watching), .event(let event)): return heard(event, watching)
    case (.watching(let watching), .failed(let interruption)): return watchFailed(interruption, watching)
    case (.watching(let watching), .ended): return watchEnded(watching)
    // Late news of a step that is over already.
    default: return []
    }
  }

  // MARK: Listing

  private mutating func begin() -> [Action] {
    if streamsInitialList {
      phase = .watching(Watching(initial: []))
      return [.watch(watchStep(from: "", initial: true))]
    }
    phase = .listing(Listing())
    return [.list(ListStep(limit: expiredLists > 1 ? nil : options.pageLimit))]
  }

  private mutating func took(_ page: ObjectList, _ listing: Listing) -> [Action] {
    var listing = listing
    listing.items += page.items
    listing.pages += 1
    guard let token = page.continueToken else { return replace(listing.items, version: page.resourceVersion) }
    guard listing.pages < options.maximumPages, token != listing.lastToken else {
      return retreat(.unreadable(Unreadable(reason: "the list's pages never end")), then: .list)
    }
    listing.lastToken = token
    phase = .listing(listing)
    return [.list(ListStep(limit: options.pageLimit, continueToken: token))]
  }

  private mutating func listFailed(_ interruption: Interruption, _ listing: Listing) -> [Action] {
    if case .refused(let error) = interruption, error.kind == .expired {
      expiredLists += 1
      if expiredLists <= 2 { return begin() }
    }
    return retreat(interruption, then: .list)
  }

  private mutating func replace(_ items: [WatchedObject], version: String) -> [Action] {
    known.replace(items)
    resourceVersion = version
    failures = 0
    expiredLists = 0
    isSynced = false
    return [.deliver(.replaceAll(items))] + watch()
  }

  /// After a break: a server that is behind what we saw was restored from a backup (DESIGN §3.3).
  private mutating func probed(_ page: ObjectList) -> [Action] {
    guard let seen = UInt64(resourceVersion), let now = UInt64(page.resourceVersion), now >= seen else {
      return begin()
    }
    return watch()
  }

  // MARK: Watching

  private mutating func watch() -> [Action] {
    phase = .watching(Watching())
    return [.watch(watchStep(from: resourceVersion, initial: false))]
  }

  private mutating func watchStep(from version: String, initial: Bool) -> WatchStep {
    WatchStep(
      resourceVersion: version, sendsInitialEvents: initial, allowsBookmarks: initial || allowsBookmarks,
      timeout: options.watchTimeout + Int(random.next() * Double(options.watchTimeout)),
      silence: allowsBookmarks ? options.silence : options.silenceWithoutBookmarks)
  }

  private mutating func sync() -> [Action] {
    guard !isSynced else { return [] }
    isSynced = true
    return [.deliver(.synced)]
  }

  private mutating func heard(_ event: WatchEvent, _ watching: Watching) -> [Action] {
    if case .error(let error) = event { return watchFailed(.refused(error), watching) }
    var watching = watching
    watching.isFruitful = true
    failures = 0
    if watching.initial != nil { return heardInitially(event, watching) }
    phase = .watching(watching)
    switch event {
    case .upserted(let object):
      advance(to: object.resourceVersion)
      return known.note(object) ? [.deliver(.upsert(object))] : []
    case .deleted(let object):
      advance(to: object.resourceVersion)
      return known.forget(object) ? [.deliver(.delete(object))] : []
    case .bookmark(let version, _):
      advance(to: version)
      known.settle()
      return []
    case .error: return []
    }
  }

  private mutating func heardInitially(_ event: WatchEvent, _ watching: Watching) -> [Action] {
    var watching = watching
    switch event {
    case .upserted(let object): watching.initial?.append(object)
    case .deleted(let object): watching.initial?.removeAll { $0.key == object.key }
    case .bookmark(let version, endsInitialEvents: true):
      let items = watching.initial ?? []
      watching.initial = nil
      known.replace(items)
      resourceVersion = version
      phase = .watching(watching)
      isSynced = false
      return [.deliver(.replaceAll(items))] + sync()
    case .bookmark, .error: break
    }
    phase = .watching(watching)
    return []
  }

  /// Versions that are not numbers are taken as they come; numbers never go back.
  private mutating func advance(to version: String) {
    guard !version.isEmpty else { return }
    if let new = UInt64(version), let old = UInt64(resourceVersion), new < old { return }
    resourceVersion = version
  }

  private mutating func watchFailed(_ interruption: Interruption, _ watching: Watching) -> [Action] {
    switch interruption {
    case .refused(let error): return watchRefused(error, watching)
    case .silent:
      failures += 1
      isSynced = false
      return [.deliver(.interrupted(interruption))] + (failures > 1 ? pause(then: .list) : begin())
    case .unreadable: return retreat(interruption, then: .list)
    case .transport, .credentials:
      // A list of one page costs what the probe costs, and is right in every case.
      return retreat(interruption, then: known.count <= options.pageLimit ? .list : .probe)
    }
  }

  private mutating func watchRefused(_ error: APIError, _ watching: Watching) -> [Action] {
    if error.kind == .expired {
      failures += 1
      return failures > 1 ? pause(then: .list) : begin()
    }
    // An old etcd has no watch progress: it refuses streaming lists, and bookmarks from version 0.
    if error.status == 500 || error.kind == .invalid, !watching.isFruitful {
      if watching.initial != nil {
        streamsInitialList = false
        return begin()
      }
      if allowsBookmarks, resourceVersion.isEmpty || resourceVersion == "0" {
        allowsBookmarks = false
        return watch()
      }
    }
    let isBusy = error.kind == .busy
    return retreat(.refused(error), then: isBusy && !resourceVersion.isEmpty ? .watch : .list)
  }

  private mutating func watchEnded(_ watching: Watching) -> [Action] {
    if watching.initial != nil {
      return retreat(.unreadable(Unreadable(reason: "the watch ended before the list was complete")), then: .list)
    }
    if watching.isFruitful { return watch() }
    // A server that ends every watch at once is asked less and less often.
    failures += 1
    return failures > 1 ? pause(then: .watch) : watch()
  }

  // MARK: Waiting

  private mutating func retreat(_ interruption: Interruption, then next: Next) -> [Action] {
    failures += 1
    isSynced = false
    var atLeast = 0.0
    if case .refused(let error) = interruption { atLeast = min(error.retryAfter ?? 0, 300) }
    return [.deliver(.interrupted(interruption))] + pause(then: next, atLeast: atLeast)
  }

  /// Exponential from ``Options/firstDelay``, between half of it and the whole.
  private mutating func pause(then next: Next, atLeast: Double = 0) -> [Action] {
    var delay = options.firstDelay
    for _ in 1..<max(failures, 1) where delay < options.maximumDelay { delay *= 2 }
    delay = min(delay, options.maximumDelay) * (0.5 + 0.5 * random.next())
    phase = .waiting(next)
    return [.wait(seconds: max(delay, atLeast))]
  }

  private mutating func go(_ next: Next) -> [Action] {
    switch next {
    case .list: return begin()
    case .watch: return watch()
    case .probe:
      phase = .probing
      return [.list(ListStep(limit: 1))]
    }
  }
}
