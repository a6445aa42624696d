import Manifest

extension APIServer {
  /// Opens a watch and queues what it has to catch up on.
  ///
  /// A version that is forgotten arrives as an ERROR event of code 410 inside a 200, one ahead of the server is silence.
  mutating func watch(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    if target.form == .metadataList { try Presentation.check(.metadataList, isList: false, type: target.type) }
    let version = target.query["resourceVersion"] ?? ""
    guard version.isEmpty || UInt64(version) != nil else {
      throw .badRequest("invalid resource version \"\(version)\"")
    }
    let id = watchers.open(try watcher(of: target, since: UInt64(version) ?? 0))
    catchUp(id, target, from: UInt64(version) ?? 0)
    return APIAnswer(status: 200, watch: id)
  }

  private mutating func watcher(
    of target: ResourceRequest, since version: UInt64
  ) throws(StatusError) -> Watcher {
    let seconds = Int(target.query["timeoutSeconds"] ?? "") ?? 0
    let timeout = seconds > 0 ? min(seconds, 86_400) : 1800 + random.number(below: 1800)
    let deadline = now + .seconds(timeout)
    var selector = try selector(of: target)
    if !target.info.name.isEmpty { selector.confine(to: target.info.name) }
    let wantsBookmarks = target.query.flag("allowWatchBookmarks")
    return Watcher(
      type: target.type, selector: selector, form: target.form, schema: target.schema,
      since: version == 0 ? store.revision : version,
      wantsBookmarks: wantsBookmarks, deadline: deadline,
      nextBookmark: wantsBookmarks
        ? Watchers.bookmark(after: now, deadline: deadline) : Moment(milliseconds: .max))
  }

  private mutating func catchUp(_ id: WatchID, _ target: ResourceRequest, from version: UInt64) {
    if target.query.flag("sendInitialEvents") {
      guard options.allowsStreamingLists else { return watchers.end(id, error: Self.streamingListRefused) }
      for object in store[target.type.storage].objects { watchers.sendInitial(object, to: id) }
      watchers.sendBookmark(to: id, revision: store.revision, endsInitialEvents: true)
    } else if version == 0 {
      for object in store[target.type.storage].objects { watchers.sendInitial(object, to: id) }
    } else if version < store.compacted {
      watchers.end(
        id,
        error: StatusError(
          code: 410, reason: "Expired", message: "too old resource version: \(version) (\(store.compacted))"))
    } else {
      for change in store.changes(after: version) where change.resource == target.type.storage {
        watchers.send(change, to: id)
      }
    }
  }

  private static let streamingListRefused = StatusError.internalError(
    "a watch stream was requested by the client but the required storage feature RequestWatchProgress is disabled")
}
