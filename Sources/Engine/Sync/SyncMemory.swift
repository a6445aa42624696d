import Fleet
import Manifest

/// What an Application remembers of its syncs.
struct SyncMemory: Sendable {
  /// The one that is under way.
  var open: SyncOperation?
  /// The last one that ended, without its results.
  private(set) var last: SyncOperation?
  /// The last one of all objects: a sync of some says nothing of the state as a whole, and runs no hooks.
  private(set) var lastWhole: SyncOperation?
  /// Digest of a desired state that the cluster was found to hold already: nothing of it was synced by this hub.
  var adopted: ContentDigest?
  private var lastNumber: Int64 = 0
  /// The ids of requests whose syncs are among the newest.
  private var requests: [String] = []
  private static let keptRequests = 20
  /// The hooks of a deletion that have ended well, and no sync since.
  private var done: Set<SyncOperation.Cause> = []

  init() {}

  /// - Parameter newest: of the history, the newest first.
  init(newest: [SyncOperation]) {
    open = newest.first { !$0.phase.isOver }
    lastNumber = newest.map(\.number).max() ?? 0
    requests = newest.reversed().compactMap(\.request)
    for over in newest.reversed() where over.phase.isOver { conclude(over) }
  }

  mutating func takeNumber() -> Int64 {
    let (next, overflow) = lastNumber.addingReportingOverflow(1)
    lastNumber = overflow ? lastNumber : next
    return lastNumber
  }

  mutating func begin(_ operation: SyncOperation) {
    open = operation
    guard let request = operation.request else { return }
    requests.append(request)
    if requests.count > Self.keptRequests { requests.removeFirst() }
  }

  /// Whether the sync of this request was begun.
  func knows(_ request: String) -> Bool { requests.contains(request) }

  mutating func conclude(_ operation: SyncOperation) {
    if open?.number == operation.number { open = nil }
    let isOfDeletion = operation.cause == .preDelete || operation.cause == .postDelete
    if !isOfDeletion { done = [] } else if operation.phase == .succeeded { done.insert(operation.cause) }
    var slim = operation
    slim.results = [:]
    slim.sources = ""
    last = slim
    if slim.options.selection.isEmpty { lastWhole = slim }
  }

  func isDone(_ cause: SyncOperation.Cause) -> Bool { done.contains(cause) }

  /// Whether this desired state was brought about, by a sync or before this hub knew of it.
  func holds(_ digest: ContentDigest) -> Bool {
    adopted == digest
      || (lastWhole?.phase == .succeeded && lastWhole?.digest == digest.description && lastWhole?.cause != .preDelete
        && lastWhole?.cause != .postDelete)
  }

  /// Whether the last sync of this very state failed.
  func failed(_ digest: ContentDigest) -> SyncOperation? {
    guard let lastWhole, lastWhole.phase == .failed, lastWhole.digest == digest.description else { return nil }
    return lastWhole
  }
}
