import Manifest

/// Sets the replicas of the workloads of one name.
struct ReplicaTransformer {
  let change: ReplicaChange
  let fields: [FieldSpec]
  let location: SourceLocation

  /// - Throws: ``Diagnostic`` `kustomize.no-target` when no workload has the name.
  func apply(to set: inout ResourceSet) throws {
    var found = false
    for field in fields {
      let positions = set.positions(named: change.name).filter { position in
        set[position].hasID { $0.name == change.name && field.kind.selects($0.gvk) }
      }
      for position in positions {
        found = true
        try set.update(position) { resource in
          try field.apply(to: &resource, creating: .scalar) { node in
            guard node.isScalar else {
              throw FieldError(message: "replicas must be a number, not a \(node.value.kindName)", mark: node.mark)
            }
            node = node.replacingScalar(by: String(change.count), as: .integer)
          }
        }
      }
    }
    if !found { throw missing(in: set) }
  }

  private func missing(in set: ResourceSet) -> Diagnostic {
    let kinds = Set(fields.map(\.kind.kind))
    let names = set.resources.filter { kinds.contains($0.gvk.kind) }.map(\.name)
    let nearest = NearestName.of(change.name, among: names)
    return Diagnostic(
      "kustomize.no-target",
      "no Deployment, ReplicationController, ReplicaSet or StatefulSet is named '\(change.name)'",
      at: location, help: nearest.map { "did you mean '\($0)'?" })
  }
}
