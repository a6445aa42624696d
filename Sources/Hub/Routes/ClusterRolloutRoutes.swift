import Engine
import Fleet
import Hummingbird
import Manifest

/// Rollouts in clusters: what they are at, and what people ask of them.
struct ClusterRolloutRoutes: Sendable {
  private static let path = "/api/v1/clusters/{name}/rollouts"
  private static let verbs = [
    "pause", "resume", "promote", "promote-full", "skip-current-step", "abort", "retry", "restart", "undo", "set-image",
  ]

  let engine: HubEngine

  var routes: [Route] {
    [
      Route(.get, Self.path) { request, context in
        let query = try Query(request, allowed: ["namespace"])
        return try await Self.answering {
          guard let rollouts = try await engine.rollouts(in: context.name, namespace: query.text("namespace")) else {
            throw APIProblem.notFound("cluster", context.name, hint: "muster cluster list")
          }
          return Answer.json(["items": .sequence(rollouts.map { Node(Self.item(RolloutSummary($0))) })])
        }
      },
      Route(.get, Self.path + "/{namespace}/{rollout}") { _, context in
        let (namespace, name) = Self.place(context)
        return try await Self.answering {
          guard let view = try await engine.rollout(in: context.name, namespace: namespace, name: name) else {
            throw Self.unknown(namespace, name, context)
          }
          return Answer.json(.mapping(Self.whole(view)))
        }
      },
      Route(.post, Self.path + "/{namespace}/{rollout}/{verb}") { request, context in
        let (namespace, name) = Self.place(context)
        let verb = try await Self.verb(context.coreContext.parameters.get("verb") ?? "", request)
        return try await Self.answering {
          guard
            try await engine.act(verb, in: context.name, namespace: namespace, name: name, actor: context.holder)
          else { throw Self.unknown(namespace, name, context) }
          return Answer.json(["status": "accepted"], status: .accepted)
        }
      },
    ]
  }

  private static func place(_ context: HubContext) -> (namespace: String, name: String) {
    (context.coreContext.parameters.get("namespace") ?? "", context.coreContext.parameters.get("rollout") ?? "")
  }

  private static func unknown(_ namespace: String, _ name: String, _ context: HubContext) -> APIProblem {
    APIProblem.notFound(
      "rollout", "\(namespace)/\(name)", hint: "muster rollout list --cluster \(Visible.text(context.name))")
  }

  private static func answering(_ body: () async throws -> Response) async throws -> Response {
    do {
      return try await body()
    } catch let failure as Failure {
      throw APIProblem(failure.retry == .never ? .conflict : .serviceUnavailable, failure)
    }
  }

  private static func verb(_ name: String, _ request: Request) async throws -> RolloutVerb {
    switch name {
    case "undo":
      return .undo(revision: try await JSONBody(request, fields: ["revision"]).count("revision"))
    case "set-image":
      let body = try await JSONBody(request, fields: ["container", "image"])
      return .setImage(container: try body.requiredText("container"), image: try body.requiredText("image"))
    default:
      guard let verb = RolloutVerb(name: name) else {
        throw APIProblem.notFound("verb", name, hint: "the verbs are " + verbs.joined(separator: ", "))
      }
      _ = try await JSONBody(request, fields: [])
      return verb
    }
  }

  // MARK: Shapes

  private static func number(_ number: Int) -> Node { Node(.int(Int64(number))) }

  private static func item(_ summary: RolloutSummary) -> Value { .mapping(fields(of: summary)) }

  private static func fields(of summary: RolloutSummary) -> Mapping {
    var fields: Mapping = [
      "namespace": .string(summary.namespace), "name": .string(summary.name), "strategy": .string(summary.strategy),
      "phase": .string(summary.phase), "message": .string(summary.message), "revision": number(summary.revision),
      "desired": number(summary.desired), "current": number(summary.current), "updated": number(summary.updated),
      "ready": number(summary.ready), "available": number(summary.available),
      "steps": .sequence(summary.steps.map { .string($0) }),
      "images": .sequence(
        summary.images.map { image in
          .mapping(["image": .string(image.image), "roles": .sequence(image.roles.map { .string($0) })])
        }),
    ]
    if let step = summary.step { fields["step"] = number(step) }
    if let weight = summary.setWeight { fields["setWeight"] = number(weight) }
    if let weight = summary.actualWeight { fields["actualWeight"] = number(weight) }
    return fields
  }

  private static func whole(_ view: HubEngine.RolloutView) -> Mapping {
    var fields = fields(of: RolloutSummary(view.rollout, sets: view.sets))
    fields["paused"] = Node(.bool(view.rollout.isPaused))
    fields["waitsForPerson"] = Node(.bool(view.rollout.waitsForPerson))
    fields["aborted"] = Node(.bool(view.rollout.status.isAborted))
    fields["conditions"] = .sequence(
      view.rollout.status.conditions.all.map { condition in
        .mapping([
          "type": .string(condition.type), "status": .string(condition.state.rawValue),
          "reason": .string(condition.reason), "message": .string(condition.message),
          "lastUpdateTime": .string(condition.lastUpdate.text),
        ])
      })
    let sets = view.sets.sorted { $0.revision > $1.revision }
    fields["replicaSets"] = .sequence(sets.map { replicaSet($0, view) })
    return fields
  }

  private static func replicaSet(_ set: RolloutReplicaSet, _ view: HubEngine.RolloutView) -> Node {
    let pods = view.pods.filter { $0.controller == set.uid }.sorted { $0.name < $1.name }
    let runs = view.runs.filter { $0.labels[Rollout.hashLabel] == set.hash }.sorted { $0.name < $1.name }
    var fields: Mapping = [
      "name": .string(set.name), "revision": number(set.revision), "hash": .string(set.hash),
      "created": .string(set.created.text), "replicas": number(set.spec), "ready": number(set.ready),
      "available": number(set.available),
      "roles": .sequence(RolloutSummary.roles(of: set, in: view.rollout).map { .string($0) }),
      "pods": .sequence(pods.prefix(maximumPods).map(pod)), "analysisRuns": .sequence(runs.map(run)),
    ]
    if let deadline = set.scaleDownDeadline { fields["scaleDownDeadline"] = .string(deadline.text) }
    return .mapping(fields)
  }

  private static let maximumPods = 500

  private static func pod(_ pod: HubEngine.PodView) -> Node {
    var fields: Mapping = [
      "name": .string(pod.name), "state": .string(pod.state), "ready": Node(.bool(pod.isReady)),
      "restarts": number(pod.restarts),
    ]
    if let created = pod.created { fields["created"] = .string(created.text) }
    return .mapping(fields)
  }

  private static func run(_ run: RolloutRun) -> Node {
    .mapping([
      "name": .string(run.name), "phase": .string(run.phase.isEmpty ? "Pending" : run.phase),
      "message": .string(run.message), "created": .string(run.created.text),
      "type": .string(run.labels["rollout-type"] ?? ""),
    ])
  }
}
