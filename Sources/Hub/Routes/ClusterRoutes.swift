import Engine
import Fleet
import Foundation
import Hummingbird
import Manifest

/// Clusters are brought in, labelled, cordoned and forgotten.
struct ClusterRoutes: Sendable {
  private static let maximumRegistration = 1 << 20

  let engine: HubEngine
  let desk: RegistrationDesk
  let store: Store

  var routes: [Route] {
    [
      Route(.post, "/api/v1/clusters") { request, context in
        let entry = try await Self.entry(request)
        if let refusal = await engine.refusal(
          ofRegistering: entry.name, server: entry.server, clusterUID: entry.clusterUID)
        {
          throw APIProblem(.conflict, "registration.duplicate", refusal)
        }
        try await desk.register(entry, actor: context.holder)
        await engine.reconnect(entry.name)
        return Answer.json(["name": .string(entry.name.text)], status: .created)
      },
      Route(.delete, "/api/v1/clusters/{name}") { _, context in
        guard try await desk.unregister(context.name) else {
          throw APIProblem.notFound(
            "registered cluster", context.name,
            hint: "a cluster of the fleet repository is taken out by deleting its manifest")
        }
        try await record("Unregistered", context)
        await engine.refreshFleet()
        // What was said of it by hand goes with it, or it would be said of the next of that name; of a manifest it stays.
        if !(await isKnown(context.name)) { try await store.clusterOverrides.remove(context.name) }
        return Answer.json(["status": "unregistered"])
      },
      Route(.post, "/api/v1/clusters/{name}/override") { request, context in
        try await override(try await JSONBody(request, fields: ["labels", "cordoned"]), context)
      },
    ]
  }

  private func isKnown(_ name: String) async -> Bool {
    await engine.clusterViews().contains { $0.cluster.name.text == name }
  }

  private func override(_ body: JSONBody, _ context: HubContext) async throws -> Response {
    let labels = try body.labels("labels", removable: true) ?? []
    let cordoned = try body.bool("cordoned")
    guard await isKnown(context.name) else {
      throw APIProblem.notFound("cluster", context.name, hint: "muster cluster list")
    }
    var override =
      try await store.clusterOverrides.all()[context.name]
      ?? ClusterOverride(name: context.name, actor: context.holder, time: Date())
    for label in labels { override.labels[label.key] = .some(label.value) }
    if let cordoned { override.cordoned = cordoned }
    override.actor = context.holder
    override.time = Date()
    try await store.clusterOverrides.put(override)
    if !labels.isEmpty { try await record("Labelled", context) }
    if let cordoned { try await record(cordoned ? "Cordoned" : "Uncordoned", context) }
    await engine.refreshFleet()
    return Answer.json(["status": "accepted"], status: .accepted)
  }

  private func record(_ outcome: String, _ context: HubContext) async throws {
    try await store.facts.append([
      Fact(
        time: Date(), kind: .cluster, cluster: context.name, actor: context.holder, cause: "requested",
        outcome: outcome)
    ])
  }

  private static func entry(_ request: Request) async throws -> RegistrationEntry {
    let body = try await JSONBody(
      request,
      fields: [
        "name", "server", "clusterUID", "labels", "namespaces", "caData", "tlsServerName", "insecureSkipTLSVerify",
        "proxyURL", "token", "expiresAt",
      ], limit: maximumRegistration)
    let name = try body.requiredText("name")
    guard let clusterName = ClusterName(name) else {
      throw APIProblem.badRequest("'name' \(ClusterName.problem(with: name) ?? "is no name of a cluster")")
    }
    let server = try body.requiredText("server")
    guard server.hasPrefix("https://") || server.hasPrefix("http://"), URL(string: server)?.host != nil else {
      throw APIProblem.badRequest("'server' is the address of an API server, as in https://10.0.0.1:6443")
    }
    let labels = try body.labels("labels", removable: false).map { pairs in
      Dictionary(pairs.compactMap { pair in pair.value.map { (pair.key, $0) } }) { $1 }
    }
    let caData = try body.text("caData") ?? ""
    guard let authorities = caData.isEmpty ? [] : Base64.decode(caData) else {
      throw APIProblem.badRequest("'caData' is not base64")
    }
    var entry = RegistrationEntry(
      name: clusterName, server: server, clusterUID: try body.requiredText("clusterUID"),
      token: Redacted(try body.requiredText("token")))
    entry.labels = labels
    entry.namespaces = try body.texts("namespaces")
    entry.caData = authorities
    entry.tlsServerName = try body.text("tlsServerName") ?? ""
    entry.insecureSkipTLSVerify = try body.bool("insecureSkipTLSVerify") ?? false
    entry.proxyURL = try body.text("proxyURL").flatMap { $0.isEmpty ? nil : Redacted($0) }
    entry.expiresAt = try body.count("expiresAt").map(Double.init)
    if let problem = entry.problem { throw APIProblem.badRequest(problem) }
    return entry
  }
}
