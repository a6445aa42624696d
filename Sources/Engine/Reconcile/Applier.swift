import Fleet
import Kubernetes
import Manifest

/// Brings one object to what is desired: apply, and the primitives for what a plain apply cannot do (DESIGN §3.2).
struct Applier: Sendable {
  /// What an apply came to.
  struct Answer: Sendable {
    var live: LiveObject
    var record: AppliedRecord
    /// Paths that we gave up and that are still there, with who holds them.
    var retained: [String]
    /// Other writers' paths beside ours.
    var extra: [String]
    /// What admission made different from what was sent; nil where the answer is metadata alone.
    var rewritten: [String]?
  }

  /// Take-overs race with other writers; each try reads again.
  private static let tries = 3

  let session: ClusterSession
  /// Who acts.
  let client: KubernetesClient
  let applySet: String
  /// What the Application says for all of its objects.
  var options: SyncOptions = []
  /// Nothing that others add stays.
  var isStrict = false

  /// - Parameter before: what is there; nil for nothing.
  func apply(_ desired: DesiredObject, _ resource: APIResource, before: LiveObject?) async throws -> Answer {
    let options = desired.options.within(options)
    if let before, options.contains([.replace, .force]), !isPrecious(desired) {
      try await dryRun(desired, resource, before)
      return try await recreate(desired, resource, before)
    }
    if let before, case let paths = desired.pathsToRelease(before), !paths.isEmpty {
      try await patchOwnership(desired, resource) {
        OwnershipPatch.release(paths, managedFields: $0, resourceVersion: $1)
      }
    }
    do {
      let answer = try await send(desired, resource, before)
      if options.contains(.replace) || isStrict, before != nil {
        // In the place of what is there: nothing that others wrote beside ours stays, but for what controllers keep.
        return try await takeOver(desired, resource, before, after: answer) {
          !Self.isController($0) && !desired.ignores($0.manager)
            && !(isStrict && Retained.isController($0.manager))
        }
      }
      if needsTakeOver(answer, before) {
        return try await takeOver(desired, resource, before) { OwnershipPatch.tools.contains($0.manager) }
      }
      return try await finish(answer, desired, before)
    } catch let error as APIError where error.kind == .invalid && error.status == 422 {
      guard let before, !(await isRefusedAnew(desired, resource, error)) else { throw error }
      return try await overcome(error, desired, resource, before, mayRecreate: options.contains(.force))
    }
  }

  /// Brings about what the server refuses over what stands there, and takes where nothing does.
  private func overcome(
    _ error: APIError, _ desired: DesiredObject, _ resource: APIResource, _ before: LiveObject, mayRecreate: Bool
  ) async throws -> Answer {
    do {
      // Refused for ever, unless what others wrote beside ours goes (`value` beside `valueFrom`).
      if !error.saysImmutable {
        return try await takeOver(desired, resource, before) {
          !Retained.isController($0.manager) && !desired.leavesFields(to: $0)
        }
      }
    } catch let second as APIError where second.kind == .invalid {
      // What was taken over was not what stood in the way.
    }
    guard mayRecreate, !isPrecious(desired) else { throw explained(error, isPrecious: isPrecious(desired)) }
    return try await recreate(desired, resource, before)
  }

  /// Whether the server has the same to say where nothing of its name stands: then the manifest itself is at fault, and nothing
  /// that stands there has to give way.
  private func isRefusedAnew(_ desired: DesiredObject, _ resource: APIResource, _ error: APIError) async -> Bool {
    let name = TrialRun.name(beside: desired.object.name)
    var body = desired.labelled(partOf: applySet, over: nil)
    body["metadata"]?["name"] = .string(name)
    var request = APIRequest.apply(
      resource, namespace: desired.object.namespace, name: name, body: body, manager: FieldManager.name, dryRun: true)
    request.accept = APIRequest.Representation.metadata.rawValue
    do {
      _ = try await client.send(request, mayQuoteSecret: desired.gvk.kind == "Secret")
      return false
    } catch let second as APIError {
      return second.kind == .invalid && second.complaint == error.complaint
    } catch {
      return false
    }
  }

  private static func isController(_ entry: ForeignEntry) -> Bool { entry.manager.hasPrefix("kube-") }

  /// What takes much more with it than itself is never deleted to be created anew.
  private func isPrecious(_ desired: DesiredObject) -> Bool {
    ["Namespace", "CustomResourceDefinition", "PersistentVolumeClaim", "PersistentVolume"].contains(desired.gvk.kind)
  }

  /// Deletes what is there, waits until it is gone, and creates it anew (`Force=true`).
  private func recreate(_ desired: DesiredObject, _ resource: APIResource, _ before: LiveObject) async throws -> Answer
  {
    do {
      _ = try await client.send(
        .delete(
          resource, namespace: desired.object.namespace, name: desired.object.name, propagation: .background,
          uid: before.uid))
    } catch let error as APIError where error.kind == .notFound {
      // Gone is what it should be.
    }
    for _ in 0..<Self.deletionChecks {
      do {
        let now = try await client.send(
          .get(resource, namespace: desired.object.namespace, name: desired.object.name, as: .metadata))
        if now["metadata"]?["uid"]?.string != before.uid { break }
      } catch let error as APIError where error.kind == .notFound {
        await session.noteGone(desired.id, uid: before.uid)
        return try await finish(try await send(desired, resource, nil), desired, nil)
      }
      try await Task.sleep(for: .milliseconds(200))
    }
    throw Failure(
      "apply.recreate", subject: "\(desired.id)", stage: "apply",
      "it was deleted to be created anew, and is not gone yet", retry: .backOff)
  }

  /// Half a minute.
  private static let deletionChecks = 150

  private func explained(_ error: APIError, isPrecious: Bool) -> APIError {
    var error = error
    guard error.saysImmutable else { return error }
    error.message +=
      isPrecious
      ? "; what cannot be changed has to be made under another name"
      : "; with the sync option Force=true the object is deleted and created anew"
    return error
  }

  /// Nothing is deleted for what the server would not take in its place.
  private func dryRun(_ desired: DesiredObject, _ resource: APIResource, _ before: LiveObject) async throws {
    do {
      _ = try await send(desired, resource, before, dryRun: true)
    } catch let error as APIError where error.kind == .invalid && error.status == 422 {
      if await isRefusedAnew(desired, resource, error) { throw error }
    }
  }

  private func send(
    _ desired: DesiredObject, _ resource: APIResource, _ before: LiveObject?, dryRun: Bool = false
  ) async throws -> Node {
    var request = APIRequest.apply(
      resource, namespace: desired.object.namespace, name: desired.object.name,
      body: desired.labelled(partOf: applySet, over: before), manager: FieldManager.name, dryRun: dryRun)
    // Where health needs no more, the answer need not repeat what was sent.
    if !answersInFull(desired) { request.accept = APIRequest.Representation.metadata.rawValue }
    return try await client.send(request, mayQuoteSecret: desired.gvk.kind == "Secret")
  }

  private func answersInFull(_ desired: DesiredObject) -> Bool { HealthCheck.needsStatus(desired.gvk.groupKind) }

  /// On adoption, and after somebody wiped `managedFields`, others still own what we mean to rule.
  private func needsTakeOver(_ answer: Node, _ before: LiveObject?) -> Bool {
    let ownership = Ownership(managedFields: answer["metadata"]?["managedFields"]?.sequence ?? [])
    if ownership.others.contains(where: { $0.manager == "before-first-apply" }) { return true }
    let isAdoption = before == nil || before?.ownership.ours == nil
    return isAdoption
      && ownership.others.contains { OwnershipPatch.tools.contains($0.manager) && $0.subresource != "status" }
  }

  private func takeOver(
    _ desired: DesiredObject, _ resource: APIResource, _ before: LiveObject?, after answer: Node? = nil,
    takes: @Sendable (ForeignEntry) -> Bool
  ) async throws -> Answer {
    if let answer {
      let ownership = Ownership(managedFields: answer["metadata"]?["managedFields"]?.sequence ?? [])
      guard ownership.others.contains(where: { $0.subresource != "status" && takes($0) }) else {
        return try await finish(answer, desired, before)
      }
    }
    try await patchOwnership(desired, resource) {
      OwnershipPatch.takeOver(managedFields: $0, resourceVersion: $1, apiVersion: desired.gvk.apiVersion, takes: takes)
    }
    return try await finish(try await send(desired, resource, before), desired, before)
  }

  private func patchOwnership(
    _ desired: DesiredObject, _ resource: APIResource,
    _ patch: (_ managedFields: [Node], _ resourceVersion: String) -> [Node]?
  ) async throws {
    for attempt in 1...Self.tries {
      let live = try await client.send(
        .get(resource, namespace: desired.object.namespace, name: desired.object.name, as: .metadata))
      let fields = live["metadata"]?["managedFields"]?.sequence ?? []
      guard let operations = patch(fields, live["metadata"]?["resourceVersion"]?.string ?? "") else { return }
      do {
        _ = try await client.send(
          .jsonPatch(
            resource, namespace: desired.object.namespace, name: desired.object.name, operations: operations,
            manager: FieldManager.name))
        return
      } catch let error as APIError where error.kind == .conflict && attempt < Self.tries {
        continue
      }
    }
  }

  private func finish(
    _ answer: Node, _ desired: DesiredObject, _ before: LiveObject?
  ) async throws -> Answer {
    guard let live = await session.note(answer, gvk: desired.gvk) else {
      throw APIError(kind: .notAnAPIServer, status: 200, message: "the answer to the apply is no object")
    }
    return Answer(
      live: live, record: AppliedRecord(answer: live, desired: desired.digest),
      retained: Retained.paths(before: before, after: live), extra: Retained.extra(live),
      rewritten: answersInFull(desired) ? Rewriting.paths(sent: desired.applied(over: before), answer: answer) : nil)
  }
}
