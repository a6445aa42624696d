package import Manifest

/// A service account's token as the server issued it.
package struct IssuedToken: Sendable, Equatable {
  package var token: Redacted<String>
  /// Seconds since 1970. May be sooner than was asked for.
  package var expires: Double
}

/// A question of SelfSubjectAccessReview: may I?
package struct AccessQuestion: Sendable, Hashable {
  /// `get`, `patch`, `*`.
  package var verb: String
  package var group: String
  /// The plural, or `*`.
  package var resource: String
  package var subresource: String
  /// Empty for all namespaces, and for what has none.
  package var namespace: String
  package var name: String

  package init(
    verb: String, group: String = "", resource: String, subresource: String = "", namespace: String = "",
    name: String = ""
  ) {
    self.verb = verb
    self.group = group
    self.resource = resource
    self.subresource = subresource
    self.namespace = namespace
    self.name = name
  }

  var attributes: Mapping {
    var attributes: Mapping = ["verb": .string(verb), "resource": .string(resource)]
    for (key, value) in [("group", group), ("subresource", subresource), ("namespace", namespace), ("name", name)]
    where !value.isEmpty { attributes[key] = .string(value) }
    return attributes
  }
}

extension APIRequest {
  package static let version = APIRequest(path: "/version")
  package static let readyz = APIRequest(path: "/readyz", accept: "*/*")

  package static func accessReview(_ question: AccessQuestion) -> APIRequest {
    let review: Mapping = [
      "apiVersion": .string("authorization.k8s.io/v1"), "kind": .string("SelfSubjectAccessReview"),
      "spec": .mapping(["resourceAttributes": .mapping(question.attributes)]),
    ]
    return APIRequest(
      method: "POST", path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", contentType: "application/json",
      body: canonical(.mapping(review)))
  }

  /// TokenRequest (KEP-1205) for a service account.
  package static func token(
    serviceAccount name: String, namespace: String, seconds: Int, audiences: [String] = []
  ) -> APIRequest {
    var spec: Mapping = ["expirationSeconds": Node(.int(Int64(seconds)))]
    if !audiences.isEmpty { spec["audiences"] = .sequence(audiences.map { .string($0) }) }
    let request: Mapping = [
      "apiVersion": .string("authentication.k8s.io/v1"), "kind": .string("TokenRequest"), "spec": .mapping(spec),
    ]
    return APIRequest(
      method: "POST",
      path: APIResource.serviceAccounts.path(namespace: namespace, name: name, subresource: "token"),
      contentType: "application/json", body: canonical(.mapping(request)))
  }
}

extension KubernetesClient {
  /// The server's version, such as `v1.36.0`.
  package func version() async throws -> String {
    guard let version = try await send(.version)["gitVersion"]?.string else {
      throw Unreadable(reason: "the answer has no gitVersion")
    }
    return version
  }

  /// Whether the server says that it is ready.
  package func isReady() async throws -> Bool { try await response(to: .readyz).head.status == 200 }

  package func isAllowed(_ question: AccessQuestion) async throws -> Bool {
    guard let allowed = try await send(.accessReview(question))["status"]?["allowed"]?.bool else {
      throw Unreadable(reason: "the access review has no verdict")
    }
    return allowed
  }

  /// A token for a service account, for `seconds` or what the server grants.
  package func requestToken(
    serviceAccount name: String, namespace: String, seconds: Int, audiences: [String] = []
  ) async throws -> IssuedToken {
    let request = APIRequest.token(
      serviceAccount: name, namespace: namespace, seconds: seconds, audiences: audiences)
    let status = try await send(request)["status"]
    guard let text = status?["token"]?.string, let token = BearerToken.cleaned(Array(text.utf8)),
      let expires = status?["expirationTimestamp"]?.string.flatMap(Timestamp.seconds)
    else { throw Unreadable(reason: "the answer to the token request has no token") }
    return IssuedToken(token: token, expires: expires)
  }
}
