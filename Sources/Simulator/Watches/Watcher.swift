import Manifest

/// Names one open watch of one server.
package struct WatchID: Sendable, Hashable, Comparable {
  package var number: UInt64

  package static func < (a: WatchID, b: WatchID) -> Bool { a.number < b.number }
}

/// Bytes for the stream of one watch, in order.
package struct WatchOutput: Sendable {
  package var watch: WatchID
  package var bytes: [UInt8]
  /// The stream ends after these bytes.
  package var ends: Bool
}

/// One open watch: what it selects, how it is written, and until when.
struct Watcher: Sendable {
  var type: ResourceType
  var selector: ObjectSelector
  var form: AnswerForm
  var schema: ObjectSchema
  /// Changes up to this revision are not sent; ahead of the server it means silence.
  var since: UInt64
  var wantsBookmarks: Bool
  var deadline: Moment
  /// When the next bookmark is due; never for a watch that wants none.
  var nextBookmark: Moment
  /// The headers of a table go out with its first event only.
  var hasSentColumns = false

  /// Whether the change is news to this watcher, and as what kind of event.
  ///
  /// An object that leaves the selector arrives as DELETED, one that enters it as ADDED.
  func event(for change: Change) -> (type: String, object: Mapping)? {
    guard change.revision > since else { return nil }
    let was = change.before.map(selector.matches) ?? false
    let matches = change.after.map(selector.matches) ?? false
    switch (was, matches) {
    case (false, true): return change.after.map { ("ADDED", $0) }
    case (true, true): return change.after.map { ("MODIFIED", $0) }
    case (true, false):
      guard var gone = change.before else { return nil }
      gone["metadata"]?["resourceVersion"] = .string(String(change.revision))
      return ("DELETED", gone)
    case (false, false): return nil
    }
  }
}
