import Manifest

/// Kinds that are only ever created: they answer a question and are not kept.
extension APIServer {
  mutating func answerReview(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    guard target.info.verb == "create" else {
      throw .methodNotAllowed("the server does not allow this method on the requested resource")
    }
    var (review, _) = try body(of: target)
    review["kind"] = .string(target.type.kind)
    review["apiVersion"] = .string(target.type.apiVersion)
    if review["metadata"] == nil { review["metadata"] = .mapping([:]) }
    track(&review, replacing: nil, type: target.type, by: writer(target.fieldManager))
    review["status"] = .mapping(try status(of: review, target))
    return Self.json(.mapping(review), status: 201)
  }

  private mutating func status(of review: Mapping, _ target: ResourceRequest) throws(StatusError) -> Mapping {
    switch target.type.kind {
    case "SelfSubjectAccessReview": return accessStatus(review, of: target.identity)
    case "SubjectAccessReview", "LocalSubjectAccessReview":
      let spec = review["spec"]
      let groups = (spec?["groups"]?.sequence ?? []).compactMap(\.string)
      return accessStatus(review, of: Identity(user: spec?["user"]?.string ?? "", groups: groups))
    case "SelfSubjectRulesReview":
      return rulesStatus(of: target.identity, in: review["spec"]?["namespace"]?.string ?? "")
    case "SelfSubjectReview": return ["userInfo": .mapping(Self.userInfo(of: target.identity))]
    case "TokenReview": return tokenStatus(review["spec"]?["token"]?.string ?? "")
    default:
      throw .methodNotAllowed("the server does not allow this method on the requested resource")
    }
  }

  private func accessStatus(_ review: Mapping, of identity: Identity) -> Mapping {
    let spec = review["spec"]
    let attributes: AccessAttributes
    if let path = spec?["nonResourceAttributes"] {
      attributes = AccessAttributes(verb: path["verb"]?.string ?? "", path: path["path"]?.string ?? "")
    } else {
      let wanted = spec?["resourceAttributes"]
      let subresource = wanted?["subresource"]?.string ?? ""
      let resource = wanted?["resource"]?.string ?? ""
      attributes = AccessAttributes(
        verb: wanted?["verb"]?.string ?? "", group: wanted?["group"]?.string ?? "",
        resource: subresource.isEmpty ? resource : "\(resource)/\(subresource)",
        namespace: wanted?["namespace"]?.string ?? "", name: wanted?["name"]?.string ?? "")
    }
    return ["allowed": Node(.bool(RoleAuthorizer(store: store).allows(identity, attributes)))]
  }

  private func rulesStatus(of identity: Identity, in namespace: String) -> Mapping {
    let rules = RoleAuthorizer(store: store).rules(for: identity, in: namespace)
    return [
      "resourceRules": .sequence(rules.filter { $0["resources"] != nil }),
      "nonResourceRules": .sequence(rules.filter { $0["nonResourceURLs"] != nil }), "incomplete": Node(.bool(false)),
    ]
  }

  private mutating func tokenStatus(_ token: String) -> Mapping {
    let request = APIRequest(method: "GET", target: "/", bearerToken: token)
    guard let identity = try? authenticate(request) else { return [:] }
    return ["authenticated": Node(.bool(true)), "user": .mapping(Self.userInfo(of: identity))]
  }

  private static func userInfo(of identity: Identity) -> Mapping {
    var info: Mapping = ["username": .string(identity.user)]
    if !identity.uid.isEmpty { info["uid"] = .string(identity.uid) }
    info["groups"] = .sequence(identity.groups.map { .string($0) })
    return info
  }
}

/// Tokens of service accounts.
extension APIServer {
  private static let audience = "https://kubernetes.default.svc"
  private static let minimumTokenLife: Int64 = 600

  /// `POST serviceaccounts/NAME/token`.
  mutating func createToken(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    let (request, _) = try body(of: target)
    guard let account = store.object(target.type.storage, target.key) else { throw target.notFound }
    let asked = request["spec"]?["expirationSeconds"]?.int ?? 3600
    guard asked >= Self.minimumTokenLife else {
      throw .invalid(
        kind: "TokenRequest", group: "authentication.k8s.io", name: "",
        causes: [
          .init(
            reason: "FieldValueInvalid",
            message: "Invalid value: \(asked): may not specify a duration less than 10 minutes",
            field: "spec.expirationSeconds")
        ])
    }
    let seconds = min(asked, max(1, options.maximumTokenLife.components.seconds))
    let expires = now + .seconds(seconds)
    let claims = ServiceAccountTokens.Claims(
      namespace: account.objectNamespace, name: account.objectName, uid: account.uid, expires: expires)
    let audiences = request["spec"]?["audiences"]?.sequence ?? []
    var answer: Mapping = [
      "kind": .string("TokenRequest"), "apiVersion": .string("authentication.k8s.io/v1"),
      "metadata": .mapping([
        "name": .string(account.objectName), "namespace": .string(account.objectNamespace),
        "uid": .string(account.uid), "creationTimestamp": .string(now.rfc3339),
      ]),
      "spec": request["spec"] ?? .mapping([:]),
    ]
    var tracked: Mapping = [
      "kind": .string("TokenRequest"), "apiVersion": .string("authentication.k8s.io/v1"),
      "spec": request["spec"] ?? .mapping([:]), "metadata": .mapping([:]),
    ]
    Self.tokenSchema?.track(&tracked, replacing: nil, by: writer(target.fieldManager, subresource: "token"))
    answer.setMetadata("managedFields", tracked["metadata"]?["managedFields"])
    answer["spec"]?["audiences"] = .sequence(audiences.isEmpty ? [.string(Self.audience)] : audiences)
    answer["spec"]?["expirationSeconds"] = Node(.int(seconds))
    answer["spec"]?["boundObjectRef"] = request["spec"]?["boundObjectRef"] ?? .null
    answer["status"] = .mapping([
      "token": .string(
        tokens.token(for: claims, audience: audiences.first?.string ?? Self.audience, issuedAt: now)),
      "expirationTimestamp": .string(expires.rfc3339),
    ])
    return Self.json(.mapping(answer), status: 201)
  }

  private static let tokenSchema = ObjectSchema.builtIn(
    GroupVersionKind(group: "authentication.k8s.io", version: "v1", kind: "TokenRequest"))
}
