import Manifest

/// Reads a file of `configurations`.
enum ConfigurationReader {
  private static let known = [
    "namePrefix", "nameSuffix", "namespace", "commonLabels", "labels", "templateLabels", "commonAnnotations",
    "nameReference", "varReference", "images", "replicas",
  ]

  static func read(_ node: Node, _ problems: inout ProblemList) throws -> TransformerConfiguration {
    let fields = FieldReader(node, as: "a transformer configuration", known: known, in: &problems)
    func specs(_ name: String) -> [FieldSpec] {
      fields.list(name, in: &problems).map { KustomizationDecoder.fieldSpec($0, &problems) }
    }
    var result = TransformerConfiguration()
    result.namePrefix = specs("namePrefix")
    result.nameSuffix = specs("nameSuffix")
    result.namespace = specs("namespace")
    result.commonLabels = specs("commonLabels")
    result.labels = specs("labels")
    result.templateLabels = specs("templateLabels")
    result.commonAnnotations = specs("commonAnnotations")
    result.images = specs("images")
    result.replicas = specs("replicas")
    result.variableReferences = specs("varReference")
    for node in fields.list("nameReference", in: &problems) {
      let reference = FieldReader(
        node, as: "an entry of 'nameReference'", known: ["group", "version", "kind", "fieldSpecs"], in: &problems)
      try result.add(
        TransformerConfiguration.NameReference(
          target: KustomizationDecoder.kindSelector(reference, &problems),
          referrers: reference.list("fieldSpecs", in: &problems).map { KustomizationDecoder.fieldSpec($0, &problems) }))
    }
    return result
  }
}

extension Build {
  /// Merges the defaults and what a layer configures into what its bases brought.
  mutating func mergeConfiguration(of layer: Layer, into result: inout Accumulation) throws {
    var configuration = TransformerConfiguration.standard
    for entry in layer.kustomization.configurations {
      let (path, content) = try loader.read(entry.value, from: layer.directory, at: layer.location(entry.mark))
      var problems = ProblemList(file: loader.display(path), isLenient: true, ignoresUnknown: false)
      let node = try loader.settings(content, path) ?? .null
      let custom = try ConfigurationReader.read(node, &problems)
      if !problems.isEmpty { throw Diagnostics(problems.all).adding([layer.chain(from: entry.mark)[0]]) }
      configuration = try configuration.merging(custom)
    }
    for entry in layer.kustomization.crds {
      let (path, content) = try loader.read(entry.value, from: layer.directory, at: layer.location(entry.mark))
      guard let node = try loader.settings(content, path) else { continue }
      let fields: CustomResourceFields
      do {
        fields = try CustomResourceFields(node, file: loader.display(path))
      } catch {
        throw Diagnostics(error).adding([layer.chain(from: entry.mark)[0]])
      }
      configuration = try configuration.merging(fields.configuration())
    }
    if result.configuration == nil && configuration.isDefault {
      result.configuration = configuration
    } else {
      // Merging into nothing matters: a spec for one kind then hides the default for all kinds.
      result.configuration = try (result.configuration ?? TransformerConfiguration()).merging(configuration)
    }
  }

  /// Takes a layer's `openapi` file as the schema to merge by.
  mutating func loadOpenAPI(of layer: Layer) throws {
    let openAPI = layer.kustomization.openAPI
    if let version = openAPI["version"] {
      if openAPI["path"] != nil {
        throw Diagnostic(
          "kustomize.invalid-field", "'openapi' has either 'path' or 'version', not both",
          at: layer.location(version.mark))
      }
      if version.value != "v1.21.2" && version.value != "v1212" && !version.value.isEmpty {
        throw Diagnostic(
          "kustomize.invalid-field", "there is no built-in openapi version '\(version.value)'",
          at: layer.location(version.mark), help: "the only one is v1.21.2")
      }
    }
    if openAPI["version"]?.value.isEmpty == false { schema.keepBuiltIn() }
    guard let path = openAPI["path"] else { return }
    let (file, content) = try loader.read(path.value, from: layer.directory, at: layer.location(path.mark))
    guard let node = try loader.settings(content, file) else { return }
    schema.replace(by: MergeSchema(openAPI: node))
  }
}
