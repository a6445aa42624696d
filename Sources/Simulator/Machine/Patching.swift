import Manifest

extension APIServer {
  mutating func patch(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    let mediaType = String(target.request.contentType.prefix { $0 != ";" })
    guard let patchType = PatchMediaType(rawValue: mediaType) else { throw Self.unsupported }
    if patchType == .strategic, target.type.isCustom { throw Self.unsupported }
    if patchType == .apply { return try apply(target) }
    guard let live = store.object(target.type.storage, target.key) else { throw target.notFound }
    let body = try Self.patchBody(target.request.body)
    guard let patch = patchType.patch(body) else { throw Self.unsupported }
    let schema = schema(of: target.type)
    let patched = try schema.patch(live, with: patch)
    if patched.objectName != live.objectName { throw Self.nameMismatch(patched, target) }
    let decoded = try schema.decode(patched)
    let warnings = try validated(decoded, target)
    var answer = try target.answer(try replace(live, by: decoded.object, target))
    answer.headers += warnings
    return answer
  }

  private static func patchBody(_ bytes: [UInt8]) throws(StatusError) -> Node {
    do {
      return try WireJSON.node(bytes)
    } catch {
      throw .badRequest("error decoding patch: \(error.message)")
    }
  }

  /// Server-side apply: makes the object or merges into it.
  private mutating func apply(_ target: ResourceRequest) throws(StatusError) -> APIAnswer {
    guard let manager = target.query["fieldManager"], !manager.isEmpty else {
      throw .invalid(
        kind: "PatchOptions", group: "meta.k8s.io", name: "",
        causes: [
          .init(
            reason: "FieldValueRequired", message: "Required value: is required for apply patch", field: "fieldManager")
        ])
    }
    let configuration = try applyBody(of: target)
    let schema = schema(of: target.type)
    let writer = writer(manager, subresource: target.info.subresource)
    let force = target.query.flag("force")
    guard let live = store.object(target.type.storage, target.key) else {
      guard target.info.subresource.isEmpty else { throw target.notFound }
      let applied = try schema.apply(configuration, to: nil, by: writer, force: force)
      return try applyNew(applied, target)
    }
    if !configuration.resourceVersion.isEmpty, configuration.resourceVersion != live.resourceVersion {
      throw .modified(resource: target.type.plural, group: target.type.group, name: live.objectName)
    }
    let applied = try schema.apply(configuration, to: live, by: writer, force: force)
    let new = try replacement(
      of: live, by: applied, type: target.type, subresource: target.info.subresource, writer: nil)
    try checkEscalation(new, target)
    return try target.answer(store(new, replacing: live, of: target.type, isDryRun: target.isDryRun))
  }

  private mutating func applyNew(
    _ applied: Mapping, _ target: ResourceRequest
  ) throws(StatusError) -> APIAnswer {
    try admitCreation(of: target.key, target)
    let generation = applied["metadata"]?["generation"]
    var placed = applied
    try placeInNamespace(&placed, target)
    var object = try prepareNew(placed, of: target.type, by: nil)
    // A kind without a counted generation keeps what the body says.
    if !target.type.hasGeneration { object["metadata"]?["generation"] = generation }
    try checkEscalation(object, target)
    let stored = target.isDryRun ? object : commit(object, of: target.type, at: target.key)
    return try target.answer(stored, status: 201)
  }

  private func applyBody(of target: ResourceRequest) throws(StatusError) -> Mapping {
    var configuration = try Self.yaml(target.request.body)
    if !configuration.objectName.isEmpty, configuration.objectName != target.info.name {
      throw Self.nameMismatch(configuration, target)
    }
    configuration.setMetadata("name", .string(target.info.name))
    // Checked, not set: the server's messages name the object as the body does.
    var placed = configuration
    try placeInNamespace(&placed, target)
    return configuration
  }

  private static func yaml(_ bytes: [UInt8]) throws(StatusError) -> Mapping {
    let documents: [Node]
    do {
      documents = try YAML.parse(bytes, options: .init(limits: TextLimits(bytes: 4 << 20, depth: 200)))
    } catch {
      let first = error.all.first
      // The server's reader is a port of ours, with other words, and counts lines from 0.
      let line = max(1, Int(first?.location?.mark.line ?? 1) - 1)
      throw .badRequest(
        "error decoding YAML: error converting YAML to JSON: yaml: line \(line): "
          + "did not find expected node content")
    }
    guard let mapping = documents.first?.mapping else {
      throw .badRequest("error decoding YAML: the patch is not an object")
    }
    return mapping
  }
}
