package import Manifest
import Templating

/// A template for Applications and the generators that fill it: Argo CD's `ApplicationSet`, parsed once.
package struct ApplicationSet: Sendable, Equatable {
  /// What happens to Applications that exist (`spec.syncPolicy.applicationsSync`).
  package enum Policy: String, Sendable {
    case createOnly = "create-only"
    case createUpdate = "create-update"
    case createDelete = "create-delete"
    case sync

    package var updates: Bool { self == .createUpdate || self == .sync }
    package var deletes: Bool { self == .createDelete || self == .sync }
  }

  package struct PreservedFields: Sendable, Equatable {
    package var annotations: [String]
    package var labels: [String]
  }

  /// Fields of generated Applications that users may change by hand.
  package struct IgnoredDifference: Sendable, Equatable {
    /// The Application's name; empty for all.
    package var name: String
    package var jsonPointers: [String]
    package var jqPathExpressions: [String]
  }

  package static let kind = "ApplicationSet"
  /// With `"true"`, numbers that are written as integers are integers in templates: 1000000 prints 1000000, and not 1e+06.
  package static let integersAnnotation = "muster.dev/integers"

  package var name: String
  package var namespace: String
  package var labels: [String: String]
  package var annotations: [String: String]
  package var finalizers: [String]
  /// Whether templates are Go templates; `{{param}}` ones otherwise.
  package var goTemplate: Bool
  package var goTemplateOptions: [Node]
  package var generators: [Generator.Entry]
  /// `metadata` and `spec`, every text of which is a template.
  package var template: Node
  /// Rendered and laid over each Application; nil for none.
  package var templatePatch: Node?
  /// Whether deleting an Application of this set leaves what it applied.
  package var preserveResourcesOnDeletion: Bool
  package var policy: Policy
  /// `spec.strategy`, for the rollout; nil means all at once.
  package var strategy: Node?
  package var preservedFields: PreservedFields
  package var ignoreApplicationDifferences: [IgnoredDifference]
  package var root: Mapping
  package var origin: SourceLocation

  /// Reads a manifest strictly: wrong types and unknown fields are errors with their place.
  package static func read(_ node: Node, file: String) -> Reading<ApplicationSet> {
    var node = node
    var check = ShapeCheck(file: file)
    check.check(&node, .applicationSet)
    var rules = ApplicationSetRules(file: file)
    rules.check(node)
    return Reading(check.diagnostics + rules.diagnostics) {
      ApplicationSet(node, origin: SourceLocation(file: file, mark: node.mark))
    }
  }

  private init(_ node: Node, origin: SourceLocation) {
    let metadata = node["metadata"] ?? .null
    let spec = node["spec"] ?? .null
    name = metadata["name"]?.string ?? ""
    namespace = metadata["namespace"]?.string ?? ""
    labels = metadata["labels"].textMembers
    annotations = metadata["annotations"].textMembers
    finalizers = metadata["finalizers"].texts
    goTemplate = spec["goTemplate"]?.bool ?? false
    goTemplateOptions = spec["goTemplateOptions"]?.sequence ?? []
    generators = (spec["generators"]?.sequence ?? []).map(Generator.entry)
    template = spec["template"] ?? .null
    templatePatch = spec["templatePatch"].flatMap { $0.string?.isEmpty ?? true ? nil : $0 }
    let syncPolicy = spec["syncPolicy"]
    preserveResourcesOnDeletion = syncPolicy?["preserveResourcesOnDeletion"]?.bool ?? false
    policy = syncPolicy?["applicationsSync"]?.string.flatMap(Policy.init(rawValue:)) ?? .sync
    strategy = spec["strategy"].flatMap { $0.isNull ? nil : $0 }
    preservedFields = PreservedFields(
      annotations: spec["preservedFields"]?["annotations"].texts ?? [],
      labels: spec["preservedFields"]?["labels"].texts ?? [])
    ignoreApplicationDifferences = (spec["ignoreApplicationDifferences"]?.sequence ?? []).map {
      IgnoredDifference(
        name: $0["name"]?.string ?? "", jsonPointers: $0["jsonPointers"].texts,
        jqPathExpressions: $0["jqPathExpressions"].texts)
    }
    root = node.mapping ?? Mapping()
    self.origin = origin
  }
}

extension ApplicationSet {
  /// What its templates take numbers for.
  var numbers: Numbers { annotations[Self.integersAnnotation] == "true" ? .asWritten : .floats }
}
