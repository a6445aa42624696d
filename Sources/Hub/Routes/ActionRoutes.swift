import Engine
import Hummingbird
import Manifest

/// What people ask the hub to do with Applications and sets.
struct ActionRoutes: Sendable {
  let engine: HubEngine

  var routes: [Route] {
    [
      Route(.post, "/api/v1/applications/{name}/sync") { request, context in
        let body = try await JSONBody(request, fields: ["prune", "force", "approve"])
        let done = await engine.sync(
          context.name, prune: try body.bool("prune") ?? false, force: try body.bool("force") ?? false,
          approvedPrunes: try body.count("approve") ?? 0, actor: context.holder)
        return try Self.accepted(done, "application", context.name)
      },
      Route(.post, "/api/v1/applications/{name}/refresh") { request, context in
        let hard = try await JSONBody(request, fields: ["hard"]).bool("hard") ?? false
        return try Self.accepted(await engine.refresh(context.name, hard: hard), "application", context.name)
      },
      Route(.post, "/api/v1/applicationsets/{name}/approve") { request, context in
        guard let count = try await JSONBody(request, fields: ["delete"]).count("delete") else {
          throw APIProblem.badRequest("'delete' says how many applications may go")
        }
        guard await engine.setViews().contains(where: { $0.name == context.name }) else {
          throw APIProblem.notFound("applicationset", context.name, hint: "muster appset list")
        }
        await engine.approve(set: context.name, count: count, actor: context.holder)
        return Answer.json(["status": "accepted"], status: .accepted)
      },
    ]
  }

  private static func accepted(_ done: Bool, _ kind: String, _ name: String) throws -> Response {
    guard done else { throw APIProblem.notFound(kind, name, hint: "muster app list") }
    return Answer.json(["status": "accepted"], status: .accepted)
  }
}
