import Manifest

/// The files that a chart needs on disk: its folder, those of local charts that it depends on, and single ones.
struct HelmChartFiles {
  private let tree: any FileTree
  private let display: @Sendable (TreePath) -> String
  private let settings: HelmSettings
  private var found: [TreePath: String] = [:]
  private var charts: Set<TreePath> = []
  /// Of every chart that was added, in order.
  private(set) var repositories: [String] = []

  private static let maximumCharts = 64
  private static let maximumChartFile = 1 << 20

  init(_ tree: any FileTree, _ settings: HelmSettings, display: @escaping @Sendable (TreePath) -> String) {
    self.tree = tree
    self.settings = settings
    self.display = display
  }

  var files: [HelmPlan.File] {
    found.sorted { $0.key < $1.key }.map { HelmPlan.File(path: $0.key, id: $0.value) }
  }

  /// Adds a chart and the local charts that it names (`file://../other`), which must be in the same repository.
  /// - Throws: ``Diagnostic`` `helm.chart…`; ``Diagnostics`` of a Chart.yaml.
  mutating func addChart(_ chart: TreePath, repository: TreePath) throws {
    guard charts.insert(chart).inserted else { return }
    guard charts.count <= Self.maximumCharts else {
      throw problem("helm.chart-too-large", "it depends on more than \(Self.maximumCharts) local charts", chart)
    }
    try addFolder(chart, depth: 0, within: [])
    for dependency in try dependencies(of: chart) {
      guard dependency.hasPrefix("file://") else {
        if !repositories.contains(dependency) { repositories.append(dependency) }
        continue
      }
      let inner = TreePath(String(chart.text.dropFirst(repository.text.count + 1))) ?? .root
      // One that is not there, or is outside, is for helm to complain of: it may be vendored in charts/.
      guard let path = inner.appending(String(dependency.dropFirst(7))) else { continue }
      let place = JoinedFileTree.outer(path, repository)
      if case .directory? = try? tree.entry(at: place) { try addChart(place, repository: repository) }
    }
  }

  mutating func addFile(_ file: TreePath) throws {
    guard found[file] == nil else { return }
    do {
      found[file] = try tree.identity(of: file, limit: settings.chartBytes).id
    } catch let error as FileTreeError {
      throw problem(error, file)
    }
    guard found.count <= settings.chartFiles else {
      throw problem("helm.chart-too-large", "the chart has more than \(settings.chartFiles) files", file)
    }
  }

  // MARK: Folders

  mutating func addFolder(_ folder: TreePath) throws { try addFolder(folder, depth: 0, within: []) }

  /// - Parameter within: the folders above, after links, so that no link leads back into one of them.
  private mutating func addFolder(_ folder: TreePath, depth: Int, within above: [TreePath]) throws {
    guard depth <= settings.chartDepth else {
      throw problem("helm.chart-too-large", "folders are nested more than \(settings.chartDepth) deep", folder)
    }
    let listing: DirectoryListing
    do {
      listing = try tree.list(folder)
    } catch let error as FileTreeError {
      throw problem(error, folder)
    }
    guard !above.contains(listing.resolved) else {
      throw problem("helm.chart-link-loop", "the link leads to a folder that it is in", folder)
    }
    for name in listing.names where name != ".git" {
      guard let path = folder.appending(name) else { continue }
      do {
        switch try tree.entry(at: path) {
        case .directory: try addFolder(path, depth: depth + 1, within: above + [listing.resolved])
        case .file: try addFile(path)
        case nil: continue
        }
      } catch FileTreeError.notRegular {
        continue
      } catch let error as FileTreeError {
        throw problem(error, path)
      }
    }
  }

  // MARK: Dependencies

  /// `repository` of every dependency in Chart.yaml, or requirements.yaml of old charts.
  private func dependencies(of chart: TreePath) throws -> [String] {
    var repositories: [String] = []
    for name in ["Chart.yaml", "requirements.yaml"] {
      guard let path = chart.appending(name), found[path] != nil else { continue }
      let content: FileContent
      do {
        content = try tree.read(path, limit: Self.maximumChartFile)
      } catch let error as FileTreeError {
        throw problem(error, path)
      }
      let node = try YAML.parse(content.bytes, file: display(path)).first ?? .null
      repositories += (node["dependencies"]?.sequence ?? []).compactMap { $0["repository"]?.string }
    }
    return repositories.filter { !$0.isEmpty }
  }

  // MARK: Words

  private func problem(_ error: FileTreeError, _ path: TreePath) -> Diagnostic {
    switch error {
    case .leavesTree: problem("helm.chart-outside", "the link leads out of the repository, which is not allowed", path)
    case .linkLoop: problem("helm.chart-link-loop", "the link leads to itself", path)
    case .tooLarge: problem("helm.chart-too-large", "the file has more than \(settings.chartBytes) bytes", path)
    case .notFound: problem("source.missing", "there is no directory '\(display(path))'", path)
    case .notDirectory: problem("source.not-a-directory", "it is a file, not a directory", path)
    case .isDirectory, .notRegular: problem("helm.chart-file", "it is no file", path)
    case .unreadable(_, let reason): problem("helm.chart-file", "it cannot be read: \(reason)", path)
    }
  }

  private func problem(_ code: String, _ message: String, _ path: TreePath) -> Diagnostic {
    Diagnostic(code, message, at: SourceLocation(file: display(path)))
  }
}
