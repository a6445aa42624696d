import Foundation
import Manifest

@testable import Simulator

/// Replays recorded writes on the schemas alone: each starts from what the real server last said of the object, so that
/// what its controllers did in between does not matter.
struct RecordedWrites {
  static let flows: [Node] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../Recordings/kubernetes-1.36.json")
    guard let data = try? Data(contentsOf: file), let root = try? JSON.parse(Array(data)) else { return [] }
    return root.sequence ?? []
  }()

  private static let kinds = [
    "configmaps": "ConfigMap", "deployments": "Deployment", "services": "Service", "secrets": "Secret",
    "serviceaccounts": "ServiceAccount", "namespaces": "Namespace", "clusterroles": "ClusterRole",
    "clusterrolebindings": "ClusterRoleBinding", "customresourcedefinitions": "CustomResourceDefinition",
    "widgets": "Widget",
  ]

  private(set) var mismatches: [String] = []
  private(set) var compared = 0
  private var live: [String: Mapping] = [:]
  private var widgets: ObjectSchema?

  mutating func play(_ flow: Node) {
    for (index, exchange) in (flow["exchanges"]?.sequence ?? []).enumerated() {
      play(exchange, place: "\(flow["flow"]?.string ?? "")[\(index)]")
    }
  }

  private mutating func play(_ exchange: Node, place: String) {
    guard let request = exchange["request"], let path = request["path"]?.string, let answer = exchange["response"],
      let target = Self.target(path), let status = answer["status"]?.int
    else { return }
    let body = answer["body"]?.mapping ?? Mapping()
    if let schema = schema(target), let method = request["method"]?.string, isCompared(request, status, body) {
      compared += 1
      compare(outcome(method, request, target, schema), with: status, body, place: place)
    }
    remember(body, status, target, isDryRun: path.contains("dryRun"))
  }

  private struct Target {
    var kind: GroupVersionKind
    var key: String
    var subresource: String
    var query: [String: String]
  }

  /// `/apis/GROUP/VERSION/[namespaces/NAMESPACE/]RESOURCE[/NAME[/SUBRESOURCE]]`
  private static func target(_ path: String) -> Target? {
    let halves = path.split(separator: "?", maxSplits: 1)
    var parts = halves[0].split(separator: "/").map(String.init)
    guard parts.count > 2, ["api", "apis"].contains(parts[0]) else { return nil }
    let group = parts[0] == "api" ? "" : parts[1]
    let version = parts[0] == "api" ? parts[1] : parts[2]
    parts.removeFirst(parts[0] == "api" ? 2 : 3)
    if parts.count > 2, parts[0] == "namespaces" { parts.removeFirst(2) }
    guard let plural = parts.first, let kind = kinds[plural] else { return nil }
    var query: [String: String] = [:]
    for pair in halves.dropFirst().first?.split(separator: "&") ?? [] {
      let sides = pair.split(separator: "=", maxSplits: 1)
      query[String(sides[0])] = sides.count == 2 ? String(sides[1]) : ""
    }
    return Target(
      kind: GroupVersionKind(group: group, version: version, kind: kind),
      key: plural + "/" + (parts.count > 1 ? parts[1] : ""), subresource: parts.count > 2 ? parts[2] : "", query: query)
  }

  private func schema(_ target: Target) -> ObjectSchema? {
    if target.subresource == "scale" || target.subresource == "token" { return nil }
    return target.kind.kind == "Widget" ? widgets : ObjectSchema.builtIn(target.kind)
  }

  /// Writes that were answered for what they say, not for how or where they were sent.
  private func isCompared(_ request: Node, _ status: Int64, _ body: Mapping) -> Bool {
    guard ["POST", "PATCH", "PUT"].contains(request["method"]?.string ?? ""), request["body"] != nil else {
      return false
    }
    let message = body["message"]?.string ?? ""
    let isElsewhere = [
      "fieldManager", "already exists", "not found", "URL", "has been modified", "metadata.uid", "unrecognized", "415",
      "error decoding YAML", "unknown conversion", "being terminated", "strict decoding",
      "name or generateName", "may not be more than",
    ].contains { message.contains($0) }
    return !isElsewhere && body["_text"] == nil
  }

  private enum Outcome {
    case object(Mapping)
    case refused(StatusError)
  }

  private func outcome(_ method: String, _ request: Node, _ target: Target, _ schema: ObjectSchema) -> Outcome {
    do throws(StatusError) {
      return .object(try write(method, request, target, schema))
    } catch {
      return .refused(error)
    }
  }

  private func write(
    _ method: String, _ request: Node, _ target: Target, _ schema: ObjectSchema
  ) throws(StatusError) -> Mapping {
    let body = request["body"] ?? .null
    let before = method == "POST" ? nil : live[target.key]
    let writer = FieldWriter(
      manager: target.query["fieldManager"] ?? "python-requests", subresource: target.subresource,
      time: "2030-01-01T00:00:00Z")
    var object: Mapping
    if request["contentType"]?.string == "application/apply-patch+yaml" {
      object = try schema.apply(Self.mapping(body), to: before, by: writer, force: target.query["force"] == "true")
    } else {
      var sent = Self.mapping(body)
      if method == "PATCH", let before { sent = try schema.patch(before, with: Self.patch(request)) }
      object = try schema.decode(sent).object
      schema.fillDefaults(&object)
      if target.subresource == "status", let before { object["spec"] = before["spec"] }
      schema.track(&object, replacing: before, by: writer)
    }
    object["metadata"]?["namespace"] = nil
    if let prefix = object["metadata"]?["generateName"]?.string { object["metadata"]?["name"] = .string(prefix + "0") }
    try schema.validate(object, replacing: before)
    return object
  }

  private static func mapping(_ body: Node) -> Mapping {
    if let text = body.string { return (try? YAML.parse(Array(text.utf8)))?.first?.mapping ?? Mapping() }
    return body.mapping ?? Mapping()
  }

  private static func patch(_ request: Node) -> ObjectPatch {
    let body = request["body"] ?? .null
    return switch request["contentType"]?.string {
    case "application/json-patch+json": .json(body)
    case "application/strategic-merge-patch+json": .strategic(body)
    default: .merge(body)
    }
  }

  private mutating func remember(_ body: Mapping, _ status: Int64, _ target: Target, isDryRun: Bool) {
    if target.subresource == "scale" { scale(target, to: body["spec"]?["replicas"]) }
    guard status < 300, !isDryRun, body["kind"]?.string == target.kind.kind,
      let name = body["metadata"]?["name"]?.string
    else { return }
    live[target.key.prefix { $0 != "/" } + "/" + name] = body
    if target.kind.kind == "CustomResourceDefinition", let version = body["spec"]?["versions"]?[0] {
      widgets = ObjectSchema.custom(
        GroupVersionKind(group: "example.dev", version: "v1", kind: "Widget"), version: version)
    }
  }
}

extension RecordedWrites {
  /// Does what the scale subresource did, whose answer does not show the object.
  private mutating func scale(_ target: Target, to replicas: Node?) {
    guard let manager = target.query["fieldManager"], let before = live[target.key], let replicas else { return }
    var after = before
    after["spec"]?["replicas"] = replicas
    ObjectSchema.builtIn(target.kind)?.track(
      &after, replacing: before,
      by: FieldWriter(manager: manager, subresource: "scale", time: "2030-01-01T00:00:00Z"))
    live[target.key] = after
  }

  private mutating func compare(_ outcome: Outcome, with status: Int64, _ body: Mapping, place: String) {
    switch outcome {
    case .refused(let error):
      if status != Int64(error.code) || error.root.mapping?.sorted != body.sorted {
        mismatches.append(
          "\(place): \(error.code) \(JSON.text(error.root))\n      instead of \(status) \(JSON.text(.mapping(body)))")
      }
    case .object(let object):
      guard status < 300 else {
        mismatches.append("\(place): done instead of \(status) \(body["message"]?.string ?? "")")
        return
      }
      let (ours, theirs) = (Self.comparable(object), Self.comparable(body))
      if ours != theirs {
        mismatches.append("\(place):\n      \(JSON.text(ours))\n      instead of\n      \(JSON.text(theirs))")
      }
    }
  }

  private static func isControllers(_ entry: Node) -> Bool {
    ["kube-controller-manager", "kube-apiserver"].contains(entry["manager"]?.string ?? "")
  }

  /// Without what the registry and its controllers set, and without times.
  private static func comparable(_ object: Mapping) -> Node {
    var object = object
    object["status"] = nil
    for key in ["namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp"] {
      object["metadata"]?[key] = nil
    }
    object["metadata"]?["deletionGracePeriodSeconds"] = nil
    for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] where object["kind"]?.string == "Service" {
      object["spec"]?[key] = nil
    }
    if object["kind"]?.string == "Namespace" { object["spec"] = nil }
    object["metadata"]?["annotations"]?["deployment.kubernetes.io/revision"] = nil
    if object["metadata"]?["annotations"]?.mapping?.isEmpty == true { object["metadata"]?["annotations"] = nil }
    if let entries = object["metadata"]?["managedFields"]?.sequence?.filter({ !isControllers($0) }) {
      // The recorder's writes fell into one second, ours into one later: entries are compared in an order without times.
      let timeless = entries.map { entry in
        var entry = entry
        if entry["time"] != nil { entry["time"] = .string("T") }
        return Node.mapping(entry.mapping?.sorted ?? Mapping())
      }
      object["metadata"]?["managedFields"] = .sequence(timeless.sorted { JSON.text($0) < JSON.text($1) })
    }
    if object["metadata"]?["name"]?.string?.hasPrefix("gen-") == true { object["metadata"]?["name"] = nil }
    return .mapping(object.sorted)
  }
}

extension Mapping {
  /// Members by name, all the way down.
  fileprivate var sorted: Mapping {
    var copy = self
    copy.sortKeys()
    copy.updateValues { _, value in
      if let below = value.mapping { value = .mapping(below.sorted) }
    }
    return copy
  }
}
