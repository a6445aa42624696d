import Engine
import Fleet
import Foundation
import Manifest

/// How things look in the API.
enum Views {
  static func cluster(_ view: HubEngine.ClusterView) -> Node {
    Node([
      "name": .string(view.cluster.name.text), "server": .string(view.cluster.server),
      "labels": texts(view.cluster.labels), "state": .string(view.state), "message": .string(view.message),
      "objects": .int(Int64(view.objects)), "cordoned": .bool(view.cluster.cordoned),
      "registered": .bool(view.cluster.credentials == .registered),
      "namespaces": .sequence(view.cluster.namespaces.map { .string($0) }),
    ])
  }

  static func application(_ view: HubEngine.ApplicationView, resources: Bool) -> Node {
    let application = view.application
    var status = view.status
    if !resources { status.resources = [] }
    let source = application.sources.first
    return Node([
      "name": .string(application.name), "project": .string(application.project),
      "applicationSet": view.owner.map { .string($0) } ?? .null,
      "cluster": view.cluster.map { .string($0.name.text) } ?? .null,
      "clusterLabels": texts(view.cluster?.labels ?? [:]), "clusterReachable": .bool(view.clusterReachable),
      "namespace": .string(application.destination.namespace), "deleting": .bool(view.isDeleting),
      "source": source.map { self.source($0) } ?? .null, "status": status.node.value,
    ])
  }

  /// As an Application spells it, without what is empty.
  private static func source(_ source: ApplicationSource) -> Value {
    var mapping: Mapping = [
      "repoURL": .string(source.repoURL), "path": .string(source.path),
      "targetRevision": .string(source.targetRevision),
    ]
    if !source.chart.isEmpty { mapping["chart"] = .string(source.chart) }
    switch source.tool {
    case nil: break
    case .helm(let node): mapping["helm"] = node
    case .kustomize(let node): mapping["kustomize"] = node
    case .plugin(let node): mapping["plugin"] = node
    case .directory(let options):
      mapping["directory"] = Node([
        "recurse": .bool(options.recurse), "include": .string(options.include), "exclude": .string(options.exclude),
      ])
    }
    return .mapping(mapping)
  }

  static func set(_ view: HubEngine.SetView) -> Node {
    Node([
      "name": .string(view.name), "applications": .sequence(view.applications.map { .string($0) }),
      "problems": .sequence(view.problems.map { .string($0) }),
    ])
  }

  static func fact(_ fact: Fact) -> Node {
    Node([
      "time": .string(fact.time.formatted(.iso8601)), "kind": .string(fact.kind.rawValue),
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
