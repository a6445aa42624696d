import Foundation
import Manifest
import Simulator
import Testing

@testable import Engine

/// What people and controllers do in a cluster, past the hub. Objects are named `deployments/web`; all are in one namespace.
extension TestFleet {
  enum Patch {
    /// Server-side apply, forced.
    case apply(String)
    case json(String)
    case merge(String)
    /// GET, change, PUT.
    case update(@Sendable (inout Node) -> Void)
  }

  func cluster(_ name: String) throws -> SimulatedCluster { try #require(simulated[name]) }

  func path(_ object: String, namespace: String = TestFleet.namespace) -> String {
    let groups = ["deployments": "apis/apps/v1", "endpointslices": "apis/discovery.k8s.io/v1"]
    let kind = object.split(separator: "/").first.map(String.init) ?? ""
    if kind == "namespaces" { return "/api/v1/" + object }
    return "/\(groups[kind] ?? "api/v1")/namespaces/\(namespace)/\(object)"
  }

  @discardableResult
  func send(
    _ method: String, _ target: String, to cluster: String, _ body: String = "", type: String = "application/json"
  ) async throws -> (status: Int, body: Node) {
    let server = try self.cluster(cluster)
    let answer = try await server.handle(
      APIRequest(
        method: method, target: target, accept: "application/json", contentType: type, userAgent: "test/1",
        bearerToken: server.administratorToken, body: Array(body.utf8)))
    return (answer.status, try JSON.parse(answer.body))
  }

  /// An object as it is; nil where there is none.
  func object(_ cluster: String, _ object: String, namespace: String = TestFleet.namespace) async throws -> Node? {
    let answer = try await send("GET", path(object, namespace: namespace), to: cluster)
    if answer.status == 404 { return nil }
    try #require(answer.status == 200, "\(answer.body)")
    return answer.body
  }

  func exists(_ cluster: String, _ name: String) async throws -> Bool {
    guard let object = try await object(cluster, name) else { return false }
    return object["metadata"]?["deletionTimestamp"] == nil
  }

  /// The value behind a JSON pointer of an object.
  func value(_ cluster: String, _ name: String, _ pointer: String...) async throws -> Node? {
    var node = try await object(cluster, name)
    for element in pointer { node = Int(element).flatMap { node?.sequence?[safe: $0] } ?? node?[element] }
    return node
  }

  @discardableResult
  func edit(_ cluster: String, _ object: String, _ patch: Patch, manager: String = "intruder") async throws -> Node {
    let target = path(object) + "?fieldManager=" + manager
    let answer: (status: Int, body: Node)
    switch patch {
    case .apply(let text):
      answer = try await send("PATCH", target + "&force=true", to: cluster, text, type: "application/apply-patch+yaml")
    case .json(let text):
      answer = try await send("PATCH", target, to: cluster, text, type: "application/json-patch+json")
    case .merge(let text):
      answer = try await send("PATCH", target, to: cluster, text, type: "application/merge-patch+json")
    case .update(let change):
      var node = try #require(await self.object(cluster, object))
      change(&node)
      answer = try await send("PUT", target, to: cluster, JSON.text(node))
    }
    try #require(answer.status < 300, "\(answer.body)")
    return answer.body
  }

  @discardableResult
  func create(_ cluster: String, _ collection: String, _ body: String, manager: String = "intruder") async throws
    -> Node
  {
    let answer = try await send("POST", path(collection) + "?fieldManager=" + manager, to: cluster, body)
    try #require(answer.status == 201, "\(answer.body)")
    return answer.body
  }

  func delete(_ cluster: String, _ object: String) async throws {
    let answer = try await send("DELETE", path(object), to: cluster)
    try #require(answer.status < 300, "\(answer.body)")
  }

  func setFaults(_ cluster: String, _ change: (inout ClusterFaults) -> Void) async throws {
    var faults = ClusterFaults()
    change(&faults)
    try await self.cluster(cluster).setFaults(faults)
  }

  func heal(_ cluster: String) async throws { try await self.cluster(cluster).setFaults(.none) }

  /// `METHOD URL` of what the hub wrote to a cluster since it started.
  func writes(_ cluster: String) throws -> [String] {
    let server = try self.cluster(cluster).server
    return try hub.transport.writes.filter { $0.contains(server) && !$0.contains("dryRun=All") }
  }

  func deletions(_ cluster: String) throws -> [String] { try writes(cluster).filter { $0.hasPrefix("DELETE") } }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
