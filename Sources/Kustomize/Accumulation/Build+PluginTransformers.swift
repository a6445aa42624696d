import Manifest

extension Build {
  /// What an object of `transformers` does.
  mutating func transformerSteps(_ plugin: PluginConfiguration) throws -> [TransformerStep] {
    if plugin.isGenerator {
      throw Diagnostic(
        "kustomize.unknown-plugin", "\(plugin.kind) is a generator, not a transformer", at: plugin.origin)
    }
    var problems = ProblemList(file: plugin.origin.file, isLenient: true)
    let fields = FieldReader(
      plugin.node, as: "a \(plugin.kind)",
      known: [
        "annotations", "labels", "fieldSpecs", "prefix", "suffix", "imageTag", "replica", "path", "patch", "target",
        "options", "paths", "patches", "jsonOp", "replacements", "value", "targets", "targetFilePath", "unsetOnly",
        "setRoleBindingSubjects",
      ], in: &problems)
    let specs = fields.list("fieldSpecs", in: &problems).map { KustomizationDecoder.fieldSpec($0, &problems) }
    let steps = try steps(plugin, fields, specs, &problems)
    if !problems.isEmpty { throw Diagnostics(problems.all) }
    return steps
  }

  private mutating func steps(
    _ plugin: PluginConfiguration, _ fields: FieldReader, _ specs: [FieldSpec], _ problems: inout ProblemList
  ) throws -> [TransformerStep] {
    func step(_ run: @escaping (inout ResourceSet, inout Build) throws -> Void) -> [TransformerStep] {
      [TransformerStep(kind: plugin.kind, run: run)]
    }
    switch plugin.kind {
    case "AnnotationsTransformer", "LabelTransformer":
      let pairs = fields.textMap(plugin.kind == "LabelTransformer" ? "labels" : "annotations", in: &problems)
      let transformer = PairsTransformer(pairs: pairs, fields: specs)
      return step { set, _ in try transformer.apply(to: &set) }
    case "NamespaceTransformer":
      let transformer = try namespaceTransformer(plugin, fields, specs, &problems)
      return step { set, _ in try transformer.apply(to: &set) }
    case "PrefixTransformer", "SuffixTransformer", "PrefixSuffixTransformer":
      return try affixSteps(plugin, fields, specs, &problems)
    case "ImageTagTransformer":
      let change = fields.node("imageTag").map { KustomizationDecoder.image($0, &problems) } ?? ImageChange()
      let transformer = ImageTransformer(change, fields: specs)
      return step { set, _ in try transformer.apply(to: &set) }
    case "ReplicaCountTransformer":
      let change = fields.node("replica").map { KustomizationDecoder.replica($0, &problems) } ?? ReplicaChange()
      let transformer = ReplicaTransformer(change: change, fields: specs, location: plugin.origin)
      return step { set, _ in try transformer.apply(to: &set) }
    case "PatchTransformer", "PatchStrategicMergeTransformer", "PatchJson6902Transformer":
      return try patchSteps(plugin, fields, &problems)
    case "ReplacementTransformer":
      let entries = fields.list("replacements", in: &problems).map {
        KustomizationDecoder.replacementEntry($0, &problems)
      }
      return [try replacementStep(entries, of: layer(of: plugin))]
    case "ValueAddTransformer":
      let transformer = try valueTransformer(plugin, fields, &problems)
      return step { set, _ in try transformer.apply(to: &set) }
    case "HashTransformer":
      return step { set, _ in
        for position in set.indices where set[position].needsHash {
          set.update(position) { resource in
            let hash = NameHash.suffix(for: resource)
            resource.storePreviousID()
            resource.setName(resource.name + "-" + hash)
          }
        }
      }
    default:
      throw Diagnostic(
        "kustomize.unknown-plugin", "there is no built-in transformer '\(plugin.kind)'", at: plugin.origin)
    }
  }

  /// The layer, with places in the plugin's own file.
  private func layer(of plugin: PluginConfiguration) -> Layer {
    Layer(
      kustomization: plugin.layer.kustomization, directory: plugin.layer.directory, file: plugin.origin.file,
      path: plugin.layer.path, chain: plugin.layer.chain)
  }

  private func namespaceTransformer(
    _ plugin: PluginConfiguration, _ fields: FieldReader, _ specs: [FieldSpec], _ problems: inout ProblemList
  ) throws(Diagnostic) -> NamespaceTransformer {
    let mode = fields.string("setRoleBindingSubjects", in: &problems)
    guard let subjects = NamespaceTransformer.Subjects(rawValue: mode.isEmpty ? "defaultOnly" : mode) else {
      throw Diagnostic(
        "kustomize.invalid-field",
        "'setRoleBindingSubjects' must be 'defaultOnly', 'allServiceAccounts' or 'none', not '\(mode)'",
        at: plugin.origin)
    }
    return NamespaceTransformer(
      namespace: plugin.node["metadata"]?["namespace"]?.scalarText ?? "", fields: specs,
      unsetOnly: fields.flag("unsetOnly", in: &problems), subjects: subjects)
  }

  private func affixSteps(
    _ plugin: PluginConfiguration, _ fields: FieldReader, _ specs: [FieldSpec], _ problems: inout ProblemList
  ) throws(Diagnostic) -> [TransformerStep] {
    guard fields.node("fieldSpecs") != nil else {
      throw Diagnostic("kustomize.invalid-field", "a \(plugin.kind) needs 'fieldSpecs'", at: plugin.origin)
    }
    var steps: [TransformerStep] = []
    for (side, name) in [(NameAffixTransformer.Side.prefix, "prefix"), (.suffix, "suffix")] {
      let text = fields.string(name, in: &problems)
      let isOther = side == .prefix ? plugin.kind == "SuffixTransformer" : plugin.kind == "PrefixTransformer"
      if isOther { continue }
      let transformer = NameAffixTransformer(side: side, text: text, fields: specs)
      steps.append(TransformerStep(kind: plugin.kind) { set, _ in try transformer.apply(to: &set) })
    }
    return steps
  }

  private mutating func patchSteps(
    _ plugin: PluginConfiguration, _ fields: FieldReader, _ problems: inout ProblemList
  ) throws -> [TransformerStep] {
    let layer = layer(of: plugin)
    var entry = PatchEntry(
      path: fields.text("path", in: &problems), patch: fields.text("patch", in: &problems), mark: plugin.origin.mark)
    entry.target = fields.node("target").map { KustomizationDecoder.target($0, &problems) }
    switch plugin.kind {
    case "PatchTransformer":
      entry.allowNameChange = fields.node("options")?["allowNameChange"]?.bool ?? false
      entry.allowKindChange = fields.node("options")?["allowKindChange"]?.bool ?? false
      return [try patchStep(entry, of: layer)]
    case "PatchJson6902Transformer":
      entry.patch = fields.text("jsonOp", in: &problems)
      return [try operationsStep(entry, of: layer)]
    default:
      var entries = fields.texts("paths", in: &problems)
      if let inline = fields.text("patches", in: &problems), !inline.value.isEmpty { entries.append(inline) }
      if entries.isEmpty {
        throw Diagnostic("kustomize.empty-patch", "a \(plugin.kind) needs 'paths' or 'patches'", at: plugin.origin)
      }
      return [mergeStep(try entries.map { try strategicMergePatch($0, of: layer) })]
    }
  }

  private mutating func valueTransformer(
    _ plugin: PluginConfiguration, _ fields: FieldReader, _ problems: inout ProblemList
  ) throws -> ValueTransformer {
    var value = fields.string("value", in: &problems).trimmingSpace
    if value.isEmpty { value = plugin.layer.directory.name }
    var nodes = fields.list("targets", in: &problems)
    if let path = fields.text("targetFilePath", in: &problems), !path.value.isEmpty {
      let (file, content) = try loader.read(path.value, from: plugin.layer.directory, at: plugin.origin)
      nodes += try loader.settings(content, file)?["targets"]?.sequence ?? []
    }
    let targets = nodes.map { node in
      let target = FieldReader(
        node, as: "a target", known: ["selector", "fieldPath", "filePathPosition"], in: &problems)
      return ValueTransformer.Target(
        selector: target.node("selector").map { KustomizationDecoder.target($0, &problems) },
        fieldPath: target.string("fieldPath", in: &problems),
        filePathPosition: Int(clamping: target.integer("filePathPosition", in: &problems) ?? 0))
    }
    if targets.isEmpty || targets.contains(where: { $0.fieldPath.isEmpty || $0.filePathPosition < 0 }) {
      throw Diagnostic(
        "kustomize.invalid-field", "a ValueAddTransformer needs targets with a 'fieldPath' and no negative position",
        at: plugin.origin)
    }
    return ValueTransformer(value: value, targets: targets)
  }
}
