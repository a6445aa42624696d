import Manifest

/// One transformer of a layer, ready to run.
struct TransformerStep {
  /// Its kind, as `buildMetadata` names it.
  var kind: String
  var provenance: Provenance?
  /// The patches that it applies; nil for what goes through all resources.
  var patches: [Patch]?
  /// Drops resources or changes them in place.
  var run: (inout ResourceSet, inout Build) throws -> Void
}

extension Build {
  /// Runs the transformers of a layer on everything gathered so far, in kustomize's fixed order.
  mutating func transform(
    _ result: inout Accumulation, by layer: Layer, _ provenance: Provenance?, _ problems: inout [Diagnostic]
  ) {
    let configuration = result.configuration ?? .standard
    var steps: [TransformerStep] = []
    collect(&problems, layer) { build throws in steps = try build.mergePatches(of: layer) }
    for entry in layer.kustomization.patches {
      collect(&problems, layer) { build throws in steps.append(try build.patchStep(entry, of: layer)) }
    }
    collect(&problems, layer) { build throws in
      steps += try Self.renaming(layer.kustomization, configuration)
      steps += try Self.labelling(layer.kustomization, configuration)
      steps += try build.operations(of: layer)
      steps += Self.counting(layer, configuration)
      steps += try build.replacing(layer)
    }
    for position in steps.indices {
      steps[position].provenance = provenance?.configured(in: layer, by: steps[position].kind)
    }
    collect(&problems, layer) { build throws in steps += try build.externalTransformers(of: layer, provenance) }
    guard problems.isEmpty else { return }
    var doubt = Doubt()
    for step in steps {
      var found: [Diagnostic] = []
      collect(&found, layer) { build throws in
        try step.run(&result.resources, &build)
        if let provenance = step.provenance { result.resources.recordTransformation(provenance) }
      }
      // What a failed step would have changed is not as it should be: what goes wrong with it later may only follow from that.
      if found.isEmpty { continue }
      let reach = step.reach(in: result.resources)
      if doubt.covers(reach) { continue }
      problems += found
      doubt.add(reach)
    }
  }

  // MARK: Patches

  private mutating func mergePatches(of layer: Layer) throws -> [TransformerStep] {
    var patches: [Patch] = []
    for entry in layer.kustomization.patchesStrategicMerge {
      patches.append(try strategicMergePatch(entry, of: layer))
    }
    guard let first = layer.kustomization.patchesStrategicMerge.first else { return [] }
    let documents = patches.reduce(0) { count, patch in
      if case .merge(let documents) = patch.content { count + documents.count } else { count }
    }
    if documents == 0 {
      throw Diagnostic("kustomize.empty-patch", "the patches are empty", at: layer.location(first.mark))
    }
    return [mergeStep(patches)]
  }

  func mergeStep(_ patches: [Patch]) -> TransformerStep {
    TransformerStep(kind: "PatchStrategicMergeTransformer", patches: patches) { set, build in
      for patch in patches {
        let transformer = PatchTransformer(
          patch: patch, schema: build.schema.forMerge(), limits: build.loader.limits, copiesMetadata: true)
        try transformer.apply(to: &set)
      }
    }
  }

  /// An entry that is a path, or the patch itself.
  mutating func strategicMergePatch(_ entry: Located<String>, of layer: Layer) throws -> Patch {
    let location = layer.location(entry.mark)
    let nodes = try? YAML.parse(Array(entry.value.utf8), options: YAML.Options(schema: .kustomize))
    if let nodes, let inline = try? ResourceDocument.documents(of: nodes, file: layer.file), !inline.isEmpty {
      return Patch(content: .merge(inline), location: location, file: layer.file, firstLine: entry.firstLine)
    }
    let (path, content) = try loader.read(entry.value, from: layer.directory, at: location)
    let file = loader.display(path)
    do throws(Diagnostics) {
      let documents = try ResourceDocument.documents(of: loader.manifest(content, path), file: file)
      return Patch(content: .merge(documents), location: location, file: file)
    } catch {
      throw error.adding([layer.chain(from: entry.mark)[0]])
    }
  }

  mutating func patchStep(_ entry: PatchEntry, of layer: Layer) throws -> TransformerStep {
    let patch = try readPatch(entry, of: layer)
    return TransformerStep(kind: "PatchTransformer", patches: [patch]) { set, build in
      try PatchTransformer(patch: patch, schema: build.schema.forMerge(), limits: build.loader.limits).apply(to: &set)
    }
  }

  private mutating func readPatch(_ entry: PatchEntry, of layer: Layer) throws -> Patch {
    let inline = entry.patch.flatMap { $0.value.allSatisfy(\.isWhitespace) ? nil : $0 }
    let path = entry.path.flatMap { $0.value.isEmpty ? nil : $0 }
    let location = layer.location(entry.mark)
    if (inline == nil) == (path == nil) {
      throw Diagnostic(
        "kustomize.invalid-patch", "an entry of 'patches' must have either 'path' or 'patch'", at: location)
    }
    let (text, reader, nodes) = try patchText(path ?? inline ?? Located(""), isPath: path != nil, of: layer)
    return Patch(
      content: try reader.patch(nodes, text), target: entry.target, allowNameChange: entry.allowNameChange,
      allowKindChange: entry.allowKindChange, location: location, file: reader.file, firstLine: reader.firstLine)
  }

  /// The text of a patch, how to read it, and its documents.
  private mutating func patchText(
    _ entry: Located<String>, isPath: Bool, of layer: Layer
  ) throws -> ([UInt8], PatchReader, [Node]) {
    let location = layer.location(entry.mark)
    if isPath {
      let (path, content) = try loader.read(entry.value, from: layer.directory, at: location)
      let reader = PatchReader(location: location, file: loader.display(path), firstLine: 0)
      if content.bytes.first == UInt8(ascii: "[") { return (content.bytes, reader, []) }
      return (content.bytes, reader, try loader.manifest(content, path))
    }
    let bytes = Array(entry.value.trimmingSpace.utf8)
    let reader = PatchReader(location: location, file: layer.file, firstLine: entry.firstLine)
    if bytes.first == UInt8(ascii: "[") { return (bytes, reader, []) }
    do {
      return (bytes, reader, try YAML.parse(bytes, file: layer.file, options: YAML.Options(schema: .kustomize)))
    } catch {
      throw Diagnostics(error.all.map(reader.moved))
    }
  }

  private mutating func operations(of layer: Layer) throws -> [TransformerStep] {
    var steps: [TransformerStep] = []
    for entry in layer.kustomization.patchesJSON6902 { steps.append(try operationsStep(entry, of: layer)) }
    return steps
  }

  mutating func operationsStep(_ entry: PatchEntry, of layer: Layer) throws -> TransformerStep {
    let location = layer.location(entry.mark)
    guard let target = entry.target, !target.name.isEmpty else {
      throw Diagnostic(
        "kustomize.invalid-patch", "an entry of 'patchesJson6902' needs a target with a name", at: location)
    }
    let path = entry.path.flatMap { $0.value.isEmpty ? nil : $0 }
    let inline = entry.patch.flatMap { $0.value.isEmpty ? nil : $0 }
    if (inline == nil) == (path == nil) {
      throw Diagnostic(
        "kustomize.invalid-patch", "an entry of 'patchesJson6902' must have either 'path' or 'patch'", at: location)
    }
    let (text, reader, _) = try patchText(path ?? inline ?? Located(""), isPath: path != nil, of: layer)
    let operations = try reader.operations(text)
    if operations.operations.isEmpty {
      throw Diagnostic("kustomize.empty-patch", "the patch has no operations", at: location)
    }
    let patch = Patch(
      content: .operations(operations), target: target, location: location, file: reader.file,
      firstLine: reader.firstLine)
    return TransformerStep(kind: "PatchJson6902Transformer", patches: [patch]) { set, build in
      try PatchTransformer(patch: patch, schema: .empty, limits: build.loader.limits, remembersIdentity: false)
        .apply(to: &set)
    }
  }

  // MARK: Names, labels, images

  private static func renaming(
    _ kustomization: Kustomization, _ configuration: TransformerConfiguration
  ) throws -> [TransformerStep] {
    var steps: [TransformerStep] = []
    if !kustomization.namespace.value.isEmpty {
      let transformer = NamespaceTransformer(
        namespace: kustomization.namespace.value, fields: configuration.namespace)
      steps.append(TransformerStep(kind: "NamespaceTransformer") { set, _ in try transformer.apply(to: &set) })
    }
    for (side, text, fields) in [
      (NameAffixTransformer.Side.prefix, kustomization.namePrefix.value, configuration.namePrefix),
      (.suffix, kustomization.nameSuffix.value, configuration.nameSuffix),
    ] where !text.isEmpty {
      let transformer = NameAffixTransformer(side: side, text: text, fields: fields)
      steps.append(
        TransformerStep(kind: side == .prefix ? "PrefixTransformer" : "SuffixTransformer") { set, _ in
          try transformer.apply(to: &set)
        })
    }
    return steps
  }

  private static func labelling(
    _ kustomization: Kustomization, _ configuration: TransformerConfiguration
  ) throws -> [TransformerStep] {
    var steps: [TransformerStep] = []
    func add(_ kind: String, _ pairs: [String: String], _ fields: [FieldSpec]) {
      let transformer = PairsTransformer(pairs: pairs, fields: fields)
      steps.append(TransformerStep(kind: kind) { set, _ in try transformer.apply(to: &set) })
    }
    for entry in kustomization.labels {
      if let fields = configuration.standardLabels(for: entry) {
        add("LabelTransformer", entry.pairs, fields)
        continue
      }
      var fields = try entry.fields.merging(configuration.labels)
      if entry.includeSelectors {
        fields = try fields.merging(configuration.commonLabels)
      } else {
        if entry.includeTemplates { fields = try fields.merging(configuration.templateLabels) }
        fields = try fields.merging([FieldSpec("metadata/labels", creates: true)])
      }
      add("LabelTransformer", entry.pairs, fields)
    }
    if !kustomization.labels.isEmpty || !kustomization.commonLabels.isEmpty {
      add("LabelTransformer", kustomization.commonLabels, configuration.commonLabels)
    }
    if !kustomization.commonAnnotations.isEmpty {
      add("AnnotationsTransformer", kustomization.commonAnnotations, configuration.commonAnnotations)
    }
    return steps
  }

  private static func counting(
    _ layer: Layer, _ configuration: TransformerConfiguration
  ) -> [TransformerStep] {
    let replicas = layer.kustomization.replicas.map { change in
      let transformer = ReplicaTransformer(
        change: change, fields: configuration.replicas, location: layer.location(change.mark))
      return TransformerStep(kind: "ReplicaCountTransformer") { set, _ in try transformer.apply(to: &set) }
    }
    let images = layer.kustomization.images.map { change in
      let transformer = ImageTransformer(change, fields: configuration.images)
      return TransformerStep(kind: "ImageTagTransformer") { set, _ in try transformer.apply(to: &set) }
    }
    return replicas + images
  }

  // MARK: Replacements

  private mutating func replacing(_ layer: Layer) throws -> [TransformerStep] {
    if layer.kustomization.replacements.isEmpty { return [] }
    return [try replacementStep(layer.kustomization.replacements, of: layer)]
  }

  mutating func replacementStep(_ entries: [ReplacementEntry], of layer: Layer) throws -> TransformerStep {
    var replacements: [Replacement] = []
    for entry in entries {
      guard let path = entry.path else {
        if let replacement = entry.replacement { replacements.append(replacement) }
        continue
      }
      if entry.replacement != nil {
        throw Diagnostic(
          "kustomize.invalid-replacement", "a replacement has either 'path' or 'source' and 'targets', not both",
          at: layer.location(entry.mark))
      }
      let (file, content) = try loader.read(path.value, from: layer.directory, at: layer.location(path.mark))
      var problems = ProblemList(file: loader.display(file), isLenient: true)
      let node = try loader.settings(content, file) ?? .null
      replacements += KustomizationDecoder.replacements(node, &problems)
      if !problems.isEmpty { throw Diagnostics(problems.all).adding([layer.chain(from: path.mark)[0]]) }
    }
    return TransformerStep(kind: "ReplacementTransformer") { set, build in
      var nameless: [Int: Diagnostic] = [:]
      for replacement in replacements {
        try ReplacementTransformer(replacement, limits: build.loader.limits).apply(to: &set, nameless: &nameless)
      }
      if !nameless.isEmpty { throw Diagnostics(nameless.sorted { $0.key < $1.key }.map(\.value)) }
    }
  }
}

extension String {
  /// Without white space at both ends.
  var trimmingSpace: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
      return ""
    }
    return String(self[first...last])
  }
}
