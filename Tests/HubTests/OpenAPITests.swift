import Engine
import Fleet
import Foundation
import Manifest
import Testing

@testable import Hub

/// docs/openapi.yaml and the hub say the same.
@Suite(.timeLimit(.minutes(2))) struct OpenAPITests {
  private let document: Node

  init() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../../docs/openapi.yaml"
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    document = try #require(try YAML.parse(bytes, file: "openapi.yaml").first)
  }

  @Test func listsEveryRouteAndNoOther() async throws {
    var described: [String: Bool] = [:]
    for path in document["paths"]?.mapping ?? Mapping() {
      for method in path.value.mapping ?? Mapping() where method.key != "parameters" {
        described[method.key.uppercased() + " " + path.key] = method.value["security"]?.sequence?.isEmpty ?? false
      }
    }
    try await RunningHub.with { hub async throws in
      var served: [String: Bool] = [:]
      for route in hub.server.routes(ChangeJournal()) {
        served[route.method.rawValue + " " + route.path] = route.access == .open
      }
      #expect(Set(described.keys).symmetricDifference(served.keys).sorted() == [])
      #expect(described == served)
    }
  }

  @Test func describesWhatTheHubAnswers() async throws {
    let asked: [(method: String, path: String, as: String, body: String?)] = [
      ("get", "/api/v1/clusters?limit=1", "/api/v1/clusters", nil),
      ("get", "/api/v1/clusters/alpha", "/api/v1/clusters/{name}", nil),
      ("get", "/api/v1/clusters/nobody", "/api/v1/clusters/{name}", nil),
      ("get", "/api/v1/clusters?limit=x", "/api/v1/clusters", nil),
      ("post", "/api/v1/clusters/alpha/override", "/api/v1/clusters/{name}/override", #"{"cordoned":true}"#),
      ("get", "/api/v1/applicationsets", "/api/v1/applicationsets", nil),
      ("get", "/api/v1/applicationsets/shop", "/api/v1/applicationsets/{name}", nil),
      ("get", "/api/v1/applicationsets/shop/explanation", "/api/v1/applicationsets/{name}/explanation", nil),
      (
        "get", "/api/v1/applicationsets/shop/explanation?cluster=alpha", "/api/v1/applicationsets/{name}/explanation",
        nil
      ),
      ("get", "/api/v1/applications", "/api/v1/applications", nil),
      ("get", "/api/v1/applications/shop-alpha", "/api/v1/applications/{name}", nil),
      ("post", "/api/v1/applications/shop-alpha/sync", "/api/v1/applications/{name}/sync", "{}"),
      (
        "post", "/api/v1/applications/shop-alpha/sync/dry-run", "/api/v1/applications/{name}/sync/dry-run",
        #"{"prune":true}"#
      ),
      ("post", "/api/v1/applications/nobody/sync/dry-run", "/api/v1/applications/{name}/sync/dry-run", "{}"),
      ("get", "/api/v1/applications/shop-alpha/events", "/api/v1/applications/{name}/events", nil),
      ("get", "/api/v1/events?limit=1", "/api/v1/events", nil),
      ("get", "/api/v1/fleet", "/api/v1/fleet", nil),
      ("post", "/api/v1/tokens", "/api/v1/tokens", #"{"name":"ci"}"#),
      ("get", "/api/v1/tokens", "/api/v1/tokens", nil),
      ("delete", "/api/v1/tokens/ci", "/api/v1/tokens/{name}", nil),
      ("post", "/api/v1/webhooks/git", "/api/v1/webhooks/git", "{}"),
    ]
    try await RunningHub.with { hub async throws in
      for entry in asked {
        let answer = try await hub.ask(entry.method.uppercased(), entry.path, body: entry.body)
        let operation = document["paths"]?[entry.as]?[entry.method]
        let response = resolved(operation?["responses"]?[String(answer.status)])
        let schema = response?["content"]?["application/json"]?["schema"]
        #expect(schema != nil, "\(entry.method) \(entry.path) \(answer.status)")
        if let schema { #expect(problems(answer.json, schema, at: entry.path) == []) }
      }
    }
  }

  @Test func describesAnApplicationWithObjects() throws {
    var status = ApplicationStatus()
    status.conditions = [Condition("Contested", "why")]
    status.resources = [
      ResourceStatus(
        id: ObjectID(group: "apps", kind: "Deployment", namespace: "shop", name: "web"), version: "v1", sync: .synced,
        health: HealthReport(.healthy))
    ]
    let schema = try #require(document["components"]?["schemas"]?["Application"]?["properties"]?["status"])
    #expect(problems(status.node, schema, at: "status") == [])
    let wrong = Node(["stage": .int(1), "more": .null])
    #expect(problems(wrong, schema, at: "status").count == 7)
  }

  private func resolved(_ node: Node?) -> Node? {
    guard let reference = node?["$ref"]?.string else { return node }
    return reference.dropFirst(2).split(separator: "/").reduce(Optional(document)) { $0?[String($1)] }
  }

  /// The part of JSON Schema that the document uses.
  private func problems(_ value: Node, _ schema: Node, at path: String) -> [String] {
    guard let schema = resolved(schema) else { return ["\(path): the schema's reference leads nowhere"] }
    if let values = schema["enum"]?.sequence, !values.contains(where: { $0.string == value.string }) {
      return ["\(path): not one of the enum"]
    }
    let types = schema["type"]?.sequence?.compactMap(\.string) ?? [schema["type"]?.string].compactMap { $0 }
    guard types.isEmpty || types.contains(where: { isOf(value, $0) }) else { return ["\(path): not \(types)"] }
    if let items = schema["items"], let sequence = value.sequence {
      return sequence.enumerated().flatMap { problems($1, items, at: "\(path)[\($0)]") }
    }
    guard let mapping = value.mapping else { return [] }
    var found = (schema["required"]?.sequence ?? []).compactMap(\.string).filter { value[$0] == nil }.map {
      "\(path).\($0): lacking"
    }
    for member in mapping {
      if let property = schema["properties"]?[member.key] {
        found += problems(member.value, property, at: path + "." + member.key)
      } else if let rest = schema["additionalProperties"], rest.mapping != nil {
        found += problems(member.value, rest, at: path + "." + member.key)
      } else if schema["additionalProperties"]?.bool == false {
        found.append("\(path).\(member.key): not described")
      }
    }
    return found
  }

  private func isOf(_ value: Node, _ type: String) -> Bool {
    switch type {
    case "object": value.mapping != nil
    case "array": value.sequence != nil
    case "string": value.string != nil
    case "integer": value.int != nil
    case "boolean": value.bool != nil
    case "null": value.isNull
    default: false
    }
  }
}
