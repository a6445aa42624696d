import ArgumentParser
import Engine
import Fleet
import Glibc
import Kustomize
import Manifest

/// `muster render`: what a kustomization or a directory of manifests comes to, without a hub or a cluster.
struct Render: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Renders a kustomization or a directory of manifests.",
    discussion: """
      Prints what 'kubectl kustomize DIR' prints, byte for byte. With --app, renders the sources of an Application from \
      a repository on disk, with the settings that the Application has for them.
      """)

  enum Output: String, ExpressibleByArgument, CaseIterable { case yaml, json }
  enum Order: String, ExpressibleByArgument, CaseIterable { case legacy, fifo }

  @Argument(help: "The directory to render.")
  var directory: String?

  @Option(help: "Render the sources of the Application in this file.")
  var app: String?

  @Option(help: "The repository on disk that the Application's sources are read from.")
  var repo: String?

  @Option(name: .shortAndLong, help: "yaml, or a JSON array.")
  var output = Output.yaml

  @Option(help: "legacy sorts as kubectl does, fifo keeps the order of the files; default: as the kustomization says.")
  var order: Order?

  @Flag(help: "Print on stderr what was read.")
  var explain = false

  func validate() throws {
    if (directory == nil) == (app == nil) { throw ValidationError("give either a directory, or --app and --repo") }
    if (app == nil) != (repo == nil) { throw ValidationError("--app and --repo go together") }
  }

  func run() throws {
    let rendering =
      if let app { try renderApplication(app, repo ?? ".") } else { try renderDirectory(directory ?? ".") }
    if !rendering.warnings.isEmpty { StandardError.write(Report.text(for: rendering.warnings)) }
    switch output {
    case .yaml: StandardOutput.write(rendering.yaml)
    case .json:
      let nodes = rendering.documents.map { Node.mapping($0.root) }
      StandardOutput.write(JSON.write(.sequence(nodes), .init(sortsKeys: true, indent: 2)) + [0x0A])
    }
  }

  private func renderDirectory(_ directory: String) throws -> Rendering {
    let place = try SourcePlace(directory)
    return try render(place.tree, place.path, RenderOptions())
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

  private func renderApplication(_ file: String, _ repository: String) throws -> Rendering {
    let application = try readApplication(file)
    let tree = try LocalFileTree(repository)
    var result = Rendering(documents: [], warnings: [])
    for source in application.sources where !source.path.isEmpty || source.ref.isEmpty {
      guard let path = TreePath(source.path) else {
        throw Diagnostic(
          "source.outside-root", "path '\(source.path)' leads outside of the repository",
          at: SourceLocation(file: file, mark: source.mark))
      }
      let options: RenderOptions
      do {
        options = try SourceOptions.render(source)
      } catch let failure as Failure {
        throw CommandError.failure(failure, exit: .usage)
      }
      let rendering = try render(tree, path, options)
      result.documents += rendering.documents
      result.warnings += rendering.warnings
    }
    return result
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
