import Manifest
import NIOCore

/// Faults and counters of a fleet as JSON over plain HTTP, for demonstrations, tests and benchmarks.
///
/// - `GET /clusters`, `GET /clusters/NAME`: address, counters, faults.
/// - `PATCH /clusters/NAME/faults` (or `*` for all): merges `{"latencyMilliseconds", "outage": "refuse"|"blackhole"|null,
///   "status": {"code", "retryAfter", "remaining"}|null, "garbage", "frozen", "brokenImages": […],
///   "failingImages": […], "mutations": [{"kind", "path", "value"}]}`; `DELETE` heals.
/// - `POST /clusters/NAME/drop-watches`, `…/expire-history`, `…/restore` (`{"revisions": N}`).
struct ControlEndpoint: RequestResponder {
  let fleet: SimulatedFleet

  func respond(to request: APIRequest, through reply: ResponseStream) {
    Task {
      let answer: APIAnswer
      do {
        answer = try await self.answer(request)
      } catch let error as StatusError {
        answer = APIServer.answer(error)
      } catch {
        answer = APIServer.answer(.internalError("\(error)"))
      }
      reply.channel.eventLoop.execute { reply.send(answer) }
    }
  }

  private func answer(_ request: APIRequest) async throws -> APIAnswer {
    let parts = request.path.split(separator: "/").map { QueryParameters.decode(String($0)) }
    guard parts.first == "clusters", parts.count <= 3 else { return .pageNotFound }
    if parts.count == 1 {
      return APIServer.json(.mapping(["clusters": .sequence(fleet.clusters.map(Self.describe))]))
    }
    let clusters = parts[1] == "*" ? fleet.clusters : fleet.clusters.filter { $0.name == parts[1] }
    guard !clusters.isEmpty else { throw StatusError.notFound(resource: "clusters", name: parts[1]) }
    if parts.count == 3 {
      let body = try Self.body(of: request)
      for cluster in clusters { try await act(parts[2], request.method, body, on: cluster) }
    }
    return parts[1] == "*"
      ? APIServer.json(.mapping(["clusters": .sequence(clusters.map(Self.describe))]))
      : APIServer.json(Self.describe(clusters[0]))
  }

  private func act(_ action: String, _ method: String, _ body: Mapping, on cluster: SimulatedCluster) async throws {
    switch (method, action) {
    case ("GET", "faults"): break
    case ("PATCH", "faults"), ("POST", "faults"):
      try await cluster.setFaults(FaultDocument.merge(body, into: cluster.faults))
    case ("PUT", "faults"): try await cluster.setFaults(FaultDocument.merge(body, into: .none))
    case ("DELETE", "faults"): try await cluster.setFaults(.none)
    case ("POST", "drop-watches"): try await cluster.dropWatches()
    case ("POST", "expire-history"): try await cluster.expireHistory()
    case ("POST", "restore"):
      cluster.restoreFromBackup(revisions: UInt64(clamping: body["revisions"]?.int ?? 100))
    default: throw StatusError.methodNotAllowed("\(method) \(action) is not something this endpoint does")
    }
  }

  private static func body(of request: APIRequest) throws(StatusError) -> Mapping {
    if request.body.isEmpty { return [:] }
    return try APIServer.decode(request.body, expected: "faults", isYAML: false)
  }

  private static func describe(_ cluster: SimulatedCluster) -> Node {
    let counters = cluster.counters
    let verbs = counters.byVerb.sorted { $0.key < $1.key }
    return .mapping([
      "name": .string(cluster.name), "server": .string(cluster.server),
      "requests": .mapping(Mapping(verbs.map { ($0.key, Node(.int(Int64($0.value)))) })),
      "errors": Node(.int(Int64(counters.errors))), "watches": Node(.int(Int64(cluster.openWatches))),
      "connections": Node(.int(Int64(cluster.openConnections))),
      "objects": Node(.int(Int64(cluster.objectCount))),
      "resourceVersion": .string(String(cluster.revision)),
      "faults": .mapping(FaultDocument.mapping(of: cluster.faults)),
    ])
  }
}

/// Faults as the control endpoint writes and reads them.
enum FaultDocument {
  static func mapping(of faults: ClusterFaults) -> Mapping {
    var mapping: Mapping = [
      "latencyMilliseconds": Node(.int(faults.latency.wholeMilliseconds)),
      "outage": faults.outage.map { .string($0.rawValue) } ?? .null,
      "garbage": Node(.bool(faults.sendsGarbage)), "frozen": Node(.bool(faults.isFrozen)),
      "brokenImages": .sequence(faults.brokenImages.map { .string($0) }),
      "failingImages": .sequence(faults.failingImages.map { .string($0) }),
      "mutations": .sequence(
        faults.mutations.map {
          .mapping(["kind": .string($0.kind), "path": .string($0.path.description), "value": $0.value])
        }),
    ]
    if let status = faults.status {
      var node: Mapping = ["code": Node(.int(Int64(status.code)))]
      node["retryAfter"] = status.retryAfter.map { Node(.int(Int64($0))) }
      node["remaining"] = status.remaining.map { Node(.int(Int64($0))) }
      mapping["status"] = .mapping(node)
    } else {
      mapping["status"] = .null
    }
    return mapping
  }

  /// - Throws: 400 for a member that is not known or has the wrong type.
  static func merge(_ document: Mapping, into faults: ClusterFaults) throws(StatusError) -> ClusterFaults {
    var faults = faults
    for member in document {
      switch (member.key, member.value.value) {
      case ("latencyMilliseconds", .int(let number)) where (0...600_000).contains(number):
        faults.latency = .milliseconds(number)
      case ("outage", .null): faults.outage = nil
      case ("outage", .string(let text)):
        guard let outage = ClusterFaults.Outage(rawValue: text) else { throw unknown(member) }
        faults.outage = outage
      case ("status", .null): faults.status = nil
      case ("status", .mapping(let status)): faults.status = try injected(status)
      case ("garbage", .bool(let flag)): faults.sendsGarbage = flag
      case ("frozen", .bool(let flag)): faults.isFrozen = flag
      case ("brokenImages", .sequence(let images)): faults.brokenImages = images.compactMap(\.string)
      case ("failingImages", .sequence(let images)): faults.failingImages = images.compactMap(\.string)
      case ("mutations", .sequence(let mutations)):
        faults.mutations = try mutations.map { node throws(StatusError) in
          guard let kind = node["kind"]?.string, let path = node["path"]?.string.flatMap(JSONPointer.init),
            let value = node["value"]
          else { throw unknown(member) }
          return MutatingAdmission(kind: kind, path: path, value: value)
        }
      default: throw unknown(member)
      }
    }
    return faults
  }

  private static func injected(_ status: Mapping) throws(StatusError) -> ClusterFaults.InjectedStatus {
    guard let code = status["code"]?.int, (400...599).contains(code) else {
      throw .badRequest("status.code has to be a number from 400 to 599")
    }
    return ClusterFaults.InjectedStatus(
      code: Int(code), retryAfter: status["retryAfter"]?.int.map { Int(clamping: $0) },
      remaining: status["remaining"]?.int.map { Int(clamping: $0) })
  }

  private static func unknown(_ member: Mapping.Member) -> StatusError {
    .badRequest("faults: '\(member.key)' is not known or has a value that it does not take")
  }
}

extension Mapping {
  fileprivate init(_ pairs: [(String, Node)]) {
    self.init()
    for (key, value) in pairs { self[key] = value }
  }
}

extension Duration {
  fileprivate var wholeMilliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
