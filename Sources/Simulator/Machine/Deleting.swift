import Manifest

/// What a DELETE asks for, from its body and its query.
struct DeleteOptions: Equatable {
  enum Propagation: String {
    case background = "Background"
    case foreground = "Foreground"
    case orphan = "Orphan"
  }

  var propagation: Propagation = .background
  var uid: String?
  var resourceVersion: String?
  var gracePeriodSeconds: Int64?
  var isDryRun: Bool

  /// - Throws: 400 for a body that is no DeleteOptions, 422 for a policy that does not exist.
  init(_ request: APIRequest) throws(StatusError) {
    var body = Mapping()
    if !request.body.isEmpty { body = try APIServer.decode(request.body, expected: "DeleteOptions", isYAML: false) }
    isDryRun = request.query["dryRun"] == "All" || body["dryRun"]?.sequence?.first?.string == "All"
    uid = body["preconditions"]?["uid"]?.string
    resourceVersion = body["preconditions"]?["resourceVersion"]?.string
    gracePeriodSeconds = body["gracePeriodSeconds"]?.int ?? request.query["gracePeriodSeconds"].flatMap { Int64($0) }
    let policy = body["propagationPolicy"]?.string ?? request.query["propagationPolicy"]
    if body["orphanDependents"]?.bool == true { propagation = .orphan }
    guard let policy, !policy.isEmpty else { return }
    guard let propagation = Propagation(rawValue: policy) else {
      throw .invalid(
        kind: "DeleteOptions", group: "meta.k8s.io", name: "",
        causes: [
          .init(
            reason: "FieldValueNotSupported",
            message: "Unsupported value: \"\(policy)\": supported values: \"Background\", \"Foreground\", \"Orphan\"",
            field: "propagationPolicy")
        ])
    }
    self.propagation = propagation
  }
}

extension APIServer {
  mutating func delete(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    guard let live = store.object(target.type.storage, target.key) else { throw target.notFound }
    let options = try DeleteOptions(target.request)
    try check(options, against: live, target.type)
    if options.isDryRun { return try target.answer(live) }
    if let remaining = remove(live, of: target.type, options) { return try target.answer(remaining) }
    if Self.answersWithObject.contains(target.type.groupResource) { return try target.answer(live) }
    return Self.json(Self.success(live, target.type))
  }

  mutating func deleteCollection(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    let selector = try selector(of: target)
    let options = try DeleteOptions(target.request)
    let matches = store[target.type.storage].objects.filter(selector.matches)
    if !options.isDryRun {
      for object in matches { _ = remove(object, of: target.type, options) }
    }
    let list = Presentation.list(
      matches, as: target.type, form: target.form, resourceVersion: String(store.revision), continuation: nil,
      remaining: nil, schema: target.schema, now: now)
    return Self.json(.mapping(list))
  }

  /// Takes an object away, or marks it where finalizers, a grace period or content hold it.
  /// - Returns: what remains; nil when it is gone.
  @discardableResult
  mutating func remove(_ live: Mapping, of type: ResourceType, _ options: DeleteOptions) -> Mapping? {
    var marked = live
    marked.setFinalizers(Self.finalizers(of: live, options.propagation))
    let grace = gracePeriod(of: live, type, options)
    guard !marked.finalizers.isEmpty || grace > 0 || Self.isHeld(live) else {
      erase(type, live.key)
      return nil
    }
    guard !live.isBeingDeleted else {
      return store(marked, replacing: live, of: type, isDryRun: false)
    }
    marked.setMetadata("deletionTimestamp", .string((now + .seconds(grace)).rfc3339))
    if type.groupResource != Self.namespaces { marked.setMetadata("deletionGracePeriodSeconds", Node(.int(grace))) }
    if type.hasGeneration { marked.setMetadata("generation", Node(.int(live.generation + 1))) }
    if type.groupResource == Self.namespaces { marked["status"]?["phase"] = .string("Terminating") }
    return commit(marked, of: type, at: live.key)
  }

  /// A namespace stays until its own finalizers are gone.
  static func isHeld(_ object: Mapping) -> Bool {
    object.kind == "Namespace" && object.apiVersion == "v1" && object["spec"]?["finalizers"]?.sequence?.isEmpty == false
  }

  private static func finalizers(of live: Mapping, _ propagation: DeleteOptions.Propagation) -> [String] {
    let rest = live.finalizers.filter { $0 != "foregroundDeletion" && $0 != "orphan" }
    return switch propagation {
    case .background: rest
    case .foreground: rest + ["foregroundDeletion"]
    case .orphan: rest + ["orphan"]
    }
  }

  /// Only a Pod that runs takes time to end.
  private func gracePeriod(of live: Mapping, _ type: ResourceType, _ options: DeleteOptions) -> Int64 {
    guard type.groupResource == Self.pods, live["spec"]?["nodeName"]?.string != nil else { return 0 }
    guard !["Succeeded", "Failed"].contains(live["status"]?["phase"]?.string ?? "") else { return 0 }
    return max(0, options.gracePeriodSeconds ?? live["spec"]?["terminationGracePeriodSeconds"]?.int ?? 30)
  }

  private func check(_ options: DeleteOptions, against live: Mapping, _ type: ResourceType) throws(StatusError) {
    if let uid = options.uid, uid != live.uid {
      throw .conflict(
        resource: type.kind, group: type.group, name: live.objectName,
        "the UID in the precondition (\(uid)) does not match the UID in record (\(live.uid)). "
          + "The object might have been deleted and then recreated")
    }
    if let version = options.resourceVersion, version != live.resourceVersion {
      throw .conflict(
        resource: type.kind, group: type.group, name: live.objectName,
        "the ResourceVersion in the precondition (\(version)) does not match the ResourceVersion in record "
          + "(\(live.resourceVersion)). The object might have been modified")
    }
  }

  /// These answer a DELETE with the object, the others with a Status.
  private static let answersWithObject: Set<GroupResource> = Set(
    [
      "pods", "services", "persistentvolumeclaims", "persistentvolumes", "serviceaccounts", "podtemplates",
      "resourcequotas",
    ].map { GroupResource(group: "", resource: $0) })

  private static func success(_ live: Mapping, _ type: ResourceType) -> Node {
    var details: Mapping = ["name": .string(live.objectName)]
    if !type.group.isEmpty { details["group"] = .string(type.group) }
    details["kind"] = .string(type.plural)
    details["uid"] = .string(live.uid)
    return .mapping([
      "kind": .string("Status"), "apiVersion": .string("v1"), "metadata": .mapping([:]),
      "status": .string("Success"), "details": .mapping(details),
    ])
  }
}

extension Mapping {
  /// Sets `metadata.finalizers`; none takes the member away.
  mutating func setFinalizers(_ finalizers: [String]) {
    setMetadata("finalizers", finalizers.isEmpty ? nil : .sequence(finalizers.map { .string($0) }))
  }
}
