import Engine
import Hummingbird
import Manifest

/// What people ask the hub to do.
struct ActionRoutes: Sendable {
  private static let maximumBody = 64 << 10

  let engine: HubEngine

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
      let count = try await Self.body(request)["delete"]?.int.flatMap { Int(exactly: $0) } ?? 0
      await engine.approve(set: context.parameters.get("name") ?? "", count: count)
      return Self.accepted(true)
    }
  }

  private static func accepted(_ done: Bool) -> Response {
    done
      ? Answer.json(["status": "accepted"], status: .accepted)
      : Answer.error(.notFound, "not-found", "there is no such application")
  }

  private static func body(_ request: Request) async throws -> Node {
    let buffer = try await request.body.collect(upTo: maximumBody)
    if buffer.readableBytes == 0 { return .null }
    do {
      return try JSON.parse(Array(buffer.readableBytesView), limits: TextLimits(bytes: maximumBody, depth: 20))
    } catch {
      throw HTTPError(.badRequest, message: "the body is not JSON: \(error.message)")
    }
  }
}
