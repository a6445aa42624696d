package import Manifest

/// The two primitives on `managedFields` that a plain apply lacks (DESIGN §3.2), as JSON patches of one object.
///
/// Both test the resourceVersion, so that a 409 or 422 means "read again".
package enum OwnershipPatch {
  /// Writers whose fields an adoption takes over: tools that write what people and pipelines say, never controllers.
  package static let tools: Set<String> = [
    "before-first-apply", "kubectl", "kubectl-client-side-apply", "kubectl-create", "kubectl-apply", "kubectl-edit",
    "kubectl-patch", "kubectl-replace", "kubectl-set", "kubectl-label", "kubectl-annotate", "kubectl-last-applied",
    "helm", "argocd-controller", "argocd-application-controller", "kustomize-controller", "helm-controller",
    "fleetagent", "fleet-agent", "pulumi-kubernetes", "terraform", "terraform-provider-kubernetes",
  ]

  /// Makes our entry the union of ours and of those entries that `takes` names, which end.
  /// - Returns: nil when there is nothing to take.
  package static func takeOver(
    managedFields: [Node], resourceVersion: String, apiVersion: String, takes: (ForeignEntry) -> Bool
  ) -> [Node]? {
    var kept: [Node] = []
    var fields = FieldSet()
    var takesAny = false
    var time: Node?
    for (entry, foreign) in zip(managedFields, managedFields.map { Ownership(managedFields: [$0]) }) {
      if let ours = foreign.ours {
        fields = fields.union(ours.fields)
        time = entry["time"]
      } else if let other = foreign.others.first, other.subresource != "status", takes(other) {
        fields = fields.union(other.fields)
        takesAny = true
      } else {
        kept.append(entry)
      }
    }
    guard takesAny else { return nil }
    return patch([ourEntry(fields, apiVersion: apiVersion, time: time)] + kept, resourceVersion: resourceVersion)
  }

  /// Takes paths out of our entry, so that leaving them out of the next apply resets nothing.
  /// - Returns: nil when our entry has none of them.
  package static func release(
    _ paths: [[String]], managedFields: [Node], resourceVersion: String
  ) -> [Node]? {
    guard let index = managedFields.firstIndex(where: { Ownership(managedFields: [$0]).ours != nil }),
      let ours = Ownership(managedFields: [managedFields[index]]).ours
    else { return nil }
    var fields = ours.fields
    for path in paths where fields.touches(path) { fields.remove(path) }
    guard fields != ours.fields else { return nil }
    var entries = managedFields
    entries[index] = ourEntry(fields, apiVersion: ours.apiVersion, time: managedFields[index]["time"])
    return patch(entries, resourceVersion: resourceVersion)
  }

  private static func ourEntry(_ fields: FieldSet, apiVersion: String, time: Node?) -> Node {
    var entry: Mapping = [
      "manager": .string(FieldManager.name), "operation": .string("Apply"), "apiVersion": .string(apiVersion),
    ]
    entry["time"] = time
    entry["fieldsType"] = .string("FieldsV1")
    entry["fieldsV1"] = .mapping(fields.fieldsV1)
    return .mapping(entry)
  }

  private static func patch(_ entries: [Node], resourceVersion: String) -> [Node] {
    [
      operation("replace", "/metadata/resourceVersion", .string(resourceVersion)),
      operation("replace", "/metadata/managedFields", .sequence(entries)),
    ]
  }

  private static func operation(_ op: String, _ path: String, _ value: Node) -> Node {
    .mapping(["op": .string(op), "path": .string(path), "value": value])
  }
}
