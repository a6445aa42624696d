import Manifest

extension APIServer {
  func get(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    try checkReadVersion(target)
    guard let object = store.object(target.type.storage, target.key) else { throw target.notFound }
    return try target.answer(object)
  }

  /// One page of a collection, at the revision of its first page.
  func list(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    try Presentation.check(target.form, isList: true, type: target.type)
    try checkReadVersion(target)
    let selector = try selector(of: target)
    let token = try continueToken(of: target)
    let limit = Int(target.query["limit"] ?? "") ?? 0
    let snapshot = try snapshot(of: target.type.storage, at: token?.revision)
    var matches: [Mapping] = []
    var next: ContinueToken?
    var remaining: Int?
    let start = token.map { snapshot.lowerBound(of: $0.after) } ?? 0
    for position in start..<snapshot.count where snapshot.keys[position] != token?.after {
      guard selector.matches(snapshot.objects[position]) else { continue }
      if limit > 0, matches.count == limit {
        next = ContinueToken(revision: token?.revision ?? store.revision, after: matches[limit - 1].key)
        if target.query["labelSelector"] == nil, target.query["fieldSelector"] == nil {
          remaining = snapshot.objects[position...].count { selector.matches($0) }
        }
        break
      }
      matches.append(snapshot.objects[position])
    }
    let list = Presentation.list(
      matches, as: target.type, form: target.form, resourceVersion: String(token?.revision ?? store.revision),
      continuation: next?.text(in: target.info.namespace), remaining: remaining, schema: target.schema,
      now: now)
    return Self.json(.mapping(list))
  }

  func selector(of target: ResourceRequest) throws(StatusError) -> ObjectSelector {
    try ObjectSelector(
      namespace: target.info.namespace, labelSelector: target.query["labelSelector"],
      fieldSelector: target.query["fieldSelector"], type: target.type)
  }

  private func continueToken(of target: ResourceRequest) throws(StatusError) -> ContinueToken? {
    guard let text = target.query["continue"], !text.isEmpty else { return nil }
    return try ContinueToken(text, in: target.info.namespace, isNamespaced: target.type.isNamespaced)
  }

  /// The collection as it was at `revision`, by taking later changes back.
  private func snapshot(of resource: GroupResource, at revision: UInt64?) throws(StatusError) -> ObjectCollection {
    var collection = store[resource]
    guard let revision, revision < store.revision else { return collection }
    guard revision >= store.compacted else {
      throw StatusError(
        code: 410, reason: "Expired",
        message: "The provided continue parameter is too old to display a consistent list result. You can start a new "
          + "list without the continue parameter.")
    }
    for change in store.changes(after: revision).reversed() where change.resource == resource {
      if let before = change.before {
        collection.put(before, at: change.key)
      } else {
        collection.remove(change.key)
      }
    }
    return collection
  }

  /// A read may ask for at least a version: one that this server has not reached is refused.
  private func checkReadVersion(_ target: ResourceRequest) throws(StatusError) {
    guard let text = target.query["resourceVersion"], !text.isEmpty else { return }
    guard let version = UInt64(text) else { throw .badRequest("invalid resource version \"\(text)\"") }
    guard version > store.revision else { return }
    throw StatusError(
      code: 504, reason: "Timeout",
      message: "Too large resource version: \(version), current: \(store.revision)",
      details: .init(
        causes: [.init(reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")],
        retryAfterSeconds: 1))
  }
}
