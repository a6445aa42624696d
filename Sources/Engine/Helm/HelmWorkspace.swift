import Foundation
import Glibc
import Manifest

/// A folder of its own, closed to other users, in which one run of helm finds all that it may: the chart, a home, empty
/// caches and no plugins. Gone after the run.
struct HelmWorkspace: Sendable {
  let path: String

  /// Where the joined tree is written.
  var tree: String { path + "/tree" }
  var valuesFile: String { path + "/values.yaml" }
  var repositoryList: String { path + "/config/repositories.yaml" }
  var registryConfiguration: String { path + "/config/registry.json" }
  var download: String { path + "/download" }

  /// Runs `body` with a new workspace.
  /// - Throws: ``Failure`` `helm.workspace`, and what `body` throws.
  static func with<Answer: Sendable>(_ body: (HelmWorkspace) async throws -> Answer) async throws -> Answer {
    let workspace = try HelmWorkspace()
    defer { workspace.remove() }
    return try await body(workspace)
  }

  private init() throws {
    let base = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
    var template = Array((base + "/muster-helm-XXXXXX").utf8CString)
    // Made with mode 0700.
    guard mkdtemp(&template) != nil else { throw Self.failure("a temporary folder cannot be made", errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    for folder in ["home", "cache", "config", "data", "plugins", "tmp", "tree", "download"] {
      guard mkdir(path + "/" + folder, 0o700) == 0 else {
        let reason = errno
        remove()
        throw Self.failure("a temporary folder cannot be made", reason)
      }
    }
  }

  /// What is left is in a folder that nobody else can read, and says nothing new.
  private func remove() { try? FileManager.default.removeItem(atPath: path) }

  /// The whole environment of helm: nothing of it names a credential of ours, a cluster or a plugin.
  func environment(_ settings: HelmSettings) -> [String: String] {
    let own = [
      "HOME": path + "/home", "TMPDIR": path + "/tmp",
      "XDG_CACHE_HOME": path + "/cache", "XDG_CONFIG_HOME": path + "/config", "XDG_DATA_HOME": path + "/data",
      "HELM_CACHE_HOME": path + "/cache/helm", "HELM_CONFIG_HOME": path + "/config/helm",
      "HELM_DATA_HOME": path + "/data/helm", "HELM_PLUGINS": path + "/plugins",
      "HELM_REPOSITORY_CACHE": path + "/cache/repository", "HELM_REPOSITORY_CONFIG": repositoryList,
      "HELM_REGISTRY_CONFIG": registryConfiguration, "KUBECONFIG": path + "/config/no-kubeconfig",
      "DOCKER_CONFIG": path + "/config/docker", "GOMEMLIMIT": String(settings.memoryBytes / 4 * 3),
    ]
    return settings.environment.merging(own) { $1 }
  }

  // MARK: Files

  /// Writes the files of a plan.
  /// - Throws: ``Diagnostic`` `helm.chart-too-large`, ``FileTreeError``, ``Failure`` `helm.workspace`.
  func extract(_ plan: HelmPlan, from joined: any FileTree, limit: Int) throws {
    var left = limit
    var made: Set<TreePath> = [.root]
    for file in plan.files {
      let content: FileContent
      do {
        content = try joined.read(file.path, limit: left)
      } catch FileTreeError.tooLarge {
        throw Diagnostic(
          "helm.chart-too-large", "the chart and its value files have more than \(limit) bytes",
          at: SourceLocation(file: plan.display))
      }
      left -= content.bytes.count
      try makeFolder(file.path.parent, &made)
      try Self.write(content.bytes, to: tree + "/" + file.path.text)
    }
    try makeFolder(plan.chart, &made)
    if !plan.template.values.isEmpty { try Self.write(Array(plan.template.values.utf8), to: valuesFile) }
    for (position, file) in plan.template.valueFiles.enumerated() {
      guard case .text(let text) = file else { continue }
      try Self.write(Array(text.utf8), to: HelmTemplate.textFile(position, valuesFile: valuesFile))
    }
  }

  private func makeFolder(_ folder: TreePath, _ made: inout Set<TreePath>) throws {
    guard made.insert(folder).inserted else { return }
    try makeFolder(folder.parent, &made)
    guard mkdir(tree + "/" + folder.text, 0o700) == 0 else { throw Self.failure("a folder cannot be made", errno) }
  }

  /// Nothing is there yet, so nothing is followed or replaced.
  static func write(_ bytes: [UInt8], to path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure("a file cannot be written", errno) }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure("a file cannot be written", errno) }
      rest = rest.dropFirst(count)
    }
  }

  /// Bytes of all files in it, as far as they can be seen; more than `limit` is said as soon as it is known.
  func size(limit: Int) -> Int {
    let keys: Set<URLResourceKey> = [.fileSizeKey]
    let files = FileManager.default.enumerator(at: URL(fileURLWithPath: path), includingPropertiesForKeys: Array(keys))
    var total = 0
    while let file = files?.nextObject() as? URL, total <= limit {
      // A name takes room too, so that a great many empty files count.
      total += ((try? file.resourceValues(forKeys: keys))?.fileSize ?? 0) + 256
    }
    return total
  }

  private static func failure(_ message: String, _ code: Int32) -> Failure {
    Failure(
      "helm.workspace", subject: "helm", stage: "render", message, retry: .backOff,
      cause: String(cString: strerror(code)))
  }
}
