import ArgumentParser
import Engine
import Fleet
import Foundation
import Glibc
import Kustomize
import Manifest

/// `muster render`: what a kustomization, a directory of manifests or a chart comes to, without a hub or a cluster.
struct Render: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Renders a kustomization or a directory of manifests.",
    usage: "muster render <dir> ... | --app <file> --repo <dir> [<options>]",
    discussion: """
      Prints what 'kubectl kustomize DIR' prints, byte for byte. REPO@REV:PATH renders a commit without a work tree; \
      REPO is a directory of a repository or a Git URL. With --app, renders the sources of an Application from a \
      repository on disk, with the settings that the Application has for them; charts by the 'helm' command, which must \
      be in PATH (or at MUSTER_HELM).
      """)

  enum Output: String, ExpressibleByArgument, CaseIterable { case yaml, json }
  enum Order: String, ExpressibleByArgument, CaseIterable { case legacy, fifo }

  @Argument(help: ArgumentHelp("What to render, one after the other.", valueName: "dir|repo[@rev][:path]"))
  var places: [String] = []

  @Option(help: "Render the sources of the Application in this file.")
  var app: String?

  @Option(help: "The repository on disk that the Application's sources are read from.")
  var repo: String?

  @Option(name: .shortAndLong, help: "yaml, or a JSON array.")
  var output = Output.yaml

  @Option(help: "legacy sorts as kubectl does, fifo keeps the order of the files; default: as the kustomization says.")
  var order: Order?

  @Option(
    name: .customLong("allow-remote"),
    help: ArgumentHelp("A host whose repositories kustomizations may name bases in; '*' for all.", valueName: "host"))
  var remoteHosts: [String] = []

  @Option(help: ArgumentHelp("Manifests of repository Secrets.", valueName: "file"))
  var control: [String] = []

  @Flag(help: "Render the charts that kustomizations name (helmCharts), by the 'helm' command.")
  var enableHelm = false

  @Flag(help: "Print on stderr what was read.")
  var explain = false

  func validate() throws {
    if places.isEmpty == (app == nil) { throw ValidationError("give either what to render, or --app and --repo") }
    if (app == nil) != (repo == nil) { throw ValidationError("--app and --repo go together") }
  }

  func run() async throws {
    let rendering: Rendering
    do {
      rendering = try await render()
    } catch let failure as Failure {
      throw CommandError.failure(failure, exit: failure.code == "git.unreachable" ? .unreachable : .usage)
    }
    if !rendering.warnings.isEmpty { StandardError.write(Report.text(for: rendering.warnings)) }
    switch output {
    case .yaml: StandardOutput.write(rendering.yaml)
    case .json:
      let nodes = rendering.documents.map { Node.mapping($0.root) }
      StandardOutput.write(JSON.write(.sequence(nodes), .init(sortsKeys: true, indent: 2)) + [0x0A])
    }
  }

  private func render() async throws -> Rendering {
    let targets = try places.map(RenderPlace.init)
    guard !remoteHosts.isEmpty || targets.contains(where: \.isCommit) else {
      if let app { return try await renderApplication(app, repo ?? ".", shared(nil)) }
      return try await RenderThreads.shared.run { try renderAll(targets.compactMap(\.directory), remotes: nil) }
    }
    let objects = try InputFile.objects(control)
    return try await OutsideAccess.withWorld(allowedHosts: [], control: objects) { _, mirrors in
      var trees: [(tree: any FileTree, path: TreePath)] = []
      for target in targets { trees.append(try await target.open(mirrors)) }
      let bases =
        remoteHosts.isEmpty ? nil : MirrorBases(mirrors: mirrors, hosts: Set(remoteHosts.map { $0.lowercased() }))
      if let app { return try await renderApplication(app, repo ?? ".", shared(bases)) }
      let opened = trees
      return try await RenderThreads.shared.run { try renderAll(opened, remotes: bases) }
    }
  }

  private func shared(_ remotes: (any RemoteBases)?) -> RenderOptions {
    var options = RenderOptions()
    options.remotes = remotes
    if enableHelm { options.charts = HelmInflation(Helm()) }
    options.cache = ParsedFileCache()
    options.bases = BaseCache()
    return options
  }

  /// Renders on this thread, which may wait for files and repositories.
  private func renderAll(
    _ places: [(tree: any FileTree, path: TreePath)], remotes: (any RemoteBases)?
  ) throws -> Rendering {
    let options = shared(remotes)
    var result = Rendering()
    for place in places {
      let rendering = try render(place.tree, place.path, options)
      result.documents += rendering.documents
      result.warnings += rendering.warnings
    }
    return result
  }

  private func render(_ tree: any FileTree, _ path: TreePath, _ options: RenderOptions) throws -> Rendering {
    var options = options
    switch order {
    case .legacy: options.order = .legacy
    case .fifo: options.order = .fifo
    case nil: break
    }
    guard explain else { return try renderSource(tree, at: path, options: options) }
    let recording = RecordingFileTree(tree)
    defer { StandardError.write(recording.trace.lines.joined(separator: "\n")) }
    return try renderSource(recording, at: path, options: options)
  }

  // MARK: Applications

  private func renderApplication(
    _ file: String, _ repository: String, _ shared: RenderOptions
  ) async throws -> Rendering {
    let tree = try LocalFileTree(repository)
    let rendering = CheckoutRendering(
      tree, named: tree.root, options: shared, inflatesCharts: enableHelm
    ) { try render($0, $1, $2) }
    return try await rendering.render(try readApplication(file))
  }

  private func readApplication(_ file: String) throws -> Application {
    let slash = file.lastIndex(of: "/")
    let folder = slash.map { String(file[..<$0]) } ?? "."
    let name = slash.map { String(file[file.index(after: $0)...]) } ?? file
    guard let path = TreePath(name) else { throw CommandError.message("'\(file)' is no file", exit: .usage) }
    let bytes: [UInt8]
    do {
      bytes = try LocalFileTree(folder.isEmpty ? "/" : folder).read(path, limit: 4 << 20).bytes
    } catch {
      throw CommandError.message("'\(file)' cannot be read", exit: .usage)
    }
    let nodes = try YAML.parse(bytes, file: file)
    guard let node = nodes.first(where: { $0["kind"]?.string == Application.kind }) else {
      throw Diagnostic("application.missing", "there is no Application in the file", at: SourceLocation(file: file))
    }
    let reading = Application.read(node, file: file)
    guard let application = reading.value else { throw Diagnostics(reading.diagnostics) }
    return application
  }
}

/// What the command line names: a directory, or a folder of a commit.
struct RenderPlace {
  private enum Kind {
    case directory(SourcePlace)
    case commit(FleetPlace, revision: String, path: TreePath)
  }

  private let kind: Kind

  var isCommit: Bool { if case .commit = kind { true } else { false } }

  var directory: (tree: any FileTree, path: TreePath)? {
    guard case .directory(let place) = kind else { return nil }
    return (place.tree, place.path)
  }

  /// A directory that is there is meant as it is; else `REPO[@REV][:PATH]`.
  init(_ text: String) throws {
    if Self.isDirectory(text) {
      kind = .directory(try SourcePlace(text))
      return
    }
    guard let parts = Self.split(text) else {
      kind = .directory(try SourcePlace(text))
      return
    }
    guard let path = TreePath(parts.path) else {
      throw CommandError.message("the path '\(parts.path)' leads out of the repository", exit: .usage)
    }
    kind = .commit(try FleetPlace(parts.repository), revision: parts.revision, path: path)
  }

  private static func isDirectory(_ text: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: text, isDirectory: &isDirectory) && isDirectory.boolValue
  }

  /// Repository, revision and path; nil where the text names no repository.
  static func split(_ text: String) -> (repository: String, revision: String, path: String)? {
    guard let start = addressEnd(text) else { return nil }
    var rest = text[start...]
    let end = rest.firstIndex { $0 == "@" || $0 == ":" } ?? rest.endIndex
    let repository = String(text[..<end])
    rest = rest[end...]
    var revision = ""
    if rest.first == "@" {
      let colon = rest.firstIndex(of: ":") ?? rest.endIndex
      revision = String(rest[rest.index(after: rest.startIndex)..<colon])
      rest = rest[colon...]
    }
    return (repository, revision, String(rest.dropFirst()))
  }

  /// Where, in a repository's address, `@` and `:` begin to mean a revision and a path.
  private static func addressEnd(_ text: String) -> String.Index? {
    if let scheme = text.firstRange(of: "://") { return text[scheme.upperBound...].firstIndex(of: "/") }
    for (index, character) in zip(text.indices, text) where character == "@" || character == ":" {
      if isDirectory(String(text[..<index])) { return index }
    }
    // user@host:path
    guard let colon = text.firstIndex(of: ":"), text[..<colon].contains("@"), !text[..<colon].contains("/") else {
      return nil
    }
    return text.index(after: colon)
  }

  /// The files, mirrored where they are a commit's.
  /// - Throws: ``Failure`` of Git.
  func open(_ mirrors: GitMirrors) async throws -> (tree: any FileTree, path: TreePath) {
    switch kind {
    case .directory(let place): return (place.tree, place.path)
    case .commit(let place, let revision, let path):
      guard case .git(let url, let folder) = place.place else {
        throw CommandError.message("there is no repository that has revisions", exit: .usage)
      }
      let commit = try await mirrors.resolve(url, revision: try await place.name(of: revision), freshness: .now).commit
      guard let inside = folder.appending(path.text.isEmpty ? "." : path.text) else {
        throw CommandError.message("the path leads out of the repository", exit: .usage)
      }
      return (await mirrors.tree(url, at: commit), inside)
    }
  }
}

/// A directory on disk, seen from the repository that it is in.
///
/// Nothing outside of that repository can be read; without one, the whole disk can, within kustomize's own restrictions.
struct SourcePlace {
  let tree: LocalFileTree
  let path: TreePath
  /// Of the repository; `/` without one.
  let root: String

  init(_ directory: String) throws {
    let absolute = try Self.absolute(directory)
    root = Self.repository(of: absolute)
    tree = try LocalFileTree(root, displayPrefix: Self.prefix(for: root))
    path = TreePath(String(absolute.dropFirst(root == "/" ? 1 : root.count + 1))) ?? .root
  }

  /// The path from the root of the disk, links as they are: what a link inside of a repository leads to is for the tree
  /// to judge.
  private static func absolute(_ directory: String) throws -> String {
    guard let buffer = getcwd(nil, 0) else { throw CommandError.message("the working directory is gone", exit: .usage) }
    defer { free(buffer) }
    let text = directory.hasPrefix("/") ? directory : String(cString: buffer) + "/" + directory
    var segments: [Substring] = []
    for segment in text.split(separator: "/") where segment != "." {
      if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
    }
    return "/" + segments.joined(separator: "/")
  }

  /// The nearest directory above that holds `.git`, else the root of the disk.
  private static func repository(of directory: String) -> String {
    var candidate = directory
    while candidate != "/" && !candidate.isEmpty {
      if access(candidate + "/.git", F_OK) == 0 { return candidate }
      candidate = candidate.lastIndex(of: "/").map { String(candidate[..<$0]) } ?? ""
    }
    return "/"
  }

  /// Paths are shown from the working directory when it is the repository's root, else in full.
  private static func prefix(for root: String) -> String {
    guard let buffer = getcwd(nil, 0) else { return root == "/" ? "/" : root + "/" }
    defer { free(buffer) }
    if String(cString: buffer) == root { return "" }
    return root == "/" ? "/" : root + "/"
  }
}
