import Manifest

/// A transformer or generator that is written as an object of its own, in a file or inline.
struct PluginConfiguration {
  let node: Node
  let kind: String
  let name: String
  let provenance: Provenance?
  /// The layer whose files it names.
  let layer: Layer
  let origin: SourceLocation

  private static let generators: Set<String> = [
    "ConfigMapGenerator", "SecretGenerator", "IAMPolicyGenerator", "HelmChartInflationGenerator",
  ]

  var isGenerator: Bool { Self.generators.contains(kind) }
}

extension Build {
  // MARK: Reading

  /// The objects that `generators`, `transformers` or `validators` name.
  private mutating func plugins(
    _ entries: [Located<String>], of layer: Layer, _ provenance: Provenance?
  ) throws -> [PluginConfiguration] {
    var inline: [Resource] = []
    var paths: [Located<String>] = []
    for entry in entries {
      let nodes = try? YAML.parse(Array(entry.value.utf8), options: YAML.Options(schema: .kustomize))
      let documents = try? ResourceDocument.documents(of: nodes ?? [], file: layer.file)
      guard let documents, !documents.isEmpty else {
        paths.append(entry)
        continue
      }
      let name = layer.file.split(separator: "/").last.map(String.init) ?? layer.file
      for document in documents {
        var resource = makeResource(document.root, origin: layer.location(entry.mark))
        resource.provenance = provenance?.appending(name)
        inline.append(resource)
      }
    }
    var result = Accumulation()
    for resource in inline { try result.resources.append(resource) }
    var problems: [Diagnostic] = []
    accumulateResources(paths, of: layer, into: &result, provenance, &problems)
    if !problems.isEmpty { throw Diagnostics(problems) }
    return try result.resources.resources.map { try plugin($0, layer, provenance) }
  }

  private func plugin(
    _ resource: Resource, _ layer: Layer, _ provenance: Provenance?
  ) throws(Diagnostic) -> PluginConfiguration {
    let annotations = resource.texts(of: "annotations")
    let isFunction = annotations["config.kubernetes.io/function"] != nil || annotations["config.k8s.io/function"] != nil
    guard resource.mapping["apiVersion"]?.scalarText == "builtin", !isFunction else {
      throw Diagnostic(
        "kustomize.plugin-refused",
        "\(resource.id) is not built in: functions and plugins that run programs are refused",
        at: resource.origin, help: "use a built-in transformer ('apiVersion: builtin'), or render with it beforehand")
    }
    var origin = provenance
    if let place = resource.provenance, provenance != nil {
      let id: Mapping = [
        "apiVersion": .string("builtin"), "kind": .string(resource.gvk.kind), "name": .string(resource.name),
      ]
      origin = Provenance(configuredIn: place.path, configuredBy: id)
      if !resource.namespace.isEmpty { origin?.configuredBy?["namespace"] = .string(resource.namespace) }
    }
    return PluginConfiguration(
      node: resource.root, kind: resource.gvk.kind, name: resource.name, provenance: origin, layer: layer,
      origin: resource.origin)
  }

  mutating func externalTransformers(of layer: Layer, _ provenance: Provenance?) throws -> [TransformerStep] {
    try steps(layer.kustomization.transformers, of: layer, provenance)
  }

  private mutating func steps(
    _ entries: [Located<String>], of layer: Layer, _ provenance: Provenance?
  ) throws -> [TransformerStep] {
    var steps: [TransformerStep] = []
    for plugin in try plugins(entries, of: layer, provenance) {
      var made = try transformerSteps(plugin)
      for position in made.indices { made[position].provenance = plugin.provenance }
      steps += made
    }
    return steps
  }

  /// A validator may change nothing but one label.
  mutating func validate(_ result: inout Accumulation, by layer: Layer, _ problems: inout [Diagnostic]) {
    guard !layer.kustomization.validators.isEmpty else { return }
    collect(&problems, layer) { build throws in
      for step in try build.steps(layer.kustomization.validators, of: layer, nil) {
        let before = result.resources.resources.map(\.root)
        try step.run(&result.resources, &build)
        if result.resources.resources.map(Self.withoutValidation) != before {
          throw Diagnostic(
            "kustomize.validator-changed", "a validator may not change resources",
            at: layer.location(layer.kustomization.validators[0].mark))
        }
      }
    }
  }

  /// The tree without the label that a validator may set; nil when kustomize would see another change: to take the label
  /// away it writes the labels anew, which loses the places of those that were read from a file.
  private static func withoutValidation(_ resource: Resource) -> Node? {
    var root = resource.root
    guard root["metadata"]?["labels"]?["validated-by"] != nil else { return root }
    root["metadata"]?["labels"]?["validated-by"] = nil
    let labels = root["metadata"]?["labels"]?.mapping ?? Mapping()
    if labels.members.contains(where: { $0.value.mark.isKnown }) { return nil }
    if labels.isEmpty { root["metadata"]?["labels"] = nil }
    return root
  }

  // MARK: Generators

  mutating func externalGenerators(of layer: Layer, _ provenance: Provenance?) throws -> [Resource] {
    var resources: [Resource] = []
    for plugin in try plugins(layer.kustomization.generators, of: layer, provenance) {
      var problems = ProblemList(file: plugin.origin.file, isLenient: true)
      var resource: Resource
      if plugin.kind == "HelmChartInflationGenerator" {
        resources += try inflated(plugin, &problems)
        continue
      }
      switch plugin.kind {
      case "ConfigMapGenerator", "SecretGenerator": resource = try generated(plugin, &problems)
      case "IAMPolicyGenerator": resource = serviceAccount(plugin, &problems)
      default: throw Self.unknown(plugin, isGenerator: true)
      }
      if !problems.isEmpty { throw Diagnostics(problems.all) }
      resource.provenance = plugin.provenance
      resources.append(resource)
    }
    return resources
  }

  private mutating func generated(_ plugin: PluginConfiguration, _ problems: inout ProblemList) throws -> Resource {
    let fields = FieldReader(
      plugin.node, as: "a \(plugin.kind)",
      known: ["name", "namespace", "behavior", "literals", "files", "envs", "env", "options", "type"],
      in: &problems)
    var arguments = KustomizationDecoder.generator(fields, &problems)
    if arguments.name.isEmpty { arguments.name = plugin.name }
    if arguments.namespace.isEmpty { arguments.namespace = plugin.node["metadata"]?["namespace"]?.scalarText ?? "" }
    return try DataGenerator(
      kind: plugin.kind == "SecretGenerator" ? .secret : .configMap, arguments: arguments,
      directory: plugin.layer.directory, file: plugin.origin.file
    ).resource(&loader)
  }

  private mutating func inflated(_ plugin: PluginConfiguration, _ problems: inout ProblemList) throws -> [Resource] {
    let fields = FieldReader(
      plugin.node, as: "a \(plugin.kind)", known: KustomizationDecoder.chartFields + ["chartHome", "configHome"],
      in: &problems)
    let entry = KustomizationDecoder.chart(fields, &problems)
    let home = fields.text("chartHome", in: &problems) ?? Located("")
    if !problems.isEmpty { throw Diagnostics(problems.all) }
    return try inflate(entry, home: home, of: plugin.layer).map { resource in
      var resource = resource
      resource.provenance = plugin.provenance
      return resource
    }
  }

  private func serviceAccount(_ plugin: PluginConfiguration, _ problems: inout ProblemList) -> Resource {
    func text(_ group: String, _ key: String) -> String { plugin.node[group]?[key]?.scalarText ?? "" }
    let account = "\(text("serviceAccount", "name"))@\(text("serviceAccount", "projectId")).iam.gserviceaccount.com"
    var metadata: Mapping = [
      "annotations": .mapping(["iam.gke.io/gcp-service-account": .string(account)]),
      "name": .string(text("kubernetesService", "name")),
    ]
    let namespace = text("kubernetesService", "namespace")
    if !namespace.isEmpty { metadata["namespace"] = .string(namespace) }
    return Resource(
      ["apiVersion": .string("v1"), "kind": .string("ServiceAccount"), "metadata": .mapping(metadata)],
      origin: plugin.origin)
  }

  fileprivate static func unknown(_ plugin: PluginConfiguration, isGenerator: Bool) -> Diagnostic {
    return Diagnostic(
      "kustomize.unknown-plugin", "there is no built-in \(isGenerator ? "generator" : "transformer") '\(plugin.kind)'",
      at: plugin.origin)
  }
}
