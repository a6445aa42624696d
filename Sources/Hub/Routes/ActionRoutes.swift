import Engine
import Fleet
import Hummingbird
import Manifest

/// What people ask the hub to do with Applications and sets.
struct ActionRoutes: Sendable {
  let engine: HubEngine

  var routes: [Route] {
    [
      Route(.post, "/api/v1/applications/{name}/sync") { request, context in
        let body = try await JSONBody(request, fields: SyncRequestBody.fields)
        let (options, prunes, confirmed) = try SyncRequestBody.read(body)
        let notes = await engine.sync(
          context.name, options, approvedPrunes: prunes, confirmed: confirmed, actor: context.holder)
        guard let notes else { throw APIProblem.notFound("application", context.name, hint: "muster app list") }
        let answer: Value = ["status": "accepted", "notes": .sequence(notes.map { .string($0) })]
        return Answer.json(answer, status: .accepted)
      },
      Route(.post, "/api/v1/applications/{name}/terminate") { request, context in
        _ = try await JSONBody(request, fields: [])
        guard let done = await engine.terminate(context.name) else {
          throw APIProblem.notFound("application", context.name, hint: "muster app list")
        }
        guard done else { throw APIProblem(.conflict, "no-operation", "no sync of \(context.name) is under way") }
        return Answer.json(["status": "accepted"], status: .accepted)
      },
      Route(.post, "/api/v1/applications/{name}/rollback") { request, context in
        let body = try await JSONBody(request, fields: ["to", "gitRevert"])
        let target = try body.text("to")
        do {
          guard let revision = try await engine.rollBack(context.name, to: target, actor: context.holder) else {
            throw APIProblem.notFound("application", context.name, hint: "muster app list")
          }
          var answer: Mapping = ["status": .string("accepted"), "revision": .string(revision)]
          if try body.bool("gitRevert") == true {
            answer["revert"] = .string(try await engine.revertInGit(context.name, actor: context.holder) ?? "")
          }
          return Answer.json(.mapping(answer), status: .accepted)
        } catch let failure as Failure where failure.code == "rollback.no-such-sync" {
          throw APIProblem(.conflict, failure, hint: "muster app history \(context.name)")
        } catch let failure as Failure where failure.code.hasPrefix("git.") {
          throw APIProblem(
            .conflict, failure, message: "\(context.name) goes back, but Git was not changed: \(failure.message)",
            hint: "revert by hand, or push something newer; until then the revision is held")
        }
      },
      Route(.post, "/api/v1/applicationsets/{name}/rollback") { request, context in
        _ = try await JSONBody(request, fields: [])
        let answers: [HubEngine.SetRollback]?
        do throws(Failure) {
          answers = try await engine.rollBack(set: context.name, actor: context.holder)
        } catch {
          throw APIProblem(.conflict, error.code, error.message, hint: "muster rollout rollback \(context.name)")
        }
        guard let answers else { throw APIProblem.notFound("applicationset", context.name, hint: "muster appset list") }
        let items = answers.map { answer in
          Node([
            "application": .string(answer.application), "revision": .string(answer.revision),
            "problem": .string(answer.problem),
          ])
        }
        return Answer.json(["items": .sequence(items)], status: .accepted)
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

/// What a sync is asked for with.
enum SyncRequestBody {
  static let fields: Set<String> = ["prune", "force", "adopt", "approve", "confirm", "resources"]

  static func read(_ body: JSONBody) throws -> (SyncOperation.Options, approvedPrunes: Int, confirmed: Bool) {
    let options = SyncOperation.Options(
      prune: try body.bool("prune") ?? false, force: try body.bool("force") ?? false,
      adopt: try body.bool("adopt") ?? false, selection: try selection(try body.texts("resources") ?? []))
    return (options, try body.count("approve") ?? 0, try body.bool("confirm") ?? false)
  }

  private static func selection(_ texts: [String]) throws -> [ObjectSelection] {
    try texts.map { text in
      guard let selection = ObjectSelection(text) else {
        throw APIProblem.badRequest(
          "'\(Visible.text(text))' names no object", hint: "GROUP:KIND:NAME or GROUP:KIND:NAMESPACE/NAME")
      }
      return selection
    }
  }
}
