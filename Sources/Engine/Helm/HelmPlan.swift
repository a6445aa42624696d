import Crypto
import Manifest

/// One render by helm: its files, by identity, and its arguments. Equal digests mean equal answers of one version of helm.
struct HelmPlan: Sendable {
  struct File: Sendable, Equatable {
    /// In the joined tree, and below the folder in which helm runs.
    var path: TreePath
    var id: String
  }

  /// By path.
  var files: [File]
  var chart: TreePath
  /// The chart's folder, as users know it.
  var display: String
  var template: HelmTemplate
  /// The chart repositories that its dependencies come from.
  var repositories: [String]
  var passesCredentials: Bool
  /// SHA-256, in hexadecimal.
  let digest: String

  /// - Parameter origin: what the files' ids are relative to: nothing for Git's, a chart's place for a pulled one.
  init(
    files: [File], chart: TreePath, display: String, template: HelmTemplate, repositories: [String],
    passesCredentials: Bool, origin: String
  ) {
    self.files = files
    self.chart = chart
    self.display = display
    self.template = template
    self.repositories = repositories
    self.passesCredentials = passesCredentials
    var hash = SHA256()
    func add(_ text: String) {
      // The length first, so that texts cannot run into each other.
      hash.update(data: Array("\(text.utf8.count):\(text)".utf8))
    }
    add(origin)
    add(chart.text)
    for file in files {
      add(file.path.text)
      add(file.id)
    }
    add("\(passesCredentials)")
    for argument in template.arguments(root: "", valuesFile: "values") { add(argument) }
    add(template.values)
    for case .text(let text) in template.valueFiles { add(text) }
    digest = GitObjectID.hex(of: hash.finalize())
  }

  /// Whether it reads what no digest covers.
  var readsRemoteFiles: Bool {
    (template.valueFiles + template.fileParameters.map(\.file)).contains { file in
      if case .remote = file { true } else { false }
    }
  }
}
