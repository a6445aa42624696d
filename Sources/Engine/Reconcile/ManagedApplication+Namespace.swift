import Fleet
import Foundation
import Kubernetes
import Manifest

/// How the metadata of an Application's own namespace stands.
struct NamespaceDrift: Sendable {
  /// What of it is not as `managedNamespaceMetadata` says, as `metadata.labels.team`.
  var differences: [String] = []
  /// Seconds until it may be healed, since somebody takes it again and again.
  var delay = 0.0
}

// MARK: - The namespace that it goes to

extension ManagedApplication {
  /// The destination namespace where the Application makes it (`CreateNamespace=true`); one that stands in Git is Git's.
  private func ownNamespace(_ pass: SyncPass) -> String? {
    let namespace = application.destination.namespace
    guard application.syncPolicy.has("CreateNamespace"), !namespace.isEmpty,
      !pass.desired.contains(where: { $0.gvk.kind == "Namespace" && $0.object.name == namespace })
    else { return nil }
    return namespace
  }

  private static func id(of namespace: String) -> ObjectID {
    ObjectID(group: "", kind: "Namespace", namespace: "", name: namespace)
  }

  /// Looks at the namespace's labels and annotations. Where they may not be watched, nothing is known of them.
  func lookAtNamespace(_ pass: SyncPass, _ session: ClusterSession) async throws {
    namespaceDrift = NamespaceDrift()
    guard let namespace = ownNamespace(pass), let wanted = application.syncPolicy.managedNamespaceMetadata else {
      return
    }
    do {
      let followed = try await session.namespaceMetadata(namespace, for: applySet)
      if followed.live?.isDeleting == true { return }
      let differences = followed.differences(from: wanted, manager: NamespaceMaker.manager(of: applySet))
      let delay = ledger.delay(of: Self.id(of: namespace), fields: differences, now: Seconds.now)
      namespaceDrift = NamespaceDrift(differences: differences, delay: delay)
    } catch let failure as Failure where failure.code == "cluster.forbidden" {
      return
    }
  }

  /// Whether it is mended without a sync: somebody changed it and the Application heals itself, or the Application says something
  /// new.
  var healsNamespace: Bool {
    guard !namespaceDrift.differences.isEmpty, namespaceDrift.delay <= 0,
      let automated = application.syncPolicy.automated
    else { return false }
    return automated.selfHeal || appliedNamespaceMetadata != application.syncPolicy.managedNamespaceMetadata
  }

  func ensureNamespace(_ session: ClusterSession, _ pass: SyncPass) async throws {
    guard let namespace = ownNamespace(pass) else { return }
    // Who deletes a namespace deletes what is in it.
    let isInUse = await session.index.members(of: applySet).contains {
      $0.id.namespace == namespace && !$0.isDeleting
    }
    let isKnown = isInUse && knownNamespaces.contains(namespace)
    let maker = NamespaceMaker(client: try client(session))
    guard let wanted = application.syncPolicy.managedNamespaceMetadata else {
      if isKnown { return }
      if try await !maker.exists(namespace) {
        try permit(namespace)
        try await maker.make(namespace)
      }
      knownNamespaces.insert(namespace)
      return
    }
    let drift = namespaceDrift
    if isKnown, drift.delay > 0 || (drift.differences.isEmpty && appliedNamespaceMetadata == wanted) { return }
    try permit(namespace)
    let isHeal = appliedNamespaceMetadata == wanted && !drift.differences.isEmpty
    let answer = try await maker.apply(namespace, wanted, NamespaceMaker.manager(of: applySet))
    await session.noteNamespace(answer, namespace)
    knownNamespaces.insert(namespace)
    appliedNamespaceMetadata = wanted
    namespaceDrift = NamespaceDrift()
    if isHeal { await noteHeal(of: namespace, drift.differences, session) }
  }

  private func permit(_ namespace: String) throws {
    guard let denial = governance.denial(ofMaking: namespace, application) else { return }
    throw Failure(
      "project.denied", subject: "namespace \(namespace)", stage: "plan", "CreateNamespace=true: \(denial)",
      retry: .never)
  }

  private func noteHeal(of namespace: String, _ fields: [String], _ session: ClusterSession) async {
    let id = Self.id(of: namespace)
    ledger.healed(id, fields: fields, now: Seconds.now)
    await services.record([
      Fact(
        time: Date(), kind: .drift, application: name, cluster: session.name.text, actor: "hub", cause: "drift",
        outcome: "Healed", revision: status.revision, message: "\(id): \(fields.prefix(5).joined(separator: ", "))")
    ])
  }

  /// Shows what is left of it.
  func tellNamespaceDrift() {
    let namespace = application.destination.namespace
    if let contest = ledger.contest(over: Self.id(of: namespace), now: Seconds.now) {
      status.contests.append(contest)
      status.conditions.append(Condition("Contested", contest.words))
    }
    if namespaceDrift.differences.isEmpty { return }
    let message =
      "Namespace \(namespace): \(namespaceDrift.differences.prefix(5).joined(separator: ", ")) is not as managedNamespaceMetadata says"
    status.sync = .outOfSync
    status.conditions.append(Condition("NamespaceMetadataDrift", message))
    if status.message.isEmpty { status.message = message }
  }
}
