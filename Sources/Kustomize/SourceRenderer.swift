package import Manifest

/// How a source is rendered.
package struct RenderOptions: Sendable {
  package enum Order: Sendable {
    /// As the kustomization says, else ``legacy``.
    case standard
    /// As `kubectl kustomize` sorts: kinds that others need first.
    case legacy
    /// In the order in which the resources were read.
    case fifo
  }

  package var kustomize = KustomizeOptions()
  package var directory = ManifestDirectory.Options()
  package var order = Order.standard
  package var limits = RenderLimits()
  /// Parsed files, shared with other renders.
  package var cache: ParsedFileCache?
  /// Accumulated bases, shared with other renders.
  package var bases: BaseCache?
  /// Other repositories that bases may be in; nil refuses them.
  package var remotes: (any RemoteBases)?
  /// What renders the charts that kustomizations name; nil refuses them.
  package var charts: (any ChartInflater)?

  package init() {}
}

/// What a source renders to.
package struct Rendering: Sendable {
  package var documents: [RenderedDocument]
  package var warnings: [Diagnostic]

  package init(documents: [RenderedDocument] = [], warnings: [Diagnostic] = []) {
    self.documents = documents
    self.warnings = warnings
  }

  /// The stream that `kubectl kustomize` prints.
  package var yaml: [UInt8] { YAMLWriter.bytes(ofStream: documents.lazy.map(\.root)) }

  /// The documents as Kubernetes objects.
  /// - Throws: ``Diagnostics`` `render.not-an-object` for each without apiVersion, kind or name.
  package func objects() throws(Diagnostics) -> [Object] {
    var problems: [Diagnostic] = []
    let objects = documents.compactMap { document -> Object? in
      if let object = Object(document.root, origin: document.origin) { return object }
      problems.append(
        Diagnostic(
          "render.not-an-object", "a resource needs apiVersion, kind and metadata.name, all as text",
          at: document.origin))
      return nil
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return objects
  }
}

/// One rendered resource, and where it came from.
package struct RenderedDocument: Sendable {
  package var root: Mapping
  package var origin: SourceLocation

  package init(root: Mapping, origin: SourceLocation) {
    self.root = root
    self.origin = origin
  }
}

/// Renders the directory at `path`: a kustomization where it has one, else the manifests in it.
///
/// A pure function of what it reads from the tree: safe to call from many tasks at once, and cacheable by the reads.
/// - Throws: ``Diagnostics`` with everything that is wrong, each with file, line and column, and with the kustomizations
///   that led there as notes: codes `kustomize.…`, `directory.…`, `source.…`, `yaml.…`.
package func renderSource(
  _ tree: any FileTree, at path: TreePath, options: RenderOptions = RenderOptions()
) throws(Diagnostics) -> Rendering {
  let loader = FileLoader(
    tree: tree, limits: options.limits, cache: options.cache, bases: options.bases, remotes: options.remotes,
    charts: options.charts)
  let directory: TreePath
  let isKustomization: Bool
  do {
    directory = try sourceDirectory(path, loader)
    isKustomization = try loader.kustomizationFile(in: directory, at: nil) != nil
    if !isKustomization { try refuseChart(in: directory, loader) }
  } catch {
    throw Diagnostics(error)
  }
  if isKustomization { return try renderKustomization(directory, loader, options) }
  if options.kustomize != KustomizeOptions() {
    throw Diagnostics(
      Diagnostic(
        "kustomize.missing-kustomization", "kustomize options are given, but '\(path)' has no kustomization file",
        at: SourceLocation(file: loader.display(path))))
  }
  let content = try ManifestDirectory(tree: tree, options: options.directory).documents(at: directory)
  if content.documents.isEmpty && content.warnings.isEmpty {
    throw Diagnostics(
      Diagnostic(
        "source.empty", "there is no kustomization file and no manifest in '\(path)'",
        at: SourceLocation(file: loader.display(directory)),
        help: "a kustomization file is named \(Kustomization.fileNames.joined(separator: ", "))"))
  }
  return Rendering(
    documents: content.documents.map { RenderedDocument(root: $0.root, origin: $0.origin) },
    warnings: content.warnings)
}

private func sourceDirectory(_ path: TreePath, _ loader: FileLoader) throws(Diagnostic) -> TreePath {
  let location = SourceLocation(file: loader.display(path))
  // In a repository the path is the tree's; on disk it is told as it was given.
  let shown = location.file.hasPrefix("/") ? location.file : path.description
  do {
    switch try loader.tree.entry(at: path) {
    case .directory(let resolved): return resolved
    case .file:
      throw Diagnostic("source.not-a-directory", "'\(shown)' is a file, not a directory", at: location)
    case nil: throw Diagnostic("source.missing", "there is no directory '\(shown)'", at: location)
    }
  } catch let error as FileTreeError {
    throw loader.problem(error, path.description, .root, location)
  } catch let error as Diagnostic {
    throw error
  } catch {
    throw Diagnostic("source.unreadable", "'\(path)' cannot be read", at: location)
  }
}

private func refuseChart(in directory: TreePath, _ loader: FileLoader) throws(Diagnostic) {
  guard let chart = directory.appending("Chart.yaml"), case .file? = try? loader.tree.entry(at: chart) else { return }
  throw Diagnostic(
    "source.chart", "this is a Helm chart, which is rendered for an Application only",
    at: SourceLocation(file: loader.display(chart)),
    help: "use 'muster render --app FILE --repo DIR', or leave out the settings of another tool")
}

private func renderKustomization(
  _ directory: TreePath, _ loader: FileLoader, _ options: RenderOptions
) throws(Diagnostics) -> Rendering {
  var build = Build(loader: loader, options: options.kustomize)
  var (set, sort) = try build.run(directory)
  do {
    try order(&set, options.order, sort)
  } catch {
    throw Diagnostics(error)
  }
  BuildMetadata(wanted: build.buildMetadata).apply(to: &set)
  var documents: [RenderedDocument] = []
  documents.reserveCapacity(set.count)
  var rest = options.limits.outputBytes
  for position in set.indices {
    var resource = set[position]
    guard ResourceSize.fits(resource.root, &rest) else {
      throw Diagnostics(
        Diagnostic(
          "kustomize.output-too-large",
          "the resources have more than \(options.limits.outputBytes >> 20) MiB together",
          at: SourceLocation(file: loader.display(directory))))
    }
    try FinalForm.apply(to: &resource)
    documents.append(RenderedDocument(root: resource.mapping, origin: resource.origin))
  }
  return Rendering(documents: documents, warnings: build.warnings)
}

private func order(
  _ set: inout ResourceSet, _ order: RenderOptions.Order, _ sort: SortOptions?
) throws(Diagnostic) {
  var (first, last) = (LegacyOrder.first, LegacyOrder.last)
  if let sort {
    guard sort.order == "fifo" || sort.order == "legacy" else {
      throw Diagnostic(
        "kustomize.invalid-field", "'sortOptions.order' must be 'legacy' or 'fifo', not '\(sort.order)'",
        at: sort.location)
    }
    if sort.order == "fifo" && sort.hasLegacyOptions {
      throw Diagnostic(
        "kustomize.invalid-field", "'sortOptions.legacySortOptions' needs 'order: legacy'", at: sort.location)
    }
    if sort.hasLegacyOptions { (first, last) = (sort.orderFirst ?? [], sort.orderLast ?? []) }
  }
  let isFIFO = order == .fifo || (order == .standard && sort?.order == "fifo")
  if !isFIFO { LegacyOrder(first: first, last: last).sort(&set) }
}
