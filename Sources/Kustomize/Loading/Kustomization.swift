import Manifest

/// A value and where it is written.
struct Located<Value: Sendable>: Sendable {
  var value: Value
  var mark: SourceMark
  /// Of a text: the line on which its content begins, which for a block scalar is the next one.
  var firstLine: UInt32

  init(_ value: Value, _ mark: SourceMark = .none, style: Node.Style = .plain) {
    self.value = value
    self.mark = mark
    firstLine = style == .literal || style == .folded ? mark.line + 1 : mark.line
  }
}

/// A kustomization file, as it was written: field names resolved, old fields moved to their new places.
struct Kustomization: Sendable {
  enum Kind: String, Sendable { case kustomization = "Kustomization", component = "Component" }

  static let fileNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"]

  var kind = Kind.kustomization
  var resources: [Located<String>] = []
  var components: [Located<String>] = []
  var crds: [Located<String>] = []
  var openAPI: [String: Located<String>] = [:]
  var configurations: [Located<String>] = []
  var namePrefix = Located("")
  var nameSuffix = Located("")
  var namespace = Located("")
  var labels: [LabelEntry] = []
  var commonLabels: [String: String] = [:]
  var commonAnnotations: [String: String] = [:]
  var patches: [PatchEntry] = []
  var patchesStrategicMerge: [Located<String>] = []
  var patchesJSON6902: [PatchEntry] = []
  var images: [ImageChange] = []
  var replicas: [ReplicaChange] = []
  var replacements: [ReplacementEntry] = []
  var variables: [Variable] = []
  var configMapGenerators: [GeneratorArguments] = []
  var secretGenerators: [GeneratorArguments] = []
  var generatorOptions: GeneratorOptions?
  var generators: [Located<String>] = []
  var transformers: [Located<String>] = []
  var validators: [Located<String>] = []
  var sortOptions: SortOptions?
  var buildMetadata: [String] = []
  var charts: [ChartEntry] = []
  /// `helmGlobals.chartHome`; empty for the usual one.
  var chartHome = Located("")
  var mark = SourceMark.none
}

struct LabelEntry: Sendable {
  var pairs: [String: String] = [:]
  var includeSelectors = false
  var includeTemplates = false
  var fields: [FieldSpec] = []
  var mark = SourceMark.none
}

struct PatchEntry: Sendable {
  var path: Located<String>?
  var patch: Located<String>?
  var target: TargetSelector?
  var allowNameChange = false
  var allowKindChange = false
  var mark = SourceMark.none
}

struct ImageChange: Sendable {
  var name = ""
  var newName = ""
  var newTag = ""
  var tagSuffix = ""
  var digest = ""
  var mark = SourceMark.none
}

struct ReplicaChange: Sendable {
  var name = ""
  var count: Int64 = 0
  var mark = SourceMark.none
}

struct ReplacementEntry: Sendable {
  var path: Located<String>?
  var replacement: Replacement?
  var mark = SourceMark.none
}

struct Replacement: Sendable {
  struct Source: Sendable {
    var kind = KindSelector()
    var name = ""
    var namespace = ""
    var fieldPath = ""
    var options = Options()
    var mark = SourceMark.none
  }

  struct Options: Sendable {
    var delimiter = ""
    var index = 0
    var creates = false
  }

  struct Target: Sendable {
    var select: TargetSelector?
    var reject: [TargetSelector] = []
    var fieldPaths: [Located<String>] = []
    var options = Options()
    var mark = SourceMark.none
  }

  var source: Source?
  var targets: [Target]?
  /// The file it is written in, as users know it.
  var file = ""
  var mark = SourceMark.none
}

struct Variable: Sendable {
  var name = ""
  var kind = KindSelector()
  var objectName = ""
  var objectNamespace = ""
  var fieldPath = "metadata.name"
  var location: SourceLocation
}

struct GeneratorArguments: Sendable {
  var name = ""
  var namespace = ""
  var behavior = ""
  /// Of a Secret.
  var type = ""
  var literals: [Located<String>] = []
  var files: [Located<String>] = []
  var envs: [Located<String>] = []
  var options: GeneratorOptions?
  var mark = SourceMark.none
}

struct GeneratorOptions: Sendable {
  var labels: [String: String] = [:]
  var annotations: [String: String] = [:]
  var disableNameSuffixHash = false
  var immutable = false

  /// With what `others` says filled in where this one says nothing; flags add up.
  func filled(from others: GeneratorOptions?) -> GeneratorOptions {
    guard let others else { return self }
    var result = self
    result.labels.merge(others.labels) { own, _ in own }
    result.annotations.merge(others.annotations) { own, _ in own }
    result.disableNameSuffixHash = disableNameSuffixHash || others.disableNameSuffixHash
    result.immutable = immutable || others.immutable
    return result
  }
}

struct SortOptions: Sendable {
  var order = ""
  var orderFirst: [String]?
  var orderLast: [String]?
  var hasLegacyOptions = false
  var location: SourceLocation
}
