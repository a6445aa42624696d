import Manifest

extension APIServer {
  static let serviceAccounts = GroupResource(group: "", resource: "serviceaccounts")

  /// - Throws: 401 for a token that is not known here or has run out.
  mutating func authenticate(_ request: APIRequest) throws(StatusError) -> Identity {
    if let token = request.bearerToken {
      if token == administratorToken { return .administrator }
      guard let claims = verifiedClaims(of: token) else { throw .unauthorized }
      let account = store.object(
        Self.serviceAccounts, ObjectKey(namespace: claims.namespace, name: claims.name))
      guard let account, account.uid == claims.uid else { throw .unauthorized }
      return .serviceAccount(namespace: claims.namespace, name: claims.name, uid: claims.uid)
    }
    guard let subject = request.certificateSubject else { return .anonymous }
    return Identity(user: subject.user, groups: subject.groups + ["system:authenticated"])
  }

  /// A signature is checked once; what it says is checked each time.
  private mutating func verifiedClaims(of token: String) -> ServiceAccountTokens.Claims? {
    if let known = verifiedTokens[token] { return now < known.expires ? known : nil }
    guard let claims = tokens.claims(of: token, at: now) else { return nil }
    if verifiedTokens.count >= Self.maximumVerifiedTokens { verifiedTokens.removeAll() }
    verifiedTokens[token] = claims
    return claims
  }

  private static let maximumVerifiedTokens = 32

  /// - Throws: 403 in RBAC's words.
  func authorize(_ identity: Identity, _ info: RequestInfo) throws(StatusError) {
    if identity.isMaster { return }
    let authorizer = RoleAuthorizer(store: store)
    guard info.isResourceRequest else {
      let attributes = AccessAttributes(verb: info.verb, path: info.path)
      if authorizer.allows(identity, attributes) { return }
      throw StatusError(
        code: 403, reason: "Forbidden",
        message: "forbidden: User \"\(identity.user)\" cannot \(info.verb) path \"\(info.path)\"", details: .init())
    }
    let attributes = AccessAttributes(
      verb: info.verb, group: info.group, resource: info.qualifiedResource, namespace: info.namespace, name: info.name)
    if !authorizer.allows(identity, attributes) { throw Self.forbidden(identity, info) }
  }

  private static func forbidden(_ identity: Identity, _ info: RequestInfo) -> StatusError {
    let resource = info.group.isEmpty ? info.resource : "\(info.resource).\(info.group)"
    let scope = info.namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(info.namespace)\""
    var message = resource + (info.name.isEmpty ? "" : " \"\(info.name)\"")
    message += " is forbidden: User \"\(identity.user)\" cannot \(info.verb) resource \"\(info.qualifiedResource)\""
    message += " in API group \"\(info.group)\" \(scope)"
    // Since 1.36 a GET of a node's proxy is authorized as another subresource, and says so.
    if info.qualifiedResource == "nodes/proxy" { message += ": proxy subresource changed to unsafeproxy" }
    return StatusError(
      code: 403, reason: "Forbidden", message: message,
      details: .init(name: info.name, group: info.group, kind: info.resource))
  }
}
