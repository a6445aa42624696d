import Fleet
package import HTTPClient
package import Kubernetes
import Manifest

/// The cluster where the objects are that generators refer to: decision resources, and ConfigMaps and Secrets that stand
/// neither in the fleet repository nor in the control folder. It is only read, in one namespace.
package actor ManagementCluster {
  private static let pageSize = 500
  private static let maximumObjects = 10_000
  /// Seconds for all pages of one list.
  private static let patience = 60.0

  private let namespace: String
  private let connect: @Sendable () throws -> ClusterAccess
  private let transport: any Transport
  private let userAgent: String
  private var known: KubernetesClient?

  /// - Parameter connect: how it is reached now; asked again after credentials were refused.
  package init(
    namespace: String, transport: any Transport, userAgent: String,
    connect: @escaping @Sendable () throws -> ClusterAccess
  ) {
    self.namespace = namespace
    self.transport = transport
    self.userAgent = userAgent
    self.connect = connect
  }

  /// What is asked for, without what generators do not look at; empty where it is not there.
  func objects(_ inquiry: ControlInquiry) async throws -> [Node] {
    try await authorized { try await read(inquiry, $0) }
  }

  /// Secrets with their data, by their labels.
  func secrets(labelSelector: String) async throws -> [Node] {
    try await authorized { client in
      try await list(
        client, path(nil, "secrets", nil), labelSelector, "Secrets of the management cluster", of: .secrets)
    }
  }

  private func authorized<Answer>(_ body: (KubernetesClient) async throws -> Answer) async throws -> Answer {
    do {
      return try await body(try client())
    } catch let error as APIError where error.kind == .unauthorized {
      known = nil
      throw error
    }
  }

  private func client() throws -> KubernetesClient {
    if let known { return known }
    let client = KubernetesClient(
      access: try connect(), transport: transport, userAgent: userAgent,
      deadlines: HTTPDeadlines(connect: 5, firstByte: 15, idle: 15, total: 30))
    known = client
    return client
  }

  private func read(_ inquiry: ControlInquiry, _ client: KubernetesClient) async throws -> [Node] {
    switch inquiry.subject {
    case .configMap(let name):
      return try await one(client, path(nil, "configmaps", name)).map { [Self.kept($0, "data")] } ?? []
    case .secret(let name):
      return try await one(client, path(nil, "secrets", name), isSecret: true).map { [Self.kept($0, "data")] } ?? []
    case .resources(let type, let name?, _):
      return try await one(client, path(type, type.plural, name)).map { [Self.kept($0, "status")] } ?? []
    case .resources(let type, nil, let selector):
      return try await list(client, path(type, type.plural, nil), selector, "\(inquiry)")
    }
  }

  private func path(_ type: ControlInquiry.ResourceType?, _ plural: String, _ name: String?) -> String {
    (type.map { "/apis/\($0.group)/\($0.version)" } ?? "/api/v1") + "/namespaces/\(namespace)/\(plural)"
      + (name.map { "/" + $0 } ?? "")
  }

  private func one(_ client: KubernetesClient, _ path: String, isSecret: Bool = false) async throws -> Node? {
    do {
      return try await client.send(APIRequest(path: path), mayQuoteSecret: isSecret)
    } catch let error as APIError where error.kind == .notFound {
      return nil
    }
  }

  /// What is listed, by the field that somebody looks at.
  private enum Content: String {
    case secrets = "data"
    case resources = "status"
  }

  /// All pages of one version of the list; a type that is not served has none.
  private func list(
    _ client: KubernetesClient, _ path: String, _ selector: String, _ subject: String, of content: Content = .resources
  ) async throws -> [Node] {
    let start = ContinuousClock.now
    var found: [Node] = []
    var token: String?
    repeat {
      guard found.count <= Self.maximumObjects, start.duration(to: .now) < .seconds(Self.patience) else {
        throw Failure(
          "generator.too-many", subject: subject, stage: "generate",
          "more than \(Self.maximumObjects) objects or \(Int(Self.patience)) s: a label selector would narrow it",
          retry: .backOff)
      }
      var query = [("limit", String(Self.pageSize))]
      if !selector.isEmpty { query.append(("labelSelector", selector)) }
      if let token { query.append(("continue", token)) }
      do {
        let request = APIRequest(path: path, query: query)
        let page = try ObjectList(try await client.send(request, mayQuoteSecret: content == .secrets))
        found += page.items.map { Self.kept($0.node, content.rawValue) }
        token = page.continueToken == token ? nil : page.continueToken
      } catch let error as APIError where error.kind == .notFound && token == nil {
        return []
      }
    } while token != nil
    return found.sorted { Self.name(of: $0) < Self.name(of: $1) }
  }

  private static func name(of object: Node) -> String { object["metadata"]?["name"]?.string ?? "" }

  /// What changes with every heartbeat, and what nobody reads, is left out.
  private static func kept(_ object: Node, _ field: String) -> Node {
    var metadata = Mapping()
    for key in ["name", "namespace", "labels"] { metadata[key] = object["metadata"]?[key] }
    var kept: Mapping = ["metadata": .mapping(metadata)]
    for key in ["apiVersion", "kind", field] { kept[key] = object[key] }
    return .mapping(kept)
  }
}
