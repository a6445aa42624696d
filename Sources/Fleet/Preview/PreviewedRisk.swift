import Manifest

/// Something in a merge that a reviewer should know of.
package struct PreviewedRisk: Sendable, Hashable {
  package enum Kind: String, Sendable, CaseIterable {
    /// The hub would stop and ask.
    case breaker = "Breaker"
    case deletion = "Deletion"
    case immutableField = "ImmutableField"
    case modelVersion = "ModelVersion"
    case image = "Image"
    case unpinnedRevision = "UnpinnedRevision"
    case unpinnedImage = "UnpinnedImage"
  }

  package var kind: Kind
  package var subject: String
  package var message: String
  package var clusters: Int

  static func all(
    applications: [FleetPreview.ApplicationChange], objects: [FleetPreview.ObjectChange], before: PreviewedFleet,
    after: PreviewedFleet
  ) -> [PreviewedRisk] {
    var risks = removals(applications, before, after) + breakers(applications, before)
    for change in objects { risks += risksOf(change) }
    risks += unpinned(applications, after)
    var seen: Set<PreviewedRisk> = []
    let order = Dictionary(uniqueKeysWithValues: Kind.allCases.enumerated().map { ($1, $0) })
    return risks.filter { seen.insert($0).inserted }.sorted {
      ((order[$0.kind] ?? 0), $0.subject, $0.message) < ((order[$1.kind] ?? 0), $1.subject, $1.message)
    }
  }

  // MARK: Applications

  private static func removals(
    _ changes: [FleetPreview.ApplicationChange], _ before: PreviewedFleet, _ after: PreviewedFleet
  ) -> [PreviewedRisk] {
    changes.filter { $0.change == .removed }.map { change in
      let deletes = before.applications[change.name].map(after.takesObjects) ?? false
      return PreviewedRisk(
        kind: .deletion, subject: "application \(change.name)",
        message: deletes ? "removed, and its \(change.deleted) objects with it" : "removed; its objects stay",
        clusters: 1)
    }
  }

  /// Passes over one Application that a hub would not make.
  private static func breakers(
    _ changes: [FleetPreview.ApplicationChange], _ before: PreviewedFleet
  ) -> [PreviewedRisk] {
    changes.filter { $0.change == .changed && $0.deleted > 0 }.compactMap { change in
      let total = before.applications[change.name]?.rendered?.objects.count ?? 0
      guard !Breaker.objects.allows(removing: change.deleted, outOf: total) else { return nil }
      return PreviewedRisk(
        kind: .breaker, subject: "application \(change.name)",
        message: "\(change.deleted) of \(total) objects would be deleted", clusters: 1)
    }
  }

  private static func unpinned(
    _ changes: [FleetPreview.ApplicationChange], _ after: PreviewedFleet
  ) -> [PreviewedRisk] {
    var counts: [String: Int] = [:]
    for change in changes where change.change == .added || change.change == .changed {
      for source in after.applications[change.name]?.application.sources ?? [] where !isPinned(source.targetRevision) {
        counts[
          "\(ShownAddress.of(source.repoURL)) at \(source.targetRevision.isEmpty ? "HEAD" : source.targetRevision)",
          default: 0] +=
          1
      }
    }
    return counts.map { place, count in
      PreviewedRisk(
        kind: .unpinnedRevision, subject: place, message: "follows a branch: later commits arrive without a merge here",
        clusters: count)
    }
  }

  /// A commit, or something that looks like a version.
  private static func isPinned(_ revision: String) -> Bool {
    if revision.utf8.count == 40, revision.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) { return true }
    return revision.contains(where: \.isNumber) && revision.contains(".")
  }

  // MARK: Objects

  private static func risksOf(_ change: FleetPreview.ObjectChange) -> [PreviewedRisk] {
    let delta = change.delta
    func risk(_ kind: Kind, _ message: String) -> PreviewedRisk {
      PreviewedRisk(kind: kind, subject: "\(delta.id)", message: message, clusters: change.clusters.count)
    }
    if delta.change == .delete {
      let isHeavy = ["Namespace", "CustomResourceDefinition", "PersistentVolumeClaim", "PersistentVolume"]
        .contains(delta.id.kind)
      return [risk(.deletion, isHeavy ? "deleted, and everything that it holds" : "deleted")]
    }
    var risks: [PreviewedRisk] = []
    for field in delta.fields {
      let name = field.path.split(separator: ".").last.map(String.init) ?? ""
      let words = "\(field.before ?? "none") → \(field.after ?? "none")"
      if delta.change == .update, ImmutableFields.contains(field.path, of: delta.id.groupKind) {
        risks.append(risk(.immutableField, "\(field.path) cannot be changed in place"))
      }
      if name == "image" {
        risks.append(risk(.image, words))
        if let image = field.after, !isPinned(image: image) { risks.append(risk(.unpinnedImage, image)) }
      } else if isModelVersion(name, delta.id) {
        risks.append(risk(.modelVersion, "\(name): \(words)"))
      }
    }
    return risks
  }

  private static func isModelVersion(_ key: String, _ id: ObjectID) -> Bool {
    let upper = key.uppercased()
    return ["ConfigMap", "InferenceService", "ModelDeployment"].contains(id.kind)
      && (upper.contains("MODEL") || upper.hasSuffix("VERSION"))
  }

  /// A digest, or a tag other than `latest`.
  private static func isPinned(image: String) -> Bool {
    if image.contains("@sha256:") { return true }
    let name = image.split(separator: "/").last ?? ""
    guard let colon = name.lastIndex(of: ":") else { return false }
    return name[name.index(after: colon)...] != "latest"
  }
}

/// Fields that an API server refuses to change.
enum ImmutableFields {
  private static let fields: [GroupKind: [String]] = [
    GroupKind(group: "apps", kind: "Deployment"): [".spec.selector"],
    GroupKind(group: "apps", kind: "DaemonSet"): [".spec.selector"],
    GroupKind(group: "apps", kind: "ReplicaSet"): [".spec.selector"],
    GroupKind(group: "apps", kind: "StatefulSet"): [
      ".spec.selector", ".spec.serviceName", ".spec.volumeClaimTemplates", ".spec.podManagementPolicy",
    ],
    GroupKind(group: "batch", kind: "Job"): [".spec.template", ".spec.selector", ".spec.completions"],
    GroupKind(group: "", kind: "PersistentVolumeClaim"): [
      ".spec.accessModes", ".spec.storageClassName", ".spec.volumeName", ".spec.volumeMode", ".spec.selector",
    ],
    GroupKind(group: "", kind: "Service"): [".spec.clusterIP"],
    GroupKind(group: "", kind: "Secret"): [".type"],
    GroupKind(group: "rbac.authorization.k8s.io", kind: "RoleBinding"): [".roleRef"],
    GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRoleBinding"): [".roleRef"],
    GroupKind(group: "storage.k8s.io", kind: "StorageClass"): [".provisioner", ".parameters", ".reclaimPolicy"],
  ]

  static func contains(_ path: String, of kind: GroupKind) -> Bool {
    (fields[kind] ?? []).contains { path == $0 || path.hasPrefix($0 + ".") || path.hasPrefix($0 + "[") }
  }
}
