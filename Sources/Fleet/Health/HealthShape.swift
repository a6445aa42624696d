import Manifest

/// The types of the fields that checks read, which Kubernetes' API leaves no choice of.
///
/// An API server never serves others; a file may hold anything.
enum HealthShape {
  private enum Kind {
    case text, whole, flag, mapping, mappings

    /// Null counts as absent.
    func fits(_ node: Node) -> Bool {
      switch (self, node.value) {
      case (_, .null), (.text, .string), (.whole, .int), (.flag, .bool), (.mapping, .mapping): true
      case (.mappings, .sequence(let nodes)): nodes.allSatisfy { $0.mapping != nil }
      default: false
      }
    }

    var name: String {
      switch self {
      case .text: "string"
      case .whole: "integer"
      case .flag: "boolean"
      case .mapping: "mapping"
      case .mappings: "sequence of mappings"
      }
    }
  }

  private static let metadata: [(String, Kind)] = [
    ("name", .text), ("generation", .whole), ("annotations", .mapping),
  ]
  private static let spec: [(String, Kind)] = [
    ("replicas", .whole), ("paused", .flag), ("suspend", .flag), ("restartPolicy", .text), ("type", .text),
    ("updateStrategy", .mapping),
  ]
  private static let status: [(String, Kind)] = [
    ("observedGeneration", .whole), ("replicas", .whole), ("updatedReplicas", .whole), ("readyReplicas", .whole),
    ("availableReplicas", .whole), ("currentReplicas", .whole), ("desiredNumberScheduled", .whole),
    ("updatedNumberScheduled", .whole), ("numberAvailable", .whole), ("currentRevision", .text),
    ("updateRevision", .text), ("phase", .text), ("message", .text), ("loadBalancer", .mapping),
    ("conditions", .mappings), ("containerStatuses", .mappings), ("initContainerStatuses", .mappings),
  ]
  private static let condition: [(String, Kind)] = [
    ("type", .text), ("status", .text), ("reason", .text), ("message", .text),
  ]

  /// The first field that has a wrong type, in words; nil when there is none.
  static func problem(in subject: HealthSubject) -> String? {
    for (path, node, fields) in [
      ("metadata", subject.metadata, metadata), ("spec", subject.spec, spec), ("status", subject.status, status),
    ] {
      guard Kind.mapping.fits(node) else { return words(path, node, .mapping) }
      if let problem = problem(in: node, path, fields) { return problem }
    }
    for (index, node) in (subject.status["conditions"]?.sequence ?? []).enumerated() {
      if let problem = problem(in: node, "status.conditions[\(index)]", condition) { return problem }
    }
    return nil
  }

  private static func problem(in node: Node, _ path: String, _ fields: [(String, Kind)]) -> String? {
    for (field, kind) in fields {
      if let value = node[field], !kind.fits(value) { return words("\(path).\(field)", value, kind) }
    }
    return nil
  }

  private static func words(_ path: String, _ node: Node, _ kind: Kind) -> String {
    "\(path) is no \(kind.name) (\(node.value.kindName))"
  }
}
