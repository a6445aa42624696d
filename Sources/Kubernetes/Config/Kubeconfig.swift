package import Manifest

/// One or several kubeconfig files, read and merged, before anything they name is looked at.
///
/// Source: kubernetes.io "Organizing Cluster Access Using kubeconfig Files", `client-go/tools/clientcmd/api/v1`.
package struct Kubeconfig: Sendable {
  /// A named member of `clusters`, `users` or `contexts`.
  package struct Entry: Sendable {
    package var name: String
    /// What stands under `cluster`, `user` or `context`.
    package var node: Node
    package var nameLocation: SourceLocation
    /// The file it stands in: relative paths start from that file's folder.
    package var file: String
  }

  package internal(set) var currentContext: String?
  package internal(set) var currentContextLocation: SourceLocation?
  package internal(set) var contexts: [Entry] = []
  package internal(set) var clusters: [Entry] = []
  package internal(set) var users: [Entry] = []
  /// The files it was read from, first to last.
  package internal(set) var files: [String] = []

  init() {}

  package var contextNames: [String] { contexts.map(\.name) }

  /// Reads one file's text.
  /// - Throws: ``Diagnostics`` with codes `yaml.…` and `kubeconfig.…`.
  package init(_ bytes: [UInt8], file: String) throws(Diagnostics) {
    var reader = KubeconfigReader(file: file)
    self = try reader.read(bytes)
  }

  /// Reads and merges files as `KUBECONFIG` means it: of two that set the same, the first wins. Missing files and empty
  /// ones are left out, as long as one is there.
  /// - Throws: ``Diagnostics`` with codes `yaml.…` and `kubeconfig.…`.
  package static func load(paths: [String], from files: LocalFiles = .disk) throws(Diagnostics) -> Kubeconfig {
    var merged: Kubeconfig?
    var missing: [Diagnostic] = []
    for path in paths where !path.isEmpty {
      let bytes: [UInt8]
      do {
        bytes = try files.read(path, KubeconfigReader.maximumBytes)
      } catch {
        let problem = Diagnostic(
          "kubeconfig.unreadable", "the kubeconfig '\(path)' \(error.words)", at: SourceLocation(file: path))
        guard error == .missing else { throw Diagnostics(problem) }
        missing.append(problem)
        continue
      }
      let one: Kubeconfig
      do {
        one = try Kubeconfig(bytes, file: path)
      } catch {
        guard error.all.map(\.code) == [KubeconfigReader.emptyCode] else { throw error }
        missing += error.all
        continue
      }
      if merged?.merge(one) == nil { merged = one }
    }
    if let merged { return merged }
    throw missing.isEmpty
      ? Diagnostics(Diagnostic("kubeconfig.none", "no kubeconfig is named")) : Diagnostics(missing)
  }

  /// The files that `KUBECONFIG` lists, or the one in the home folder.
  package static func defaultPaths(environment: [String: String]) -> [String] {
    let listed = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
    if !listed.isEmpty { return listed }
    return [(environment["HOME"] ?? "") + "/.kube/config"]
  }

  private mutating func merge(_ later: Kubeconfig) {
    if currentContext == nil {
      currentContext = later.currentContext
      currentContextLocation = later.currentContextLocation
    }
    contexts.add(later.contexts)
    clusters.add(later.clusters)
    users.add(later.users)
    files += later.files
  }
}

extension [Kubeconfig.Entry] {
  fileprivate mutating func add(_ later: [Kubeconfig.Entry]) {
    let known = Set(map(\.name))
    self += later.filter { !known.contains($0.name) }
  }

  func named(_ name: String) -> Kubeconfig.Entry? { first { $0.name == name } }
}
