import Engine
import Hummingbird
import Manifest

/// What a sync would change: asked of the cluster, written nowhere.
struct DiffRoutes: Sendable {
  private static let maximumBody = 32 << 20
  private static let maximumDepth = 100

  /// What no other try mends, though the hub itself tries again.
  private static let asked: Set<String> = ["git.revision-unknown", "git.revision-invalid"]

  let engine: HubEngine

  var routes: [Route] {
    [
      Route(.get, "/api/v1/applications/{name}/diff") { request, context in
        let query = try Query(request, allowed: ["revision"])
        return try await answer(context.name, .revision(query.text("revision")))
      },
      Route(.post, "/api/v1/applications/{name}/diff") { request, context in
        let body = try await JSONBody(request, fields: ["objects"], limit: Self.maximumBody, depth: Self.maximumDepth)
        guard let objects = try body.nodes("objects") else { throw APIProblem.badRequest("'objects' is needed") }
        let read = ObjectReader.objects(in: objects, file: "objects")
        if let problem = read.diagnostics.first(where: { $0.severity == .error }) {
          throw APIProblem.badRequest(problem.message)
        }
        return try await answer(context.name, .objects(read.objects))
      },
      Route(.post, "/api/v1/applications/{name}/sync/dry-run") { request, context in
        let body = try await JSONBody(request, fields: SyncRequestBody.fields)
        let (options, prunes, confirmed) = try SyncRequestBody.read(body)
        return try await told {
          guard
            let forecast = try await engine.forecast(
              context.name, options, approvedPrunes: prunes, confirmed: confirmed)
          else { throw APIProblem.notFound("application", context.name, hint: "muster app list") }
          return Answer.json(Self.forecast(context.name, forecast))
        }
      },
    ]
  }

  private static func forecast(_ name: String, _ forecast: SyncForecast) -> Value {
    let items = forecast.items.map { item in
      Node([
        "group": .string(item.id.group), "version": .string(item.version), "kind": .string(item.id.kind),
        "namespace": .string(item.id.namespace), "name": .string(item.id.name),
        "action": .string(item.action.rawValue), "message": .string(item.message),
      ])
    }
    return [
      "name": .string(name), "revision": .string(forecast.revision), "differs": .bool(forecast.differs),
      "items": .sequence(items), "problems": .sequence(forecast.problems.map { .string($0) }),
      "conditions": .sequence(
        forecast.conditions.map { Node(["type": .string($0.type), "message": .string($0.message)]) }),
    ]
  }

  private func answer(_ name: String, _ target: HubEngine.DiffTarget) async throws -> Response {
    try await told {
      guard let answer = try await engine.diff(name, target) else {
        throw APIProblem.notFound("application", name, hint: "muster app list")
      }
      return Answer.json([
        "name": .string(name), "revision": .string(answer.revision),
        "items": .sequence(answer.changes.map { Node(Self.change($0)) }),
        "conditions": .sequence(
          answer.conditions.map { Node(["type": .string($0.type), "message": .string($0.message)]) }),
      ])
    }
  }

  /// Tells what goes wrong while Git or the cluster is asked.
  private func told(_ body: () async throws -> Response) async throws -> Response {
    do {
      return try await body()
    } catch let diagnostics as Diagnostics {
      let first = diagnostics.all.first
      let place = first?.location.map { $0.text + ": " } ?? ""
      throw APIProblem(
        .unprocessableContent, first?.code ?? "render", place + (first?.message ?? "the source cannot be rendered"))
    } catch let failure as Failure {
      throw APIProblem(
        failure.retry == .never || Self.asked.contains(failure.code) ? .unprocessableContent : .serviceUnavailable,
        failure)
    }
  }

  private static func change(_ change: ObjectChange) -> Value {
    [
      "group": .string(change.id.group), "version": .string(change.version), "kind": .string(change.id.kind),
      "namespace": .string(change.id.namespace), "name": .string(change.id.name),
      "change": .string(change.kind.rawValue), "diff": .string(change.diff), "message": .string(change.message),
    ]
  }
}
