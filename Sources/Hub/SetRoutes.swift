import Engine
import Hummingbird
import Manifest

/// One ApplicationSet, as it is written and as it stands.
struct SetRoutes: Sendable {
  let engine: HubEngine

  func add(to group: RouterGroup<BasicRequestContext>) {
    group.get("applicationsets/:name") { _, context in
      guard let view = await engine.setViews().first(where: { $0.name == context.parameters.get("name") }) else {
        return Answer.error(.notFound, "not-found", "there is no such applicationset")
      }
      var answer = Views.set(view)
      answer["file"] = view.set.map { .string("\($0.origin.file):\($0.origin.mark.line)") } ?? .null
      answer["spec"] = view.set?.root["spec"] ?? .null
      return Answer.json(answer.value)
    }
  }
}
