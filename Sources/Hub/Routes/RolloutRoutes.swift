import Engine
import Fleet
import Hummingbird
import Manifest

/// Rollouts over the clusters of a set.
struct RolloutRoutes: Sendable {
  private static let longestHistory = 100

  let engine: HubEngine

  var routes: [Route] {
    [
      Route(.get, "/api/v1/rollouts") { request, _ in
        let query = try Query(request, allowed: Page.parameters)
        return try Page.answer(await engine.rolloutViews(), query, name: { $0.set }, view: { Self.node($0) })
      },
      Route(.get, "/api/v1/rollouts/{name}") { request, context in
        let number = try Query(request, allowed: ["number"]).count("number", upTo: .max)
        guard let view = try await engine.rolloutView(context.name, number: number.map(Int64.init)) else {
          throw await unknown(context.name, number)
        }
        return Answer.json(Self.node(view, withTargets: true).value)
      },
      Route(.get, "/api/v1/rollouts/{name}/history") { request, context in
        let limit = try Query(request, allowed: ["limit"]).count("limit", upTo: Self.longestHistory) ?? 20
        guard let history = try await engine.rolloutHistory(context.name, limit: limit) else {
          throw await unknown(context.name, nil)
        }
        return Answer.json(["items": .sequence(history.enumerated().map { Self.node($1, isNewest: $0 == 0) })])
      },
      verb("pause") { _ in .pause }, verb("resume") { _ in .resume }, verb("approve") { _ in .approve },
      verb("promote", fields: ["full"]) { body in .promote(full: try body.bool("full") ?? false) },
      verb("abort") { _ in .abort }, verb("retry") { _ in .retry },
      verb("rollback", fields: ["to"]) { _ in .rollback },
    ]
  }

  private func verb(
    _ name: String, fields: Set<String> = [], _ command: @escaping @Sendable (JSONBody) throws -> WaveCommand
  ) -> Route {
    Route(.post, "/api/v1/rollouts/{name}/\(name)") { request, context in
      let body = try await JSONBody(request, fields: fields)
      let number = fields.contains("to") ? try body.count("to") : nil
      do {
        guard
          let rollout = try await engine.heed(
            try command(body), of: context.name, to: number.map(Int64.init), actor: context.holder)
        else { throw await unknown(context.name, nil) }
        return Answer.json(rollout.node(withTargets: false).value, status: .accepted)
      } catch let failure as Failure where failure.code.hasPrefix("rollout.") {
        // What to do stands in many of the words already.
        throw APIProblem(
          .conflict, failure,
          hint: failure.message.contains("muster rollout") ? "" : "muster rollout get \(context.name)")
      }
    }
  }

  private func unknown(_ name: String, _ number: Int?) async -> APIProblem {
    let sets = await engine.setViews()
    guard let set = sets.first(where: { $0.name == name }) else {
      let near = NearestName.of(name, among: sets.map(\.name)).map { "did you mean '\(Visible.text($0))'?" }
      return APIProblem.notFound("applicationset", name, hint: near ?? "muster appset list")
    }
    guard set.set?.root["spec"]?["strategy"]?["type"]?.string == "RollingSync" else {
      return APIProblem(
        .notFound, "not-found",
        "set '\(Visible.text(name))' has no strategy RollingSync: its Applications change all at once",
        hint: "docs/waves.md says how a set rolls out in waves")
    }
    guard let number else {
      return APIProblem(.notFound, "not-found", "the rollouts of '\(Visible.text(name))' have not been read yet")
    }
    return APIProblem(
      .notFound, "not-found", "no rollout \(number) of '\(Visible.text(name))' is remembered",
      hint: "muster rollout history \(name)")
  }

  /// What a person says is said of the newest.
  private static func node(_ rollout: FleetRollout, isNewest: Bool) -> Node {
    var node = rollout.node(withTargets: false).mapping ?? Mapping()
    if !isNewest { node["advice"] = .sequence([]) }
    return .mapping(node)
  }

  private static func node(_ view: HubEngine.FleetRolloutView, withTargets: Bool = false) -> Node {
    var node =
      view.rollout?.node(withTargets: withTargets, revisions: view.revisions).mapping
      ?? ["name": .string(view.set), "set": .string(view.set)]
    if withTargets {
      node["analyses"] = .sequence(
        view.analyses.map { run in
          var analysis: Mapping = ["name": .string(run.name)]
          analysis["status"] = run.status.node
          return .mapping(analysis)
        })
    }
    guard view.isNewest else {
      // What a person says is said of the newest, and so is what is wrong now.
      node["advice"] = .sequence([])
      return .mapping(node)
    }
    node["problem"] = .string(view.problem)
    node["unmatched"] = .sequence(view.unmatched.map(Node.string))
    node["held"] = .sequence(view.held.map(Node.string))
    return .mapping(node)
  }
}
