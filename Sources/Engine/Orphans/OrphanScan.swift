import Fleet
import Kubernetes
import Manifest

/// Looks through a namespace for objects that belong to nobody: top-level ones that no ApplySet has. Metadata only.
struct OrphanScan: Sendable {
  /// What a look found.
  struct Findings: Sendable, Equatable {
    /// Sorted, as many as are kept.
    var objects: [ObjectID] = []
    /// Whether there are more.
    var isCut = false
  }

  private static let pageSize = 500
  /// Of one kind: more than that is no namespace that a person looks through.
  private static let mostPages = 10
  private static let mostObjects = 5_000

  let client: KubernetesClient

  /// - Throws: what the cluster as a whole has to say. Kinds that may not be listed are left out.
  func findings(in namespace: String, _ discovery: Discovery) async throws -> Findings {
    var findings = Findings()
    var seen: Set<String> = []
    for resource in Self.kinds(discovery) {
      try Task.checkCancellation()
      do {
        try await add(resource, namespace, to: &findings, &seen)
      } catch let error as APIError where [.forbidden, .notFound, .invalid].contains(error.kind) {
        continue
      }
      if findings.objects.count >= Self.mostObjects { break }
    }
    if findings.objects.count > Self.mostObjects {
      findings.objects.removeLast(findings.objects.count - Self.mostObjects)
      findings.isCut = true
    }
    findings.objects.sort()
    return findings
  }

  private func add(
    _ resource: APIResource, _ namespace: String, to findings: inout Findings, _ seen: inout Set<String>
  ) async throws {
    var options = APIRequest.ListOptions(limit: Self.pageSize)
    for _ in 0..<Self.mostPages {
      let page = try await client.send(.list(resource, namespace: namespace, options: options, metadataOnly: true))
      for item in page["items"]?.sequence ?? [] where Self.isOrphan(item, resource.gvk) {
        let metadata = item["metadata"]
        // The same object may be served by two groups.
        guard seen.insert(metadata?["uid"]?.string ?? "").inserted else { continue }
        findings.objects.append(
          ObjectID(
            group: resource.gvk.group, kind: resource.gvk.kind, namespace: namespace,
            name: metadata?["name"]?.string ?? ""))
      }
      guard let token = page["metadata"]?["continue"]?.string, !token.isEmpty,
        findings.objects.count < Self.mostObjects
      else { return }
      options.continueToken = token
    }
    findings.isCut = true
  }

  private static func isOrphan(_ item: Node, _ gvk: GroupVersionKind) -> Bool {
    let metadata = item["metadata"]
    if !(metadata?["ownerReferences"]?.sequence ?? []).isEmpty || metadata?["deletionTimestamp"] != nil { return false }
    let labels = metadata?["labels"]
    // The parent of an ApplySet is the hub's own.
    if labels?[ApplySetLabel.id] != nil { return false }
    guard labels?[ApplySetLabel.partOf] != nil else { return true }
    // A label that was copied is no membership (DESIGN §3.3).
    return LiveObject(item, gvk: gvk)?.ownsPartOf != true
  }

  /// Namespaced kinds that can be listed, but for those that machines make: Argo CD's `resource.exclusions`, and events.
  static func kinds(_ discovery: Discovery) -> [APIResource] {
    var kinds: Set<GroupKind> = []
    return discovery.resources.filter {
      $0.isNamespaced && $0.verbs.contains("list") && $0.verbs.contains("delete") && !isExcluded($0.gvk.groupKind)
    }.compactMap { resource in
      let kind = resource.gvk.groupKind
      return kinds.insert(kind).inserted ? discovery.preferred(kind) : nil
    }
  }

  private static func isExcluded(_ kind: GroupKind) -> Bool {
    switch kind.group {
    case "": ["Endpoints", "Event"].contains(kind.kind)
    case "discovery.k8s.io": kind.kind == "EndpointSlice"
    case "coordination.k8s.io": kind.kind == "Lease"
    case "cert-manager.io": kind.kind == "CertificateRequest"
    case "cilium.io": ["CiliumIdentity", "CiliumEndpoint", "CiliumEndpointSlice"].contains(kind.kind)
    case "kyverno.io", "reports.kyverno.io", "wgpolicyk8s.io":
      kind.kind.hasSuffix("Report") || kind.kind == "UpdateRequest"
    case "events.k8s.io", "metrics.k8s.io", "authentication.k8s.io", "authorization.k8s.io": true
    default: false
    }
  }
}
