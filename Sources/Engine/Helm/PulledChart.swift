import Crypto
import Manifest

/// A chart from a chart repository, in memory.
struct PulledChart: Sendable {
  let tree: MemoryFileTree
  /// The one that it was published as.
  let version: String
  let bytes: Int
  /// Of its files.
  let digest: String

  /// Reads the one folder in `folder`, into which helm unpacked the chart.
  /// - Throws: ``Failure`` `helm.pull`, `helm.chart-too-large`.
  init(_ reference: HelmChartReference, in folder: String, _ settings: HelmSettings) throws {
    do {
      guard let disk = try? LocalFileTree(folder), let name = try disk.list(.root).names.first,
        let top = TreePath(name)
      else {
        throw Self.failure("helm.pull", "helm unpacked nothing", reference)
      }
      // Links out of the chart's own folder lead nowhere.
      let chart = try LocalFileTree(folder + "/" + top.text, displayPrefix: reference.description + ":")
      var files = HelmChartFiles(chart, settings) { chart.displayPrefix + $0.text }
      try files.addFolder(.root)
      try self.init(reference, chart, files.files, settings)
    } catch let diagnostic as Diagnostic {
      throw Self.failure(
        "helm.chart-unusable",
        [diagnostic.location?.file, diagnostic.message].compactMap(\.self).joined(separator: ": "),
        reference)
    } catch is FileTreeError {
      throw Self.failure("helm.pull", "what helm unpacked cannot be read", reference)
    }
  }

  private init(
    _ reference: HelmChartReference, _ chart: LocalFileTree, _ files: [HelmPlan.File], _ settings: HelmSettings
  ) throws {
    var contents: [TreePath: [UInt8]] = [:]
    var left = settings.chartBytes
    for file in files {
      do {
        contents[file.path] = try chart.read(file.path, limit: left).bytes
      } catch FileTreeError.tooLarge {
        throw Self.failure("helm.chart-too-large", "it has more than \(settings.chartBytes) bytes", reference)
      }
      left -= contents[file.path]?.count ?? 0
    }
    guard let description = TreePath("Chart.yaml").flatMap({ contents[$0] }),
      let node = try? YAML.parse(description).first, let version = node["version"]?.string, !version.isEmpty
    else { throw Self.failure("helm.chart-unusable", "it has no Chart.yaml with a version", reference) }
    self.version = version
    bytes = settings.chartBytes - left
    let list = files.map { $0.path.text + "\0" + $0.id }.joined(separator: "\0")
    digest = GitObjectID.hex(of: SHA256.hash(data: Array(list.utf8)))
    tree = MemoryFileTree(bytes: contents, displayPrefix: "\(reference.repository)/\(reference.chart)@\(version):")
  }

  private static func failure(_ code: String, _ message: String, _ reference: HelmChartReference) -> Failure {
    Failure(code, subject: "chart \(reference.description)", stage: "fetch", message, retry: .backOff)
  }
}
