import Engine
import Fleet
import Foundation
import Hummingbird
import Manifest

/// What the fleet is: clusters, sets, applications, events.
struct FleetRoutes: Sendable {
  private static let defaultFacts = 100
  private static let maximumFacts = 1_000

  let engine: HubEngine
  let store: Store
  let desk: RegistrationDesk

  var routes: [Route] {
    [
      Route(.get, "/api/v1/clusters") { request, _ in try await clusters(request) },
      Route(.get, "/api/v1/clusters/{name}") { request, context in
        _ = try Query(request, allowed: [])
        guard let view = await engine.clusterViews().first(where: { $0.cluster.name.text == context.name }) else {
          throw APIProblem.notFound("cluster", context.name, hint: "muster cluster list")
        }
        return Answer.json(Views.cluster(view, try await desk.standings(now: Date())[context.name]).value)
      },
      Route(.get, "/api/v1/applicationsets") { request, _ in
        let query = try Query(request, allowed: Page.parameters)
        let views = await engine.setViews().sorted { $0.name < $1.name }
        return try Page.answer(views, query, name: { $0.name }, view: { Views.set($0) })
      },
      Route(.get, "/api/v1/applicationsets/{name}") { request, context in
        _ = try Query(request, allowed: [])
        guard let view = await engine.setView(context.name) else {
          throw APIProblem.notFound("applicationset", context.name, hint: "muster appset list")
        }
        return Answer.json(Views.wholeSet(view))
      },
      Route(.get, "/api/v1/applicationsets/{name}/explanation") { request, context in
        try await explanation(of: context.name, request)
      },
      Route(.get, "/api/v1/applications") { request, _ in try await applications(request) },
      Route(.get, "/api/v1/applications/{name}") { request, context in
        _ = try Query(request, allowed: [])
        guard let view = await engine.applicationView(context.name) else {
          throw APIProblem.notFound("application", context.name, hint: "muster app list")
        }
        return Answer.json(Views.application(view, resources: true).value)
      },
      Route(.get, "/api/v1/applications/{name}/history") { request, context in
        _ = try Query(request, allowed: [])
        guard await engine.applicationView(context.name) != nil else {
          throw APIProblem.notFound("application", context.name, hint: "muster app list")
        }
        let syncs = try await engine.syncs(of: context.name, limit: Self.maximumFacts)
        return Answer.json(["items": .sequence(syncs.map(\.node))])
      },
      Route(.get, "/api/v1/applications/{name}/events") { request, context in
        try await facts(request, application: context.name)
      },
      Route(.get, "/api/v1/events") { request, _ in try await facts(request, application: nil) },
      Route(.get, "/api/v1/fleet") { request, _ in
        _ = try Query(request, allowed: [])
        let problems = await engine.fleetProblems
        return Answer.json([
          "diagnostics": .sequence(problems.diagnostics.map { Views.diagnostic($0) }),
          "failures": .sequence(problems.failures.map { .string($0.message) }),
        ])
      },
    ]
  }

  private func explanation(of set: String, _ request: Request) async throws -> Response {
    let query = try Query(request, allowed: ["cluster"])
    var cluster: Cluster?
    if let name = query.text("cluster") {
      cluster = await engine.clusterViews().first { $0.cluster.name.text == name }?.cluster
      guard cluster != nil else { throw APIProblem.notFound("cluster", name, hint: "muster cluster list") }
    }
    guard let explanation = try await engine.explanation(of: set, cluster: cluster) else {
      throw APIProblem.notFound("applicationset", set, hint: "muster appset list")
    }
    return Answer.json(Views.explanation(explanation))
  }

  private func clusters(_ request: Request) async throws -> Response {
    let query = try Query(request, allowed: Page.parameters.union(["selector", "state"]))
    let selector = try query.selector("selector")
    let state = try query.choice("state", of: ["Reachable", "Unreachable", "Unknown"])
    let views = await engine.clusterViews().filter { view in
      selector.matches(view.cluster.labels) && (state == nil || view.state == state)
    }.sorted { $0.cluster.name.text < $1.cluster.name.text }
    let standings = try await desk.standings(now: Date())
    return try Page.answer(
      views, query, name: { $0.cluster.name.text }, view: { Views.cluster($0, standings[$0.cluster.name.text]) })
  }

  private func applications(_ request: Request) async throws -> Response {
    let query = try Query(
      request,
      allowed: Page.parameters.union(["cluster", "selector", "sync", "health", "applicationset", "project"]))
    let selector = try query.selector("selector")
    let sync = try query.choice("sync", of: ["Synced", "OutOfSync", "Unknown"])
    let health = try query.choice(
      "health", of: ["Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"])
    let (cluster, set, project) = (query.text("cluster"), query.text("applicationset"), query.text("project"))
    let views = await engine.applicationViews().filter { view in
      (cluster == nil || view.cluster?.name.text == cluster) && (set == nil || view.owner == set)
        && (project == nil || view.application.project == project) && selector.matches(view.cluster?.labels ?? [:])
        && (sync == nil || view.status.sync.rawValue == sync)
        && (health == nil || view.status.health.health.rawValue == health)
    }
    return try Page.answer(views, query, name: \.application.name) { Views.application($0, resources: false) }
  }

  /// The newest first; `continue` is the id of the last that was shown.
  private func facts(_ request: Request, application: String?) async throws -> Response {
    let allowed: Set<String> = ["limit", "continue", "cluster", "kind", "since", "until"]
    let query = try Query(
      request, allowed: application == nil ? allowed.union(["application"]) : allowed)
    let limit = try query.count("limit", upTo: Self.maximumFacts) ?? Self.defaultFacts
    var filter = Facts.Filter(
      application: application ?? query.text("application"), cluster: query.text("cluster"),
      since: try query.time("since"), until: try query.time("until"))
    if let kind = try query.choice("kind", of: Fact.Kind.allCases.map(\.rawValue)).flatMap(Fact.Kind.init(rawValue:)) {
      filter.kinds = [kind]
    }
    if let last = query.text("continue") {
      guard let id = Int64(last) else { throw APIProblem.badRequest("'continue' is none that the hub gave out") }
      filter.before = id
    }
    let facts = try await store.facts.newest(filter, limit: limit + 1)
    var answer: Mapping = ["items": .sequence(facts.prefix(limit).map { Views.fact($0) })]
    if facts.count > limit { answer["continue"] = .string(String(facts[limit - 1].id)) }
    return Answer.json(.mapping(answer))
  }
}
