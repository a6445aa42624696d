import Manifest

/// Reads a kustomization file's tree.
enum KustomizationDecoder {
  private static let known = [
    "apiVersion", "kind", "metadata", "resources", "components", "bases", "crds", "openapi", "configurations",
    "namePrefix", "nameSuffix", "namespace", "labels", "commonLabels", "commonAnnotations", "patches",
    "patchesStrategicMerge", "patchesJson6902", "images", "imageTags", "replicas", "replacements", "vars",
    "configMapGenerator", "secretGenerator", "generatorOptions", "helmGlobals", "helmCharts",
    "helmChartInflationGenerator", "generators", "transformers", "validators", "sortOptions", "buildMetadata",
  ]

  /// Old fields and what to write instead.
  private static let deprecated = [
    ("bases", "resources"), ("imageTags", "images"), ("commonLabels", "labels"), ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"), ("vars", "replacements"), ("helmChartInflationGenerator", "helmCharts"),
  ]

  /// - Throws: ``Diagnostics`` with all that is wrong in the file.
  static func decode(
    _ node: Node, file: String, warnings: inout [Diagnostic]
  ) throws(Diagnostics) -> Kustomization {
    var problems = ProblemList(file: file)
    let fields = FieldReader(node, as: "a kustomization", known: known, in: &problems)
    var result = Kustomization()
    result.mark = node.mark
    readHeader(fields, into: &result, &problems)
    readNames(fields, into: &result, &problems)
    readChanges(fields, into: &result, &problems)
    readGenerators(fields, into: &result, &problems)
    if problems.isEmpty && fields.isEmpty(beside: ["apiVersion", "kind"]) {
      problems.add(
        "the kustomization says nothing beside its kind", at: node.mark, code: "kustomize.empty-kustomization",
        help: "an empty list is enough: 'resources: []'")
    }
    if !problems.isEmpty { throw Diagnostics(problems.all) }
    for (old, new) in deprecated where fields.node(old) != nil {
      warnings.append(
        Diagnostic(
          "kustomize.deprecated-field", severity: .warning, "'\(old)' is deprecated",
          at: SourceLocation(file: file, mark: fields.mark(old)), help: "write '\(new)' instead"))
    }
    return result
  }

  private static func readHeader(
    _ fields: FieldReader, into result: inout Kustomization, _ problems: inout ProblemList
  ) {
    let kind = fields.string("kind", in: &problems)
    let apiVersion = fields.string("apiVersion", in: &problems)
    guard let known = Kustomization.Kind(rawValue: kind.isEmpty ? "Kustomization" : kind) else {
      problems.add("kind must be 'Kustomization' or 'Component', not '\(kind)'", at: fields.mark("kind"))
      return
    }
    result.kind = known
    let wanted = "kustomize.config.k8s.io/" + (known == .component ? "v1alpha1" : "v1beta1")
    if !apiVersion.isEmpty && apiVersion != wanted {
      problems.add(
        "apiVersion of a \(known.rawValue) must be '\(wanted)', not '\(apiVersion)'", at: fields.mark("apiVersion"))
    }
  }

  private static func readNames(
    _ fields: FieldReader, into result: inout Kustomization, _ problems: inout ProblemList
  ) {
    // Kustomize passes over what is null or empty here.
    func plugins(_ name: String) -> [Located<String>] {
      fields.texts(name, in: &problems).filter { !$0.value.isEmpty }
    }
    result.resources = fields.texts("resources", in: &problems) + fields.texts("bases", in: &problems)
    result.components = fields.texts("components", in: &problems)
    result.crds = fields.texts("crds", in: &problems)
    result.configurations = fields.texts("configurations", in: &problems)
    result.generators = plugins("generators")
    result.transformers = plugins("transformers")
    result.validators = plugins("validators")
    result.buildMetadata = fields.texts("buildMetadata", in: &problems).map(\.value)
    result.openAPI = fields.locatedTexts("openapi", in: &problems)
    if let metadata = fields.node("metadata") { check(metadata: metadata, &problems) }
    result.namePrefix = fields.text("namePrefix", in: &problems) ?? Located("")
    result.nameSuffix = fields.text("nameSuffix", in: &problems) ?? Located("")
    result.namespace = fields.text("namespace", in: &problems) ?? Located("")
  }

  /// What a kustomization says of itself has no effect, but must be well formed.
  private static func check(metadata: Node, _ problems: inout ProblemList) {
    let fields = FieldReader(
      metadata, as: "'metadata'", known: ["name", "namespace", "labels", "annotations"], in: &problems)
    for name in ["name", "namespace"] { _ = fields.text(name, in: &problems) }
    for name in ["labels", "annotations"] { _ = fields.textMap(name, in: &problems) }
  }

  private static func readChanges(
    _ fields: FieldReader, into result: inout Kustomization, _ problems: inout ProblemList
  ) {
    result.labels = fields.list("labels", in: &problems).map { label($0, &problems) }
    result.commonLabels = fields.textMap("commonLabels", in: &problems)
    result.commonAnnotations = fields.textMap("commonAnnotations", in: &problems)
    result.patches = fields.list("patches", in: &problems).map { patch($0, "patches", &problems) }
    result.patchesStrategicMerge = fields.texts("patchesStrategicMerge", in: &problems)
    result.patchesJSON6902 = fields.list("patchesJson6902", in: &problems).map {
      patch($0, "patchesJson6902", &problems)
    }
    result.images = (fields.list("images", in: &problems) + fields.list("imageTags", in: &problems)).map {
      image($0, &problems)
    }
    result.replicas = fields.list("replicas", in: &problems).map { replica($0, &problems) }
    result.replacements = fields.list("replacements", in: &problems).map { replacementEntry($0, &problems) }
    result.variables = fields.list("vars", in: &problems).map { variable($0, &problems) }
    result.sortOptions = fields.node("sortOptions").map { sortOptions($0, &problems) }
  }

  private static func readGenerators(
    _ fields: FieldReader, into result: inout Kustomization, _ problems: inout ProblemList
  ) {
    result.configMapGenerators = fields.list("configMapGenerator", in: &problems).map {
      generator($0, isSecret: false, &problems)
    }
    result.secretGenerators = fields.list("secretGenerator", in: &problems).map {
      generator($0, isSecret: true, &problems)
    }
    result.generatorOptions = fields.node("generatorOptions").map { generatorOptions($0, &problems) }
    readCharts(fields, into: &result, &problems)
  }
}
