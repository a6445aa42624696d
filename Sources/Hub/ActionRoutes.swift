import Engine
import Fleet
import Foundation
import Hummingbird
import Manifest

/// What people ask the hub to do.
struct ActionRoutes: Sendable {
  private static let maximumBody = 64 << 10

  let engine: HubEngine
  let desk: RegistrationDesk
  let store: Store

  func add(to group: RouterGroup<BasicRequestContext>) {
    group.post("applications/:name/sync") { request, context in
      let body = try await Self.body(request)
      let done = await engine.sync(
        context.parameters.get("name") ?? "", prune: body["prune"]?.bool ?? false, force: body["force"]?.bool ?? false,
        approvedPrunes: body["approve"]?.int.flatMap { Int(exactly: $0) } ?? 0, actor: "api")
      return Self.accepted(done)
    }
    group.post("applications/:name/refresh") { _, context in
      Self.accepted(await engine.refresh(context.parameters.get("name") ?? ""))
    }
    group.post("applicationsets/:name/approve") { request, context in
      let name = context.parameters.get("name") ?? ""
      guard await engine.setViews().contains(where: { $0.name == name }) else {
        return Answer.error(.notFound, "not-found", "there is no such applicationset")
      }
      let count = try await Self.body(request)["delete"]?.int.flatMap { Int(exactly: $0) } ?? 0
      await engine.approve(set: name, count: count)
      return Self.accepted(true)
    }
  }

  func addClusters(to group: RouterGroup<BasicRequestContext>) {
    group.post("clusters") { request, _ in
      guard let entry = Self.entry(try await Self.body(request, limit: 1 << 20)) else {
        return Answer.error(.badRequest, "bad-request", "a registration needs name, server, clusterUID and token")
      }
      do {
        try await desk.register(entry)
      } catch let failure as Failure where failure.code.hasPrefix("registration.") {
        return Answer.error(.conflict, failure.code, failure.message)
      }
      await engine.reconnect(entry.name)
      return Answer.json(["name": .string(entry.name.text)], status: .created)
    }
    group.delete("clusters/:name") { _, context in
      let done = try await desk.unregister(context.parameters.get("name") ?? "")
      await engine.refreshFleet()
      return done
        ? Answer.json(["status": "unregistered"])
        : Answer.error(.notFound, "not-found", "no cluster of that name was registered through the hub")
    }
    group.post("clusters/:name/override") { request, context in
      let body = try await Self.body(request)
      let name = context.parameters.get("name") ?? ""
      guard await engine.clusterViews().contains(where: { $0.cluster.name.text == name }) else {
        return Answer.error(.notFound, "not-found", "there is no such cluster")
      }
      var override =
        try await store.clusterOverrides.all()[name] ?? ClusterOverride(name: name, actor: "api", time: Date())
      for member in body["labels"]?.mapping ?? Mapping() {
        override.labels[member.key] = .some(member.value.string)
      }
      if let cordoned = body["cordoned"]?.bool { override.cordoned = cordoned }
      override.time = Date()
      try await store.clusterOverrides.put(override)
      await engine.refreshFleet()
      return Self.accepted(true)
    }
  }

  private static func entry(_ body: Node) -> RegistrationDesk.Entry? {
    guard let name = body["name"]?.string.flatMap({ ClusterName($0) }), let server = body["server"]?.string,
      let uid = body["clusterUID"]?.string, !uid.isEmpty, let token = body["token"]?.string, !token.isEmpty
    else { return nil }
    let labels = body["labels"]?.mapping.map { mapping in
      var labels: [String: String] = [:]
      for member in mapping { labels[member.key] = member.value.string }
      return labels
    }
    return RegistrationDesk.Entry(
      name: name, server: server, clusterUID: uid, labels: labels,
      namespaces: body["namespaces"]?.sequence?.compactMap(\.string),
      caData: body["caData"]?.string.flatMap { Base64.decode($0) } ?? [],
      tlsServerName: body["tlsServerName"]?.string ?? "", token: Redacted(token),
      expiresAt: body["expiresAt"]?.int.map(Double.init))
  }

  private static func accepted(_ done: Bool) -> Response {
    done
      ? Answer.json(["status": "accepted"], status: .accepted)
      : Answer.error(.notFound, "not-found", "there is no such application")
  }

  private static func body(_ request: Request, limit: Int = maximumBody) async throws -> Node {
    let buffer = try await request.body.collect(upTo: limit)
    if buffer.readableBytes == 0 { return .null }
    do {
      return try JSON.parse(Array(buffer.readableBytesView), limits: TextLimits(bytes: limit, depth: 20))
    } catch {
      throw HTTPError(.badRequest, message: "the body is not JSON: \(error.message)")
    }
  }
}
