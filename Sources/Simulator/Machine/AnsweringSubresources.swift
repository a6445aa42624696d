import Manifest

extension APIServer {
  mutating func answerSubresource(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    switch (target.info.subresource, target.info.verb) {
    case ("scale", _): return try answerScale(target)
    case ("status", "get"), ("finalize", "get"): return try get(target)
    case ("status", "update"), ("finalize", "update"), ("resize", "update"): return try update(target)
    case ("status", "patch"), ("resize", "patch"): return try patch(target)
    case ("token", "create"): return try createToken(target)
    case ("eviction", "create"): return try evict(target)
    case ("binding", "create"): return try bind(target)
    case ("log", "get"): return try answerLog(target)
    default:
      throw .methodNotAllowed("the server does not allow this method on the requested resource")
    }
  }

  private func answerLog(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    guard let pod = store.object(target.type.storage, target.key) else { throw target.notFound }
    return .text("simulated pod \(pod.objectName) of cluster \(name)\n")
  }

  private mutating func bind(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    let (binding, _) = try body(of: target)
    guard var pod = store.object(target.type.storage, target.key) else { throw target.notFound }
    pod["spec"]?["nodeName"] = binding["target"]?["name"]
    commit(pod, of: target.type, at: target.key)
    return Self.json(Self.success, status: 201)
  }

  private mutating func evict(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    guard let pod = store.object(target.type.storage, target.key) else { throw target.notFound }
    var request = target.request
    request.body = []
    remove(pod, of: target.type, try DeleteOptions(request))
    return Self.json(Self.success, status: 201)
  }

  static let success: Node = .mapping([
    "kind": .string("Status"), "apiVersion": .string("v1"), "metadata": .mapping([:]), "status": .string("Success"),
    "code": Node(.int(201)),
  ])
}

/// The scale subresource: the replicas of an object, whatever its kind.
extension APIServer {
  private mutating func answerScale(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    guard let live = store.object(target.type.storage, target.key) else { throw target.notFound }
    let paths = ScalePaths(of: target.type, definition: definition(of: target.type))
    let current = paths.scale(of: live)
    if target.info.verb == "get" { return Self.json(.mapping(current)) }
    let wanted = try wantedScale(current, target)
    guard let replicas = wanted["spec"]?["replicas"]?.int ?? Int64("0"), replicas >= 0 else {
      throw .invalid(
        kind: "Scale", group: "autoscaling", name: live.objectName,
        causes: [
          .init(
            reason: "FieldValueInvalid",
            message: "Invalid value: \(wanted["spec"]?["replicas"]?.int ?? 0): must be greater than or equal to 0",
            field: "spec.replicas")
        ])
    }
    if !wanted.resourceVersion.isEmpty, wanted.resourceVersion != live.resourceVersion {
      throw .modified(resource: target.type.plural, group: target.type.group, name: live.objectName)
    }
    var new = live
    paths.setReplicas(replicas, of: &new)
    let writer = writer(target.fieldManager, subresource: "scale")
    new = try replacement(of: live, by: new, type: target.type, subresource: "scale", writer: writer)
    let stored = store(new, replacing: live, of: target.type, isDryRun: target.isDryRun)
    return Self.json(.mapping(paths.scale(of: stored)))
  }

  private func wantedScale(_ current: Mapping, _ target: ResourceRequest) throws(StatusError) -> Mapping {
    if target.info.verb == "update" { return try body(of: target).object }
    let mediaType = String(target.request.contentType.prefix { $0 != ";" })
    guard let patchType = PatchMediaType(rawValue: mediaType) else { throw Self.unsupported }
    let patch: Node
    do {
      patch = try WireJSON.node(target.request.body)
    } catch {
      throw .badRequest("error decoding patch: \(error.message)")
    }
    let wanted = patchType.patch(patch) ?? .merge(patch)
    return try ScalePaths.schema?.patch(current, with: wanted) ?? current
  }

  /// The definition behind a custom resource.
  func definition(of type: ResourceType) -> Mapping? {
    guard type.isCustom else { return nil }
    return store.object(Self.definitions, ObjectKey(namespace: "", name: "\(type.plural).\(type.group)"))
  }
}

/// Where a kind keeps what its Scale shows.
struct ScalePaths {
  static let schema = ObjectSchema.builtIn(GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale"))

  private var specReplicas = ["spec", "replicas"]
  private var statusReplicas = ["status", "replicas"]
  private var selector: [String]?

  init(of type: ResourceType, definition: Mapping?) {
    let version = definition?["spec"]?["versions"]?.sequence?.first { $0["name"]?.string == type.version }
    guard let scale = version?["subresources"]?["scale"] else { return }
    specReplicas = Self.path(scale["specReplicasPath"]) ?? specReplicas
    statusReplicas = Self.path(scale["statusReplicasPath"]) ?? statusReplicas
    selector = Self.path(scale["labelSelectorPath"])
  }

  private static func path(_ node: Node?) -> [String]? {
    node?.string.map { $0.split(separator: ".").map(String.init) }
  }

  func scale(of object: Mapping) -> Mapping {
    var metadata = Mapping()
    for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
      metadata[key] = object["metadata"]?[key]
    }
    var status: Mapping = ["replicas": Node(.int(value(at: statusReplicas, of: object)?.int ?? 0))]
    if let text = selectorText(of: object), !text.isEmpty { status["selector"] = .string(text) }
    return [
      "kind": .string("Scale"), "apiVersion": .string("autoscaling/v1"), "metadata": .mapping(metadata),
      "spec": .mapping(["replicas": Node(.int(value(at: specReplicas, of: object)?.int ?? 0))]),
      "status": .mapping(status),
    ]
  }

  func setReplicas(_ replicas: Int64, of object: inout Mapping) {
    guard specReplicas.count == 2 else { return }
    if object[specReplicas[0]] == nil { object[specReplicas[0]] = .mapping([:]) }
    object[specReplicas[0]]?[specReplicas[1]] = Node(.int(replicas))
  }

  private func value(at path: [String], of object: Mapping) -> Node? {
    path.reduce(Node.mapping(object) as Node?) { $0?[$1] }
  }

  private func selectorText(of object: Mapping) -> String? {
    if let selector { return value(at: selector, of: object)?.string }
    let labels = object["spec"]?["selector"]?["matchLabels"]?.mapping ?? Mapping()
    return labels.map { "\($0.key)=\($0.value.string ?? "")" }.sorted().joined(separator: ",")
  }
}
