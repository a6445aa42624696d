/// A directory of plain manifests, as Argo CD's directory sources read it.
package struct ManifestDirectory: Sendable {
  package struct Options: Sendable, Equatable {
    /// Whether directories below are read too.
    package var recurse = false
    /// Globs over paths relative to the directory, in which `*` crosses slashes; empty takes everything.
    package var include = ""
    /// Tested before ``include``; empty leaves nothing out.
    package var exclude = ""
    /// Bytes of all files together.
    package var totalBytes = 10 << 20
    package var files = 20_000

    package init() {}
  }

  package struct Document: Sendable {
    package var root: Mapping
    package var origin: SourceLocation
  }

  private static let skipMarker = Array("+argocd:skip-file-rendering".utf8)
  private static let maximumDepth = 64

  private let tree: any FileTree
  private let options: Options

  package init(tree: any FileTree, options: Options = Options()) {
    self.tree = tree
    self.options = options
  }

  /// Every object of every `.yaml`, `.yml` and `.json` file, in the order of paths; lists are opened.
  ///
  /// A YAML file that cannot be read as manifests and does not look like one is left out with a warning.
  /// - Throws: ``Diagnostics``: `directory.…`, `yaml.…`, `json.…`
  package func documents(at path: TreePath) throws(Diagnostics) -> (documents: [Document], warnings: [Diagnostic]) {
    var reading = Reading()
    for file in try files(at: path, depth: 0, root: path, &reading) { read(file, &reading) }
    if !reading.problems.isEmpty { throw Diagnostics(reading.problems) }
    return (reading.documents, reading.warnings)
  }

  private struct Reading {
    var documents: [Document] = []
    var warnings: [Diagnostic] = []
    var problems: [Diagnostic] = []
    var bytes = 0
    var files = 0
  }

  // MARK: Finding

  private func files(
    at directory: TreePath, depth: Int, root: TreePath, _ reading: inout Reading
  ) throws(Diagnostics) -> [TreePath] {
    guard depth < Self.maximumDepth else {
      throw Diagnostics(problem("too-deep", "directories are nested too deeply", directory))
    }
    var found: [TreePath] = []
    let names: [String]
    do {
      names = try tree.list(directory).names
    } catch {
      throw Diagnostics(problem("unreadable", "the directory cannot be read", directory))
    }
    for name in names {
      guard let path = directory.appending(name) else { continue }
      do {
        switch try tree.entry(at: path) {
        case .directory: if options.recurse { found += try files(at: path, depth: depth + 1, root: root, &reading) }
        case .file: if isWanted(path, below: root) { found.append(path) }
        case nil:
          if isManifest(name) {
            reading.warnings.append(problem("dangling-link", "the link leads to nothing", path, .warning))
          }
        }
      } catch let error as Diagnostics {
        throw error
      } catch FileTreeError.notRegular {
        continue
      } catch {
        if isManifest(name) || options.recurse { reading.problems.append(worded(error, path)) }
      }
      reading.files += 1
      guard reading.files <= options.files else {
        throw Diagnostics(problem("too-many-files", "the directory has more than \(options.files) files", root))
      }
    }
    return found
  }

  private func isManifest(_ name: String) -> Bool {
    name.hasSuffix(".yaml") || name.hasSuffix(".yml") || name.hasSuffix(".json")
  }

  private func isWanted(_ path: TreePath, below root: TreePath) -> Bool {
    guard isManifest(path.name) else { return false }
    let relative = root.text.isEmpty ? path.text : String(path.text.dropFirst(root.text.count + 1))
    if !options.exclude.isEmpty && Glob(options.exclude).matches(relative) { return false }
    return options.include.isEmpty || Glob(options.include).matches(relative)
  }

  // MARK: Reading

  private func read(_ path: TreePath, _ reading: inout Reading) {
    do {
      let content = try tree.read(path, limit: max(options.totalBytes - reading.bytes, 0))
      reading.bytes += content.bytes.count
      if Self.contains(content.bytes, Self.skipMarker) { return }
      let nodes = try parse(content.bytes, path, &reading)
      for node in nodes { add(node, path, &reading) }
    } catch let error as Diagnostics {
      reading.problems += error.all
    } catch let error as Diagnostic {
      reading.problems.append(error)
    } catch {
      reading.problems.append(worded(error, path))
    }
  }

  private func parse(_ bytes: [UInt8], _ path: TreePath, _ reading: inout Reading) throws -> [Node] {
    let file = display(path)
    if path.name.hasSuffix(".json") { return [try JSON.parse(bytes, file: file)] }
    do {
      return try YAML.parse(bytes, file: file)
    } catch {
      if looksLikeManifest(bytes) { throw error }
      var warning = error.all[0]
      warning.severity = .warning
      warning.message = "the file is left out, since it is no manifest: " + warning.message
      reading.warnings.append(warning)
      return []
    }
  }

  private func looksLikeManifest(_ bytes: [UInt8]) -> Bool {
    ["apiVersion:", "kind:", "metadata:"].allSatisfy { Self.contains(bytes, Array($0.utf8)) }
  }

  private static func contains(_ bytes: [UInt8], _ pattern: [UInt8]) -> Bool {
    // The standard library's generic search takes longer for a file than reading its YAML does.
    guard let first = pattern.first else { return true }
    var rest = bytes[...]
    while let start = rest.firstIndex(of: first) {
      if rest[start...].starts(with: pattern) { return true }
      rest = rest[(start + 1)...]
    }
    return false
  }

  private func add(_ node: Node, _ path: TreePath, _ reading: inout Reading) {
    if node.isNull { return }
    guard let mapping = node.mapping else {
      reading.problems.append(
        problem("not-an-object", "an object must be a mapping, not a \(node.value.kindName)", path, mark: node.mark))
      return
    }
    if mapping.isEmpty { return }
    if let items = mapping["items"], mapping["kind"]?.string?.hasSuffix("List") == true,
      mapping["metadata"]?["name"] == nil
    {
      for item in items.sequence ?? [] { add(item, path, &reading) }
      return
    }
    let name = mapping["metadata"]?["name"]?.string ?? mapping["metadata"]?["generateName"]?.string ?? ""
    guard mapping["apiVersion"]?.string != nil, mapping["kind"]?.string?.isEmpty == false, !name.isEmpty else {
      if mapping["apiVersion"] == nil && mapping["kind"] == nil {
        reading.warnings.append(
          problem("no-object", "a document without apiVersion and kind is left out", path, .warning, mark: node.mark))
        return
      }
      reading.problems.append(
        problem("not-an-object", "an object needs apiVersion, kind and metadata.name", path, mark: node.mark))
      return
    }
    reading.documents.append(
      Document(root: mapping, origin: SourceLocation(file: display(path), mark: node.mark)))
  }

  // MARK: Words

  private func display(_ path: TreePath) -> String { tree.displayPrefix + path.text }

  private func problem(
    _ code: String, _ message: String, _ path: TreePath, _ severity: Diagnostic.Severity = .error,
    mark: SourceMark = .none
  ) -> Diagnostic {
    Diagnostic(
      "directory.\(code)", severity: severity, message, at: SourceLocation(file: display(path), mark: mark))
  }

  private func worded(_ error: any Error, _ path: TreePath) -> Diagnostic {
    switch error {
    case FileTreeError.leavesTree:
      problem("outside-root", "the link leads outside of the repository, which is not allowed", path)
    case FileTreeError.tooLarge: problem("too-large", "the manifests have more than \(options.totalBytes) bytes", path)
    case FileTreeError.linkLoop: problem("link-loop", "the link leads to itself", path)
    case FileTreeError.unreadable(_, let reason): problem("unreadable", "the file cannot be read: \(reason)", path)
    default: problem("unreadable", "the file cannot be read", path)
    }
  }
}
