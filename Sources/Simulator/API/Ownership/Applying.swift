package import Manifest

extension ObjectSchema {
  /// The manager that is taken to own what was there before the first apply.
  private static let beforeFirstApply = "before-first-apply"

  /// Server-side apply of `configuration` onto `live`: merged, decoded, defaulted, with its `managedFields`.
  ///
  /// An apply that changes nothing gives `live` back, but for ownership.
  /// - Throws: 409 with the conflicts; 400; 500 for a configuration that does not fit the kind.
  package func apply(
    _ configuration: Mapping, to live: Mapping?, by writer: FieldWriter, force: Bool
  ) throws(StatusError) -> Mapping {
    try checkKind(of: configuration)
    if let managed = configuration["metadata"]?["managedFields"], !managed.isNull {
      throw .badRequest("metadata.managedFields must be nil")
    }
    let tracker = tracker(writer.subresource)
    let current = live.map { Node.mapping($0.withoutOwnership) } ?? zero
    var managed = try managedFields(of: live)
    if managed.isEmpty, live != nil {
      let earlier = manager(Self.beforeFirstApply, isApply: false, writer)
      tracker.update(&managed, from: zero, to: current, by: earlier, time: writer.time)
    }
    try check(configuration)
    let applied = try tracker.apply(
      .mapping(configuration), to: current, managed, by: manager(writer.manager, isApply: true, writer),
      time: writer.time, force: force)
    var object = current.mapping ?? Mapping()
    if let merged = applied.object?.mapping { object = try complete(merged, from: configuration) }
    object.setManagedFields(applied.managed)
    return object
  }

  /// Records in `managedFields` what a write that is no apply changed; `object` is the decoded and defaulted result.
  ///
  /// A writer of the object itself may replace `managedFields`; `[{}]` or an empty list wipes them.
  package func track(_ object: inout Mapping, replacing live: Mapping?, by writer: FieldWriter) {
    var managed = managedFields(sentIn: object, replacing: live, subresource: writer.subresource)
    if !managed.isEmpty || live == nil {
      // The scale subresource keeps no time of its own in the parent's entries.
      tracker(writer.subresource).update(
        &managed, from: live.map { .mapping($0.withoutOwnership) } ?? zero,
        to: .mapping(object.withoutOwnership), by: manager(writer.manager, isApply: false, writer),
        time: writer.subresource == "scale" ? nil : writer.time)
    }
    object.setManagedFields(managed)
  }

  private func tracker(_ subresource: String) -> OwnershipTracker {
    OwnershipTracker(
      table: table, type: root, apiVersion: kind.apiVersion, resetFields: resetFields(subresource))
  }

  private func manager(_ name: String, isApply: Bool, _ writer: FieldWriter) -> ManagedFields.Manager {
    ManagedFields.Manager(
      name: name.isEmpty ? "unknown" : name, isApply: isApply, apiVersion: isApply ? "" : kind.apiVersion,
      subresource: writer.subresource)
  }

  private func managedFields(of live: Mapping?) throws(StatusError) -> ManagedFields {
    do {
      return try ManagedFields(live?["metadata"]?["managedFields"]?.sequence ?? [])
    } catch {
      throw StatusError(code: 500, reason: "", message: "failed to decode managed fields: \(error.message)")
    }
  }

  /// The entries that a writer sent, where it may; else those of the live object. What can not be read counts as wiped.
  private func managedFields(sentIn object: Mapping, replacing live: Mapping?, subresource: String) -> ManagedFields {
    let sent = subresource.isEmpty ? object["metadata"]?["managedFields"]?.sequence : nil
    if let sent, sent.isEmpty || sent == [.mapping([:])] { return ManagedFields() }
    if let sent, let managed = try? ManagedFields(sent), !managed.isEmpty { return managed }
    return (try? managedFields(of: live)) ?? ManagedFields()
  }

  private func checkKind(of configuration: Mapping) throws(StatusError) {
    let given = GroupVersionKind(
      apiVersion: configuration["apiVersion"]?.string ?? "", kind: configuration["kind"]?.string ?? "")
    guard given == kind else {
      throw .badRequest("invalid object type: \(given.group)/\(given.version), Kind=\(given.kind)")
    }
  }

  private func check(_ configuration: Mapping) throws(StatusError) {
    do {
      try table.check(.mapping(configuration), root)
    } catch {
      throw StatusError(
        code: 500, reason: "",
        message: "failed to create typed patch object (\(shown(configuration))): \(error.text)")
    }
  }

  private func complete(_ merged: Mapping, from configuration: Mapping) throws(StatusError) -> Mapping {
    do {
      var object = try read(merged).object
      fillDefaults(&object)
      return object
    } catch {
      // Failures of the structures' own readers carry one more preface.
      let preface = error.message.hasPrefix("illegal base64") ? "error decoding from json: " : ""
      throw StatusError(
        code: 500, reason: "",
        message: "failed to convert new object (\(shown(configuration))) to proper version: unable to convert "
          + "unstructured object to \(shownKind): \(preface)\(error.message)")
    }
  }

  private var shownKind: String { "\(kind.group)/\(kind.version), Kind=\(kind.kind)" }

  /// Namespace, name and kind, as the server's internal messages show an object.
  private func shown(_ object: Mapping) -> String {
    let metadata = object["metadata"]
    return "\(metadata?["namespace"]?.string ?? "")/\(metadata?["name"]?.string ?? ""); \(shownKind)"
  }
}

extension Mapping {
  var withoutOwnership: Mapping {
    guard self["metadata"]?["managedFields"] != nil else { return self }
    var copy = self
    copy["metadata"]?["managedFields"] = nil
    return copy
  }

  mutating func setManagedFields(_ managed: ManagedFields) {
    if managed.isEmpty {
      if self["metadata"] != nil { self["metadata"]?["managedFields"] = nil }
      return
    }
    if self["metadata"]?.mapping == nil { self["metadata"] = .mapping([:]) }
    self["metadata"]?["managedFields"] = .sequence(managed.nodes)
  }
}
