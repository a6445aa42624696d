import Manifest

/// How controllers write: through the same steps as a client, without the checks of a request.
extension APIServer {
  static let controllerManager = "kube-controller-manager"
  static let kubelet = "kubelet"

  /// Changes an object through one of its subresources; a change of nothing is not written.
  mutating func change(
    _ live: Mapping, of type: ResourceType, subresource: String = "status", by manager: String = controllerManager,
    _ body: (inout Mapping) -> Void
  ) {
    guard let current = store.object(type.storage, live.key) else { return }
    var wanted = current
    body(&wanted)
    guard wanted != current else { return }
    var new = Subresources.merged(wanted, onto: current, subresource: subresource, type: type)
    if type.hasGeneration, subresource.isEmpty, !Subresources.isSameSpecification(new, current) {
      new.setMetadata("generation", Node(.int(current.generation + 1)))
    }
    track(&new, replacing: current, type: type, by: writer(manager, subresource: subresource))
    _ = store(new, replacing: current, of: type, isDryRun: false)
  }

  /// Makes an object that the server completes; one that exists already or is invalid is left alone.
  @discardableResult
  mutating func make(
    _ object: Mapping, of type: ResourceType, by manager: String = controllerManager
  ) -> Mapping? {
    guard store.object(type.storage, object.key) == nil,
      let decoded = try? schema(of: type).decode(object).object,
      let new = try? prepareNew(decoded, of: type, by: writer(manager))
    else { return nil }
    return commit(new, of: type, at: new.key)
  }

  /// The objects that `owner` controls, in order of their names.
  func dependents(of owner: Mapping, _ type: ResourceType) -> [Mapping] {
    let collection = store[type.storage]
    let namespace = owner.objectNamespace
    var position = collection.lowerBound(of: ObjectKey(namespace: namespace, name: ""))
    var found: [Mapping] = []
    while position < collection.count, collection.keys[position].namespace == namespace {
      if collection.objects[position].controller?.uid == owner.uid { found.append(collection.objects[position]) }
      position += 1
    }
    return found
  }

  /// Metadata of an object that `owner` controls.
  func controlledMetadata(_ owner: Mapping, name: String, labels: Node?, annotations: Node? = nil) -> Node {
    var metadata: Mapping = ["name": .string(name), "namespace": .string(owner.objectNamespace)]
    metadata["labels"] = labels
    metadata["annotations"] = annotations
    metadata["ownerReferences"] = .sequence([owner.controllerReference])
    return .mapping(metadata)
  }
}

/// Conditions of a status, by type.
struct ConditionList {
  private(set) var nodes: [Node]

  init(_ node: Node?) { nodes = node?.sequence ?? [] }

  subscript(type: String) -> Node? { nodes.first { $0["type"]?.string == type } }

  func isTrue(_ type: String) -> Bool { self[type]?["status"]?.string == "True" }

  mutating func remove(_ type: String) { nodes.removeAll { $0["type"]?.string == type } }

  /// Sets a condition; its transition time moves only with its status, its update time with any change.
  mutating func set(
    _ type: String, _ status: String, reason: String, message: String, at now: Moment, updateTime: String? = nil
  ) {
    let old = self[type]
    if old?["status"]?.string == status, old?["reason"]?.string == reason, old?["message"]?.string == message { return }
    let isTransition = old?["status"]?.string != status
    var condition: Mapping = [
      "type": .string(type), "status": .string(status), "reason": .string(reason), "message": .string(message),
      "lastTransitionTime": isTransition ? .string(now.rfc3339) : old?["lastTransitionTime"] ?? .string(now.rfc3339),
    ]
    if let updateTime { condition[updateTime] = .string(now.rfc3339) }
    if let position = nodes.firstIndex(where: { $0["type"]?.string == type }) {
      nodes[position] = .mapping(condition)
    } else {
      nodes.append(.mapping(condition))
    }
  }
}
