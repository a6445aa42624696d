import Engine
import Hummingbird
import Manifest

/// What the fleet is: clusters, sets, applications, events.
struct FleetRoutes: Sendable {
  let engine: HubEngine
  let store: Store

  func add(to group: RouterGroup<BasicRequestContext>) {
    group.get("clusters") { _, _ in
      Answer.json(["items": .sequence(await engine.clusterViews().map { Views.cluster($0) })])
    }
    group.get("applications") { _, _ in
      Answer.json(["items": .sequence(await engine.applicationViews().map { Views.application($0, resources: false) })])
    }
    group.get("applications/:name") { _, context in
      guard let name = context.parameters.get("name"), let view = await engine.applicationView(name) else {
        return Answer.error(.notFound, "not-found", "there is no such application")
      }
      return Answer.json(Views.application(view, resources: true).value)
    }
    group.get("applications/:name/events") { _, context in
      let facts = try await store.facts.newest(.init(application: context.parameters.get("name")), limit: 100)
      return Answer.json(["items": .sequence(facts.map { Views.fact($0) })])
    }
    group.get("applicationsets") { _, _ in
      Answer.json(["items": .sequence(await engine.setViews().map { Views.set($0) })])
    }
    group.get("events") { _, _ in
      Answer.json(["items": .sequence(try await store.facts.newest(limit: 200).map { Views.fact($0) })])
    }
    group.get("fleet") { _, _ in
      let problems = await engine.fleetProblems
      return Answer.json([
        "diagnostics": .sequence(problems.diagnostics.map { Views.diagnostic($0) }),
        "failures": .sequence(problems.failures.map { .string($0.message) }),
      ])
    }
    group.get("changes") { _, _ in changes() }
  }

  /// Server-sent events: one for each change, `data:` a JSON list of names.
  private func changes() -> Response {
    let feed = engine.changes()
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        for await names in feed {
          let list = JSON.text(.sequence(names.sorted().map { .string($0) }))
          try await writer.write(ByteBuffer(string: "event: changed\ndata: \(list)\n\n"))
        }
        try await writer.finish(nil)
      })
  }
}
