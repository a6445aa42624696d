import Manifest

/// How Go writes the fields of a step (`types.go` and encoding/json): in the order of the type, and without those that
/// are empty where the type says so. What the hash of the steps is made of.
indirect enum GoField: Sendable {
  /// A pointer: there or not, whatever it points at.
  case pointer
  /// Left out when it says nothing: an empty text, false, 0.
  case omitempty
  /// Written even when it is not there, as this.
  case always(Value)
  /// A map of texts, in the order of its keys; left out when empty.
  case texts
  /// Left out when empty.
  case list(GoField)
  /// A pointer to a type.
  case object([(name: String, field: GoField)])

  static func written(step: Node) -> Node { Self.step.written(step) ?? .mapping([:]) }

  /// Steps of other kinds are not carried out, and so never hashed.
  private static let step = GoField.object([
    ("setWeight", .pointer), ("pause", .object([("duration", .pointer)])), ("experiment", .pointer),
    ("analysis", analysis),
    (
      "setCanaryScale",
      .object([("weight", .pointer), ("replicas", .pointer), ("matchTrafficWeight", .omitempty)])
    ), ("setHeaderRoute", .pointer), ("setMirrorRoute", .pointer), ("plugin", .pointer),
  ])

  private static let analysis = GoField.object([
    ("templates", .list(.object([("templateName", .always(.string(""))), ("clusterScope", .pointer)]))),
    ("args", .list(argument)), ("dryRun", .list(.object([("metricName", .always(.string("")))]))),
    (
      "measurementRetention",
      .list(.object([("metricName", .always(.string(""))), ("limit", .always(.int(0)))]))
    ), ("analysisRunMetadata", .object([("labels", .texts), ("annotations", .texts)])),
  ])

  private static let argument = GoField.object([
    ("name", .always(.string(""))), ("value", .omitempty),
    (
      "valueFrom",
      .object([
        ("podTemplateHashValue", .pointer), ("fieldRef", .object([("fieldPath", .always(.string("")))])),
      ])
    ),
  ])

  /// Nil for what is left out.
  private func written(_ node: Node?) -> Node? {
    let given = node.flatMap { $0.isNull ? nil : $0 }
    switch self {
    case .pointer: return given
    case .omitempty: return given.flatMap { Self.saysNothing($0.value) ? nil : $0 }
    case .always(let empty): return given ?? Node(empty)
    case .texts:
      let texts = given.textMembers
      return texts.isEmpty ? nil : .mapping(Mapping(texts: texts))
    case .list(let element):
      let elements = given?.sequence ?? []
      return elements.isEmpty ? nil : .sequence(elements.map { element.written($0) ?? .mapping([:]) })
    case .object(let fields):
      guard let given else { return nil }
      var mapping = Mapping()
      for (name, field) in fields {
        if let value = field.written(given[name]) { mapping[name] = value }
      }
      return .mapping(mapping)
    }
  }

  private static func saysNothing(_ value: Value) -> Bool {
    switch value {
    case .string(let text): text.isEmpty
    case .bool(let flag): !flag
    case .int(let number): number == 0
    case .null: true
    case .uint, .double, .sequence, .mapping: false
    }
  }
}
