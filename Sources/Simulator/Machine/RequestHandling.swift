import Manifest

extension APIServer {
  /// Answers one request: authentication, authorization, then the handler of its verb.
  package mutating func handle(_ request: APIRequest, at now: Moment) -> APIAnswer {
    self.now = max(self.now, now)
    let info = RequestInfo(request)
    counters.count(info.verb)
    do {
      return try answer(request, info)
    } catch {
      counters.errors += 1
      return Self.answer(error)
    }
  }

  static func answer(_ error: StatusError) -> APIAnswer {
    var answer = APIAnswer(status: error.code, body: WireJSON.bytes(error.root))
    if let seconds = error.details?.retryAfterSeconds, seconds > 0 {
      answer.headers.append(("retry-after", String(seconds)))
    }
    return answer
  }

  private mutating func answer(_ request: APIRequest, _ info: RequestInfo) throws(StatusError) -> APIAnswer {
    let identity = try authenticate(request)
    try authorize(identity, info)
    guard info.isResourceRequest else { return try answerPath(request, info) }
    guard let type = catalog.type(group: info.group, version: info.version, plural: info.resource) else {
      guard catalog.serves(group: info.group, version: info.version) else { return .pageNotFound }
      throw .unknownResource
    }
    let target = try ResourceRequest(
      request, info, type: type, identity: identity, schema: schema(of: type), now: now)
    if !info.subresource.isEmpty { return try answerSubresource(target) }
    return try answerResource(target)
  }

  private mutating func answerResource(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    if target.type.verbs == ["create"] { return try answerReview(target) }
    switch target.info.verb {
    case "get": return try get(target)
    case "list": return try list(target)
    case "watch": return try watch(target)
    case "create" where target.info.name.isEmpty: return try create(target)
    case "update": return try update(target)
    case "patch": return try patch(target)
    case "delete": return try delete(target)
    case "deletecollection": return try deleteCollection(target)
    default:
      throw .methodNotAllowed("the server does not allow this method on the requested resource")
    }
  }
}

/// A request for a resource that is served, with what every handler needs.
struct ResourceRequest: Sendable {
  var request: APIRequest
  var info: RequestInfo
  var type: ResourceType
  var identity: Identity
  var form: AnswerForm
  var schema: ObjectSchema
  var now: Moment

  /// - Throws: 404 for a scope or subresource that the kind does not have, 406 for an answer that can not be given.
  init(
    _ request: APIRequest, _ info: RequestInfo, type: ResourceType, identity: Identity, schema: ObjectSchema,
    now: Moment
  ) throws(StatusError) {
    self.request = request
    self.info = info
    self.type = type
    self.identity = identity
    self.schema = schema
    self.now = now
    form = try AnswerForm.negotiate(request.accept)
    let isNamespaceItself = type.groupResource == GroupResource(group: "", resource: "namespaces")
    if !type.isNamespaced, !info.namespace.isEmpty, !isNamespaceItself { throw .unknownResource }
    if type.isNamespaced, info.namespace.isEmpty, !info.name.isEmpty { throw .unknownResource }
    if !info.subresource.isEmpty, type.subresource(info.subresource) == nil { throw .unknownResource }
    if isNamespaceItself { self.info.namespace = "" }
  }

  var key: ObjectKey { ObjectKey(namespace: info.namespace, name: info.name) }
  var query: QueryParameters { request.query }
  var isDryRun: Bool { query["dryRun"] == "All" }

  /// Who writes: the `fieldManager` parameter, else the start of the user agent.
  var fieldManager: String {
    if let manager = query["fieldManager"], !manager.isEmpty { return manager }
    let agent = request.userAgent.prefix { $0 != "/" }
    return agent.isEmpty ? "unknown" : String(agent)
  }

  var notFound: StatusError { .notFound(resource: type.plural, group: type.group, name: info.name) }

  func answer(_ object: Mapping, status: Int = 200) throws(StatusError) -> APIAnswer {
    try Presentation.check(form, isList: false, type: type)
    let presented = Presentation.object(object, as: type, form: form, schema: schema, now: now)
    return APIAnswer(status: status, body: WireJSON.bytes(.mapping(presented)))
  }
}
