import Manifest

extension Build {
  /// Reads the entries of `resources`: files, and directories with kustomizations of their own.
  mutating func accumulateResources(
    _ entries: [Located<String>], of layer: Layer, into result: inout Accumulation, _ provenance: Provenance?,
    _ problems: inout [Diagnostic]
  ) {
    for entry in entries {
      collect(&problems, layer) { build throws in
        try build.accumulate(entry, of: layer, into: &result, provenance)
      }
    }
  }

  private mutating func accumulate(
    _ entry: Located<String>, of layer: Layer, into result: inout Accumulation, _ provenance: Provenance?
  ) throws {
    let location = layer.location(entry.mark)
    if let directory = try loader.directory(entry.value, from: layer.directory, at: location) {
      try accumulate(directory, entry, of: layer, asComponent: false, into: &result, provenance)
      return
    }
    if RemoteReference.isRemote(entry.value) {
      try accumulateRemote(entry, of: layer, asComponent: false, into: &result, provenance)
      return
    }
    for resource in try readResources(entry, of: layer, provenance) {
      try result.resources.append(resource)
    }
    guard result.resources.count <= loader.limits.resources else {
      throw Diagnostic("kustomize.too-many-resources", "there are more resources than allowed", at: location)
    }
  }

  /// The resources of one file.
  mutating func readResources(
    _ entry: Located<String>, of layer: Layer, _ provenance: Provenance?
  ) throws -> [Resource] {
    let (path, content) = try loader.read(entry.value, from: layer.directory, at: layer.location(entry.mark))
    let chain = layer.chain(from: entry.mark)
    let file = loader.display(path)
    let documents: [ResourceDocument]
    do throws(Diagnostics) {
      documents = try ResourceDocument.documents(of: loader.manifest(content, path), file: file)
    } catch {
      throw error.adding([chain[0]])
    }
    let origin = provenance?.appending(entry.value)
    return documents.map { document in
      var resource = makeResource(document.root, origin: SourceLocation(file: file, mark: document.mark))
      resource.provenance = origin
      return resource
    }
  }

  /// A resource with its scope by the schema in force.
  mutating func makeResource(_ root: Mapping, origin: SourceLocation) -> Resource {
    var resource = Resource(root, origin: origin)
    schema.look(up: resource.gvk)
    let kinds = schema.clusterScopedKinds
    if !kinds.isEmpty { resource.setScopes(kinds) }
    return resource
  }

  private mutating func accumulate(
    _ directory: TreePath, _ entry: Located<String>, of layer: Layer, asComponent: Bool,
    into result: inout Accumulation, _ provenance: Provenance?
  ) throws {
    let location = layer.location(entry.mark)
    if let above = layer.path.first(where: { $0.isWithin(directory) }) {
      throw Diagnostic(
        "kustomize.cycle",
        "'\(entry.value)' is '\(loader.display(directory))', which is or contains "
          + "'\(loader.display(above))': a kustomization may not include itself", at: location)
    }
    if asComponent {
      result = try accumulate(entry, in: directory, of: layer, asComponent: true, into: result, provenance)
    } else {
      let base = try base(in: directory, of: layer) { build in
        try build.accumulate(entry, in: directory, of: layer, asComponent: false, into: Accumulation(), provenance)
      }
      try result.append(base)
    }
  }

  private mutating func accumulate(
    _ entry: Located<String>, in directory: TreePath, of layer: Layer, asComponent: Bool,
    into accumulation: Accumulation,
    _ provenance: Provenance?
  ) throws -> Accumulation {
    let location = layer.location(entry.mark)
    var result = accumulation
    let chain = layer.chain(from: entry.mark)
    guard let inner = try load(directory, path: layer.path, chain: chain, location: location) else {
      throw Diagnostic(
        "kustomize.missing-kustomization", "directory '\(entry.value)' has no kustomization file", at: location,
        help: "add one named \(Kustomization.fileNames[0]), or name the files in it one by one")
    }
    try check(inner, asComponent: asComponent, location)
    try loadOpenAPI(of: inner)
    let seen = Set(result.resources.resources.map(\.gvk))
    for gvk in seen { schema.look(up: gvk) }
    let kinds = schema.clusterScopedKinds
    if !kinds.isEmpty { result.resources.updateAll { $0.setScopes(kinds) } }
    return try accumulate(inner, into: result, from: provenance?.appending(entry.value))
  }

  private func check(_ layer: Layer, asComponent: Bool, _ location: SourceLocation) throws(Diagnostic) {
    let isComponent = layer.kustomization.kind == .component
    if isComponent == asComponent { return }
    throw Diagnostic(
      "kustomize.wrong-kind",
      isComponent
        ? "a Component is named in 'resources'" : "what is named in 'components' is no Component",
      at: location, notes: [.init("its kustomization is here", at: SourceLocation(file: layer.file))],
      help: isComponent ? "name it in 'components'" : "name it in 'resources', or give it 'kind: Component'")
  }

  /// Components take over what the layer has gathered so far, one after the other.
  mutating func accumulateComponents(
    of layer: Layer, into result: inout Accumulation, _ provenance: Provenance?, _ problems: inout [Diagnostic]
  ) {
    for entry in layer.kustomization.components {
      var found: [Diagnostic] = []
      defer {
        // Where one failed, what a later one does not find may be what that would have made.
        problems += problems.isEmpty ? found : found.filter { !Self.codesOfAbsence.contains($0.code) }
      }
      collect(&found, layer) { build throws in
        let location = layer.location(entry.mark)
        guard let directory = try build.loader.directory(entry.value, from: layer.directory, at: location) else {
          if RemoteReference.isRemote(entry.value) {
            return try build.accumulateRemote(entry, of: layer, asComponent: true, into: &result, provenance)
          }
          throw build.loader.problem(.notFound(layer.directory), entry.value, layer.directory, location)
        }
        try build.accumulate(directory, entry, of: layer, asComponent: true, into: &result, provenance)
      }
    }
  }

  /// Codes of errors that say that something is not there, or is not as it is thought.
  private static let codesOfAbsence: Set<String> = [
    "kustomize.no-target", "kustomize.nothing-to-merge", "kustomize.patch-failed", "kustomize.invalid-replacement",
    "kustomize.invalid-var", "kustomize.merge-conflict",
  ]

  // MARK: Other repositories

  /// Remotes inside of remotes.
  private static let maximumRemotes = 8

  /// Goes on in another repository, where those are allowed.
  private mutating func accumulateRemote(
    _ entry: Located<String>, of layer: Layer, asComponent: Bool, into result: inout Accumulation,
    _ provenance: Provenance?
  ) throws {
    let location = layer.location(entry.mark)
    guard let remotes = loader.remotes else {
      throw Diagnostic(
        "kustomize.remote-unsupported", "'\(entry.value)' is a remote resource, which is not allowed", at: location,
        help: "copy it into the repository")
    }
    guard let reference = RemoteReference(entry.value) else {
      throw Diagnostic(
        "kustomize.remote-unsupported", "'\(entry.value)' names no repository, and single files are not fetched",
        at: location, help: "write it as https://host/org/repo//path?ref=revision")
    }
    guard remoteDepth < Self.maximumRemotes else {
      throw Diagnostic("kustomize.cycle", "remote bases name remote bases without end", at: location)
    }
    let tree: any FileTree
    importCount += 1
    do {
      tree = try remotes.tree(reference)
    } catch let failure as Failure {
      throw Diagnostic(
        "kustomize.remote-failed", "'\(entry.value)' cannot be read: \(failure.message)", at: location,
        help: failure.cause)
    }
    let outer = loader
    loader = outer.reading(tree)
    loader.remote = reference
    remoteDepth += 1
    defer {
      loader = outer.counting(loader)
      remoteDepth -= 1
    }
    // Directories of another tree cannot contain one of this.
    let place = Layer(
      kustomization: layer.kustomization, directory: .root, file: layer.file, path: [], chain: layer.chain)
    let local = Located(reference.path.description, entry.mark)
    guard let directory = try loader.directory(local.value, from: .root, at: location) else {
      throw loader.problem(.notFound(.root), local.value, .root, location)
    }
    try accumulate(directory, local, of: place, asComponent: asComponent, into: &result, provenance)
  }
}

extension Accumulation {
  /// Adds a base that has run.
  mutating func append(_ base: Accumulation) throws {
    if resources.isEmpty {
      resources = base.resources
    } else {
      for resource in base.resources.resources { try resources.append(resource) }
    }
    if let other = base.configuration {
      configuration = try configuration?.merging(other) ?? other
    }
    try addVariables(base.variables)
  }
}
