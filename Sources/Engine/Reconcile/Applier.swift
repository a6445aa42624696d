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
  let applySet: String

  func apply(_ desired: DesiredObject, _ resource: APIResource, before: LiveObject?) async throws -> Answer {
    if !desired.released.isEmpty, let before,
      desired.released.contains(where: { before.ownership.ours?.fields.touches($0) == true })
    {
      try await patchOwnership(desired, resource) {
        OwnershipPatch.release(desired.released, managedFields: $0, resourceVersion: $1)
      }
    }
    do {
      let answer = try await send(desired, resource)
      if needsTakeOver(answer, before) {
        return try await takeOver(desired, resource, before) { OwnershipPatch.tools.contains($0.manager) }
      }
      return try await finish(answer, desired, before)
    } catch let error as APIError where error.kind == .invalid && error.status == 422 && before != nil {
      // Refused for ever, unless what others wrote beside ours goes (`value` beside `valueFrom`).
      do {
        return try await takeOver(desired, resource, before) { !$0.manager.hasPrefix("kube-") }
      } catch let second as APIError where second.kind == .invalid {
        throw error
      }
    }
  }

  private func send(_ desired: DesiredObject, _ resource: APIResource) async throws -> Node {
    var request = APIRequest.apply(
      resource, namespace: desired.object.namespace, name: desired.object.name,
      body: desired.labelled(partOf: applySet), manager: FieldManager.name)
    // Where health needs no more, the answer need not repeat what was sent.
    if !answersInFull(desired) { request.accept = APIRequest.Representation.metadata.rawValue }
    return try await session.client.send(request, mayQuoteSecret: desired.gvk.kind == "Secret")
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
    _ desired: DesiredObject, _ resource: APIResource, _ before: LiveObject?,
    takes: @Sendable (ForeignEntry) -> Bool
  ) async throws -> Answer {
    try await patchOwnership(desired, resource) {
      OwnershipPatch.takeOver(managedFields: $0, resourceVersion: $1, apiVersion: desired.gvk.apiVersion, takes: takes)
    }
    return try await finish(try await send(desired, resource), desired, before)
  }

  private func patchOwnership(
    _ desired: DesiredObject, _ resource: APIResource,
    _ patch: (_ managedFields: [Node], _ resourceVersion: String) -> [Node]?
  ) async throws {
    for attempt in 1...Self.tries {
      let live = try await session.client.send(
        .get(resource, namespace: desired.object.namespace, name: desired.object.name, as: .metadata))
      let fields = live["metadata"]?["managedFields"]?.sequence ?? []
      guard let operations = patch(fields, live["metadata"]?["resourceVersion"]?.string ?? "") else { return }
      do {
        _ = try await session.client.send(
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
      rewritten: answersInFull(desired) ? Rewriting.paths(sent: desired.object, answer: answer) : nil)
  }
}
