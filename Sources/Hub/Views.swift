import Engine
import Fleet
import Foundation
import Manifest

/// How things look in the API.
enum Views {
  /// - Parameter standing: of a cluster that was registered through the hub.
  static func cluster(_ view: HubEngine.ClusterView, _ standing: RegistrationDesk.Standing?) -> Node {
    Node([
      "name": .string(view.cluster.name.text), "server": .string(view.cluster.server),
      "labels": texts(view.cluster.labels), "state": .string(view.state), "message": .string(view.message),
      "objects": .int(Int64(view.objects)), "cordoned": .bool(view.cluster.cordoned),
      "registered": .bool(view.cluster.credentials == .registered),
      "clusterUID": standing.map { .string($0.clusterUID) } ?? .null,
      "warning": .string(standing?.warning ?? ""),
      "namespaces": .sequence(view.cluster.namespaces.map { .string($0) }),
    ])
  }

  static func application(_ view: HubEngine.ApplicationView, resources: Bool) -> Node {
    let application = view.application
    var status = view.status.node.mapping ?? Mapping()
    if !resources { status["resources"] = nil }
    let sources = application.sources.map { Node(self.source($0)) }
    var node: Mapping = [
      "name": .string(application.name), "project": .string(application.project),
      "applicationSet": view.owner.map { .string($0) } ?? .null,
      "cluster": view.cluster.map { .string($0.name.text) } ?? .null,
      "clusterLabels": Node(texts(view.cluster?.labels ?? [:])), "clusterReachable": Node(.bool(view.clusterReachable)),
      "namespace": .string(application.destination.namespace), "deleting": Node(.bool(view.isDeleting)),
      "awaitsSync": Node(.bool(view.awaitsSync)), "rollout": .string(view.rollout),
      "source": sources.first ?? .null, "status": .mapping(status),
    ]
    if sources.count > 1 { node["sources"] = .sequence(sources) }
    return .mapping(node)
  }

  /// As an Application spells it, without what is empty.
  private static func source(_ source: ApplicationSource) -> Value {
    var mapping: Mapping = [
      "repoURL": .string(ShownAddress.of(source.repoURL)), "path": .string(source.path),
      "targetRevision": .string(source.targetRevision),
    ]
    for (key, text) in [("chart", source.chart), ("ref", source.ref), ("name", source.name)] where !text.isEmpty {
      mapping[key] = .string(text)
    }
    switch source.tool {
    case nil: break
    case .helm(let node): mapping["helm"] = Node(ShownAddress.inside(node.value))
    case .kustomize(let node): mapping["kustomize"] = Node(ShownAddress.inside(node.value))
    case .plugin(let node): mapping["plugin"] = Node(ShownAddress.inside(node.value))
    case .directory(let options):
      mapping["directory"] = Node([
        "recurse": .bool(options.recurse), "include": .string(options.include), "exclude": .string(options.exclude),
      ])
    }
    return .mapping(mapping)
  }

  /// What an event says of an application: enough to see whether to ask for the whole.
  static func applicationChange(_ view: HubEngine.ApplicationView) -> Value {
    [
      "name": .string(view.application.name), "cluster": view.cluster.map { .string($0.name.text) } ?? .null,
      "sync": .string(view.status.sync.rawValue), "health": .string(view.status.health.health.rawValue),
      "revision": .string(view.status.revision), "message": .string(view.status.message),
      "deleting": .bool(view.isDeleting), "lastSync": .string(view.status.lastSync),
    ]
  }

  static func clusterChange(_ view: HubEngine.ClusterView) -> Value {
    [
      "name": .string(view.cluster.name.text), "state": .string(view.state), "message": .string(view.message),
      "cordoned": .bool(view.cluster.cordoned),
    ]
  }

  static func removal(_ name: String) -> Value { ["name": .string(name), "removed": true] }

  static func token(_ token: APITokens.Entry) -> Node {
    Node([
      "name": .string(token.name), "createdAt": .string(token.createdAt.formatted(.iso8601)),
      "expiresAt": token.expiresAt.map { .string($0.formatted(.iso8601)) } ?? .null,
    ])
  }

  /// A set with how it is written, where one is asked for.
  static func wholeSet(_ view: HubEngine.SetView) -> Value {
    var answer = set(view)
    if var status = answer["status"], !status.isNull {
      status["resources"] = .sequence(view.resources.map(\.node))
      answer["status"] = status
    }
    answer["file"] = view.set.map { .string("\($0.origin.file):\($0.origin.mark.line)") } ?? .null
    answer["spec"] = Node(ShownAddress.inside(view.set?.root["spec"]?.value ?? .null))
    return answer.value
  }

  static func set(_ view: HubEngine.SetView) -> Node {
    var status = view.status?.node ?? .null
    if !status.isNull { status["resourcesCount"] = Node(.int(Int64(view.applications.count))) }
    return Node([
      "name": .string(view.name), "applications": .sequence(view.applications.map { .string($0) }),
      "problems": .sequence(view.problems.map { .string($0) }), "status": status.value,
    ])
  }

  static func explanation(_ explanation: SetExplanation) -> Value {
    [
      "set": .string(explanation.set), "cluster": explanation.cluster.map { .string($0) } ?? .null,
      "generators": .sequence(explanation.parts.map(part)),
      "problems": .sequence(explanation.problems.map { .string($0) }),
    ]
  }

  private static func part(_ part: SetExplanation.Part) -> Node {
    Node([
      "generator": .string(part.generator), "line": .int(Int64(part.line)),
      "parameterSets": part.count.map { .int(Int64($0)) } ?? .null,
      "elements": .sequence(
        part.elements.map { element in
          Node([
            "from": .string(element.origin), "application": .string(element.application),
            "isGood": .bool(element.isGood),
            "parameters": .sequence(
              element.parameters.map { parameter in
                Node([
                  "name": .string(parameter.path), "value": .string(ShownAddress.of(parameter.value)),
                  "lines": .sequence(parameter.lines.map { Node(.int(Int64($0))) }),
                ])
              }),
          ])
        }),
      "refusals": .sequence(part.refusals.map { .string($0) }),
    ])
  }

  static func fact(_ fact: Fact) -> Node {
    Node([
      "id": .int(fact.id), "time": .string(fact.time.formatted(.iso8601)), "kind": .string(fact.kind.rawValue),
      "application": .string(fact.application), "cluster": .string(fact.cluster), "actor": .string(fact.actor),
      "cause": .string(fact.cause), "outcome": .string(fact.outcome), "revision": .string(fact.revision),
      "message": .string(fact.message),
    ])
  }

  static func diagnostic(_ diagnostic: Diagnostic) -> Node {
    Node([
      "code": .string(diagnostic.code), "severity": .string(diagnostic.severity.rawValue),
      "message": .string(diagnostic.message), "file": .string(diagnostic.location?.file ?? ""),
      "line": .int(Int64(diagnostic.location?.mark.line ?? 0)),
      "column": .int(Int64(diagnostic.location?.mark.column ?? 0)),
    ])
  }

  private static func texts(_ texts: [String: String]) -> Value {
    var mapping = Mapping()
    for (key, value) in texts.sorted(by: { $0.key < $1.key }) { mapping[key] = .string(value) }
    return .mapping(mapping)
  }
}
