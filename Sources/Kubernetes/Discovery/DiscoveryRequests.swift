import Manifest

/// What one root, `/api` or `/apis`, answered.
struct DiscoveryRoot: Sendable {
  var discovery: Discovery
  /// Nil where the server offers none.
  var tag: String?
}

extension KubernetesClient {
  static let discoveryRoots = ["/api", "/apis"]

  private static let aggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

  /// Asks what is served: two requests where the server aggregates (KEP-3352), else one a group version.
  ///
  /// A group that does not answer is noted as stale, not failed.
  package func discover() async throws -> Discovery {
    var discovery = Discovery()
    for root in Self.discoveryRoots {
      guard let part = try await discover(root: root, unless: nil) else { continue }
      discovery = discovery.merging(part.discovery)
    }
    return discovery
  }

  /// - Parameter tag: of what is known already.
  /// - Returns: nil when nothing has changed since.
  func discover(root: String, unless tag: String?) async throws -> DiscoveryRoot? {
    var request = APIRequest(path: root, accept: Self.aggregated)
    request.ifNoneMatch = tag
    let response = try await response(to: request)
    if response.head.status == 304, tag != nil { return nil }
    let answer = try await read(response, mayQuoteSecret: false)
    var discovery = Discovery()
    if answer["kind"]?.string == "APIGroupDiscoveryList" {
      discovery.add(aggregated: answer)
      return DiscoveryRoot(discovery: discovery, tag: response.head.header("etag"))
    }
    try await addLegacy(root: root, answer, to: &discovery)
    return DiscoveryRoot(discovery: discovery, tag: nil)
  }

  private func addLegacy(root: String, _ answer: Node, to discovery: inout Discovery) async throws {
    for path in Self.legacyPaths(root: root, answer) {
      do {
        discovery.add(legacy: try await send(APIRequest(path: path)))
      } catch let error as APIError where error.kind != .unauthorized {
        discovery.markStale(path.split(separator: "/").dropFirst().first.map(String.init) ?? "")
      }
    }
  }

  /// `/api/v1`, or each group's versions with the preferred one first.
  private static func legacyPaths(root: String, _ answer: Node) -> [String] {
    if root == "/api" {
      return (answer["versions"]?.sequence ?? []).compactMap(\.string).map { "/api/" + PercentEncoding.segment($0) }
    }
    return (answer["groups"]?.sequence ?? []).flatMap { group -> [String] in
      let preferred = group["preferredVersion"]?["groupVersion"]?.string
      let all = (group["versions"]?.sequence ?? []).compactMap { $0["groupVersion"]?.string }
      return ([preferred].compactMap(\.self) + all.filter { $0 != preferred }).map { groupVersion in
        "/apis/" + groupVersion.split(separator: "/").map { PercentEncoding.segment(String($0)) }.joined(separator: "/")
      }
    }
  }
}
