import Manifest

extension APIServer {
  /// Everything that is not a resource: health, version, discovery, OpenAPI.
  func answerPath(_ request: APIRequest, _ info: RequestInfo) throws(StatusError) -> APIAnswer {
    guard ["GET", "HEAD"].contains(request.method) else {
      throw .methodNotAllowed("the server does not allow this method on the requested resource")
    }
    let parts = info.path.split(separator: "/").map(String.init)
    switch (parts.first, parts.count) {
    case ("version", 1): return Self.json(Self.version)
    case ("healthz", _), ("readyz", _), ("livez", _): return .text("ok")
    case ("api", _), ("apis", _): return try answerDiscovery(parts, accept: request.accept)
    case ("openapi", _): return answerOpenAPI(parts, accept: request.accept)
    case (nil, _): return Self.json(.mapping(["paths": .sequence(Self.rootPaths.map { .string($0) })]))
    default: return .pageNotFound
    }
  }

  private func answerDiscovery(_ parts: [String], accept: String) throws(StatusError) -> APIAnswer {
    let form = try AnswerForm.negotiate(accept)
    let documents = DiscoveryDocuments(catalog: catalog)
    let node: Node? =
      switch (parts[0], parts.count) {
      case ("api", 1) where form == .aggregatedDiscovery: documents.aggregated(core: true)
      case ("apis", 1) where form == .aggregatedDiscovery: documents.aggregated(core: false)
      case ("api", 1): documents.coreVersions(serverAddress: address)
      case ("apis", 1): documents.groupList()
      case ("api", 2): documents.resourceList(group: "", version: parts[1])
      case ("apis", 2): documents.group(named: parts[1])
      case ("apis", 3): documents.resourceList(group: parts[1], version: parts[2])
      default: nil
      }
    guard let node else { return .pageNotFound }
    var answer = Self.json(node)
    if form == .aggregatedDiscovery, parts.count == 1 {
      answer.contentType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    }
    return answer
  }

  static func json(_ node: Node, status: Int = 200) -> APIAnswer {
    APIAnswer(status: status, body: WireJSON.bytes(node))
  }

  private static let rootPaths = ["/api", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]

  private static let version: Node = .mapping([
    "major": .string("1"), "minor": .string("36"), "emulationMajor": .string("1"), "emulationMinor": .string("36"),
    "minCompatibilityMajor": .string("1"), "minCompatibilityMinor": .string("35"), "gitVersion": .string("v1.36.2"),
    "gitCommit": .string("0000000"), "gitTreeState": .string(""), "buildDate": .string("1970-01-01T00:00:00Z"),
    "goVersion": .string("go1.27.3"), "compiler": .string("gc"), "platform": .string("linux/amd64"),
  ])
}
