import Manifest

/// One run of a kustomization tree: reads, accumulates, transforms.
///
/// Errors of independent entries are collected; a layer whose entries have errors does not run its transformers.
struct Build {
  var loader: FileLoader
  var schema: MergeSchemaState
  var warnings: [Diagnostic] = []
  /// What the top kustomization wants recorded.
  var buildMetadata: Set<String> = []
  /// Directories of kustomizations, each as often as it was read.
  var directories: [TreePath] = []
  /// How many other repositories led here.
  var remoteDepth = 0
  /// How often something was taken from outside of the tree: what no file that was read tells.
  var importCount = 0
  private let options: KustomizeOptions

  init(loader: FileLoader, options: KustomizeOptions) {
    self.loader = loader
    self.options = options
    schema = MergeSchemaState()
  }

  // MARK: The whole

  /// Builds the kustomization in `directory`.
  /// - Throws: ``Diagnostics``
  mutating func run(_ directory: TreePath) throws(Diagnostics) -> (resources: ResourceSet, sort: SortOptions?) {
    guard var layer = try load(directory, path: [], chain: [], location: nil) else {
      throw Diagnostics(
        Diagnostic(
          "kustomize.missing-kustomization", "there is no kustomization file in '\(loader.display(directory))'",
          at: SourceLocation(file: loader.display(directory)),
          help: "a kustomization file is named \(Kustomization.fileNames.joined(separator: ", "))"))
    }
    layer = try options.apply(to: layer, loader: &loader)
    buildMetadata = Set(layer.kustomization.buildMetadata)
    do {
      try loadOpenAPI(of: layer)
    } catch let error as Diagnostic {
      throw Diagnostics(error)
    } catch let error as Diagnostics {
      throw error
    } catch {
      throw Diagnostics(Diagnostic("kustomize.failed", "\(error)", at: SourceLocation(file: layer.file)))
    }
    let origin = buildMetadata.isEmpty ? nil : Provenance()
    var result = try accumulate(layer, into: Accumulation(), from: origin)
    try finish(&result)
    return (result.resources, layer.kustomization.sortOptions)
  }

  /// What happens once, when all layers have run: hashes, references, vars.
  private mutating func finish(_ result: inout Accumulation) throws(Diagnostics) {
    for position in result.resources.indices where result.resources[position].needsHash {
      result.resources.update(position) { resource in
        let hash = NameHash.suffix(for: resource)
        resource.storePreviousID()
        resource.setName(resource.name + "-" + hash)
      }
    }
    let configuration = result.configuration ?? .standard
    let references =
      configuration.isDefault ? NameReferences.standard : NameReferences(configuration.nameReferences)
    try references.apply(to: &result.resources)
    if !result.variables.isEmpty {
      try Variables(result.variables, fields: configuration.variableReferences).apply(
        to: &result.resources, warnings: &warnings, limits: loader.limits)
    }
    result.resources.keep { resource in
      guard let local = resource.texts(of: "annotations")["config.kubernetes.io/local-config"] else { return true }
      return local == "false"
    }
  }

  // MARK: Loading

  /// Reads the kustomization of a directory; nil when it has none.
  mutating func load(
    _ directory: TreePath, path: [TreePath], chain: [Diagnostic.Note], location: SourceLocation?
  ) throws(Diagnostics) -> Layer? {
    do {
      directories.append(directory)
      guard path.count < loader.limits.depth, directories.count <= loader.limits.directories else {
        throw Diagnostic(
          "kustomize.too-many-bases", "the tree of kustomizations is deeper or larger than allowed", at: location)
      }
      guard let file = try loader.kustomizationFile(in: directory, at: location) else { return nil }
      let place = SourceLocation(file: loader.display(file))
      let content = try loader.read(file.name, from: directory, at: location ?? place).content
      let node = try loader.settings(content, file)
      guard let node, !node.isNull, node.mapping?.isEmpty != true else {
        throw Diagnostic("kustomize.empty-kustomization", "the kustomization file is empty", at: place)
      }
      let kustomization = try KustomizationDecoder.decode(node, file: place.file, warnings: &warnings)
      return Layer(
        kustomization: kustomization, directory: directory, file: place.file, path: path + [directory], chain: chain)
    } catch let error as Diagnostic {
      throw Diagnostics(error).adding(chain)
    } catch let error as Diagnostics {
      throw error.adding(chain)
    } catch {
      throw Diagnostics(Diagnostic("kustomize.unreadable-file", "the kustomization cannot be read", at: location))
    }
  }

  // MARK: One layer

  /// Runs one layer on top of what `accumulation` holds.
  mutating func accumulate(
    _ layer: Layer, into accumulation: Accumulation, from provenance: Provenance?
  ) throws(Diagnostics) -> Accumulation {
    var result = accumulation
    var problems: [Diagnostic] = []
    accumulateResources(layer.kustomization.resources, of: layer, into: &result, provenance, &problems)
    collect(&problems, layer) { build throws in try build.mergeConfiguration(of: layer, into: &result) }
    if problems.isEmpty { generate(layer, into: &result, provenance, &problems) }
    if problems.isEmpty { accumulateComponents(of: layer, into: &result, provenance, &problems) }
    if problems.isEmpty { transform(&result, by: layer, provenance, &problems) }
    if problems.isEmpty { validate(&result, by: layer, &problems) }
    if problems.isEmpty {
      collect(&problems, layer) { _ throws in try result.addVariables(of: layer) }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return result
  }

  /// Runs a step and collects what it throws, with the way to this layer.
  mutating func collect(
    _ problems: inout [Diagnostic], _ layer: Layer, _ body: (inout Build) throws -> Void
  ) {
    do {
      try body(&self)
    } catch let error as Diagnostic {
      problems += Diagnostics(error).adding(layer.chain).all
    } catch let error as Diagnostics {
      problems += error.adding(layer.chain).all
    } catch let error as FieldError {
      let location = SourceLocation(file: layer.file, mark: .none)
      problems +=
        Diagnostics(Diagnostic("kustomize.invalid-field", error.message, at: location)).adding(layer.chain).all
    } catch {
      problems.append(Diagnostic("kustomize.failed", "\(error)", at: SourceLocation(file: layer.file)))
    }
  }
}

extension Diagnostics {
  /// With notes on each that does not tell its way yet.
  func adding(_ chain: [Diagnostic.Note]) -> Diagnostics {
    guard !chain.isEmpty else { return self }
    return Diagnostics(
      all.map { diagnostic in
        var diagnostic = diagnostic
        for note in chain where !diagnostic.notes.contains(note) { diagnostic.notes.append(note) }
        return diagnostic
      })
  }
}
