import Manifest

extension APIServer {
  mutating func create(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    var (object, warnings) = try body(of: target)
    try readName(&object, target)
    let key = ObjectKey(namespace: target.info.namespace, name: object.objectName)
    try admitCreation(of: key, target)
    object = try prepareNew(object, of: target.type, by: writer(target.fieldManager))
    try checkEscalation(object, target)
    guard store.object(target.type.storage, key) == nil else {
      throw .alreadyExists(resource: target.type.plural, group: target.type.group, name: key.name)
    }
    let stored = target.isDryRun ? object : commit(object, of: target.type, at: key)
    var answer = try target.answer(stored, status: 201)
    answer.headers += warnings
    return answer
  }

  mutating func update(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    let (object, warnings) = try body(of: target)
    guard let live = store.object(target.type.storage, target.key) else { throw target.notFound }
    if !object.objectName.isEmpty, object.objectName != target.info.name { throw Self.nameMismatch(object, target) }
    let stored = try replace(live, by: object, target)
    var answer = try target.answer(stored)
    answer.headers += warnings
    return answer
  }

  func checkEscalation(_ object: Mapping, _ target: ResourceRequest) throws(StatusError) {
    try RoleEscalation(authorizer: RoleAuthorizer(store: store), identity: target.identity).check(
      object, of: target.type)
  }

  /// Name, generated name and namespace of an object that is to be created.
  private mutating func readName(_ object: inout Mapping, _ target: ResourceRequest) throws(StatusError) {
    if object.objectName.isEmpty, !object.metadataText("generateName").isEmpty {
      object.setMetadata("name", .string(object.metadataText("generateName") + random.nameSuffix()))
    }
    guard !object.objectName.isEmpty else {
      throw .invalid(
        kind: target.type.kind, group: target.type.group, name: "",
        causes: [
          .init(
            reason: "FieldValueRequired", message: "Required value: name or generateName is required",
            field: "metadata.name")
        ])
    }
    if !object.resourceVersion.isEmpty {
      throw .badRequest("resourceVersion should not be set on objects to be created")
    }
    try placeInNamespace(&object, target)
  }

  func placeInNamespace(_ object: inout Mapping, _ target: ResourceRequest) throws(StatusError) {
    guard target.type.isNamespaced else {
      object["metadata"]?["namespace"] = nil
      return
    }
    if !object.objectNamespace.isEmpty, object.objectNamespace != target.info.namespace {
      throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
    }
    object.setMetadata("namespace", .string(target.info.namespace))
  }

  /// The namespace of a new object has to be there and to stay.
  func admitCreation(of key: ObjectKey, _ target: ResourceRequest) throws(StatusError) {
    guard target.type.isNamespaced else { return }
    guard let namespace = store.object(Self.namespaces, ObjectKey(namespace: "", name: key.namespace)) else {
      throw .notFound(resource: "namespaces", name: key.namespace)
    }
    guard namespace.isBeingDeleted else { return }
    let resource = target.type.group.isEmpty ? target.type.plural : "\(target.type.plural).\(target.type.group)"
    throw StatusError(
      code: 403, reason: "Forbidden",
      message: "\(resource) \"\(key.name)\" is forbidden: unable to create new content in namespace "
        + "\(key.namespace) because it is being terminated",
      details: .init(
        name: key.name, group: target.type.group, kind: target.type.plural,
        causes: [
          .init(
            reason: "NamespaceTerminating", message: "namespace \(key.namespace) is being terminated",
            field: "metadata.namespace")
        ]))
  }

  /// What the server sets on every new object, defaults and validation included.
  /// - Parameter writer: whose fields they are; nil after an apply, which has said so itself.
  mutating func prepareNew(
    _ object: Mapping, of type: ResourceType, by writer: FieldWriter?
  ) throws(StatusError) -> Mapping {
    var object = object
    object["kind"] = .string(type.kind)
    object["apiVersion"] = .string(type.apiVersion)
    for key in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"] {
      object["metadata"]?[key] = nil
    }
    object.setMetadata("uid", .string(random.uuid()))
    object.setMetadata("creationTimestamp", .string(now.rfc3339))
    if type.hasGeneration { object.setMetadata("generation", Node(.int(1))) }
    if type.hasStatusSubresource { object["status"] = nil }
    let schema = schema(of: type)
    if let writer {
      object["metadata"]?["managedFields"] = nil
      schema.fillDefaults(&object)
      schema.track(&object, replacing: nil, by: writer)
    }
    prepareStrategy(&object, of: type)
    for mutation in options.mutations { mutation.admit(&object) }
    try schema.validate(object, replacing: nil)
    return object
  }

  /// Replaces `live` by a decoded object, through the main resource or one of its subresources.
  mutating func replace(
    _ live: Mapping, by object: Mapping, _ target: ResourceRequest
  ) throws(StatusError) -> Mapping {
    if !object.resourceVersion.isEmpty, object.resourceVersion != live.resourceVersion {
      throw .modified(resource: target.type.plural, group: target.type.group, name: live.objectName)
    }
    let writer = writer(target.fieldManager, subresource: target.info.subresource)
    let new = try replacement(
      of: live, by: object, type: target.type, subresource: target.info.subresource, writer: writer)
    try checkEscalation(new, target)
    return store(new, replacing: live, of: target.type, isDryRun: target.isDryRun)
  }

  /// `object` with what the client may not change taken from `live`, defaulted and checked.
  /// - Parameter writer: whose fields the changes are; nil after an apply, which has said so itself.
  func replacement(
    of live: Mapping, by object: Mapping, type: ResourceType, subresource: String, writer: FieldWriter?
  ) throws(StatusError) -> Mapping {
    if !object.uid.isEmpty, object.uid != live.uid { throw Self.foreignUID(object.uid, live, type) }
    var new = Subresources.merged(object, onto: live, subresource: subresource, type: type)
    new["kind"] = .string(type.kind)
    new["apiVersion"] = .string(type.apiVersion)
    if type.storage == Kinds.services.storage { Self.keepAddresses(&new, from: live) }
    for key in Self.serverKept { new.setMetadata(key, live["metadata"]?[key]) }
    let schema = schema(of: type)
    if let writer {
      schema.fillDefaults(&new)
      schema.track(&new, replacing: live, by: writer)
    }
    if subresource.isEmpty { for mutation in options.mutations { mutation.admit(&new) } }
    if type.hasGeneration, subresource != "status", !Subresources.isSameSpecification(new, live) {
      new.setMetadata("generation", Node(.int(live.generation + 1)))
    }
    try schema.validate(new, replacing: live)
    return new
  }

  private static let serverKept = [
    "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation",
    "resourceVersion", "selfLink", "generateName",
  ]

  /// Stores a replacement unless it changes nothing; the last finalizer of a deleted object takes it away.
  mutating func store(_ new: Mapping, replacing live: Mapping, of type: ResourceType, isDryRun: Bool) -> Mapping {
    if ManagedTimes.isSame(new, live) { return live }
    if isDryRun { return new }
    if live.isBeingDeleted, new.finalizers.isEmpty, !Self.isHeld(new) {
      erase(type, live.key)
      return new
    }
    return commit(new, of: type, at: live.key)
  }

  private static func foreignUID(_ uid: String, _ live: Mapping, _ type: ResourceType) -> StatusError {
    let cause = StatusError.Cause(
      reason: "FieldValueInvalid", message: "Invalid value: \"\(uid)\": field is immutable", field: "metadata.uid")
    var error = StatusError.invalid(kind: type.kind, group: type.group, name: live.objectName, causes: [cause])
    // The server checks it twice and says it twice in the causes.
    error.details?.causes = [cause, cause]
    return error
  }

  static func nameMismatch(_ object: Mapping, _ target: ResourceRequest) -> StatusError {
    .badRequest(
      "the name of the object (\(object.objectName)) does not match the name on the URL (\(target.info.name))")
  }
}

/// Compares objects without the times of their `managedFields`, which alone are no reason to write.
enum ManagedTimes {
  static func isSame(_ a: Mapping, _ b: Mapping) -> Bool {
    a.count == b.count
      && a.allSatisfy { member in
        member.key == "metadata"
          ? isSameMetadata(member.value.mapping ?? [:], b["metadata"]?.mapping ?? [:]) : b[member.key] == member.value
      }
  }

  private static func isSameMetadata(_ a: Mapping, _ b: Mapping) -> Bool {
    let (first, second) = (a.withoutManagedFields, b.withoutManagedFields)
    guard first == second else { return false }
    let (mine, theirs) = (a["managedFields"]?.sequence ?? [], b["managedFields"]?.sequence ?? [])
    return mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.withoutTime == $1.withoutTime }
  }
}

extension Mapping {
  fileprivate var withoutManagedFields: Mapping {
    var copy = self
    copy["managedFields"] = nil
    return copy
  }
}

extension Node {
  fileprivate var withoutTime: Node {
    var copy = self
    copy["time"] = nil
    return copy
  }
}
