package import Manifest

// MARK: As an object's field

extension AnalysisSpec {
  /// In the fields of `AnalysisRun.spec`, and read again by ``init(_:)``: metrics as they are written, and where the
  /// values of secret arguments are, never the values.
  package var node: Node {
    var mapping: Mapping = ["metrics": .sequence(metrics)]
    if !args.isEmpty { mapping["args"] = .sequence(args.map(\.node)) }
    if !dryRun.isEmpty { mapping["dryRun"] = .sequence(dryRun.map { .mapping(["metricName": .string($0)]) }) }
    if !measurementRetention.isEmpty {
      mapping["measurementRetention"] = .sequence(
        measurementRetention.map {
          .mapping(["metricName": .string($0.metricName), "limit": Node(.int(Int64($0.limit)))])
        })
    }
    if !templates.isEmpty { mapping["templates"] = .sequence(templates.map(\.node)) }
    if terminate { mapping["terminate"] = Node(.bool(true)) }
    return .mapping(mapping)
  }
}

extension AnalysisArgument {
  var node: Node {
    var mapping: Mapping = ["name": .string(name)]
    switch source {
    case .none: break
    case .value(let value): mapping["value"] = .string(value)
    case .secret(let secret, let key):
      let reference: Mapping = ["name": .string(secret), "key": .string(key)]
      mapping["valueFrom"] = .mapping(["secretKeyRef": .mapping(reference)])
    case .field(let path):
      mapping["valueFrom"] = .mapping(["fieldRef": .mapping(["fieldPath": .string(path)])])
    }
    return .mapping(mapping)
  }
}

extension AnalysisTemplateReference {
  var node: Node {
    var mapping: Mapping = ["templateName": .string(name)]
    if isClusterScoped { mapping["clusterScope"] = Node(.bool(true)) }
    return .mapping(mapping)
  }
}
