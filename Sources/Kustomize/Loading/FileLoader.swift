import Manifest

/// What one build may read, so that hostile input costs bounded time and memory.
package struct RenderLimits: Sendable {
  /// Bytes of one file.
  package var fileBytes = 16 << 20
  /// Bytes of all files together.
  package var totalBytes = 256 << 20
  /// Kustomizations below each other.
  package var depth = 64
  /// Directories of kustomizations, each as often as it is reached.
  package var directories = 10_000
  package var resources = 100_000
  /// Bytes that one resource may grow to.
  package var resourceBytes = 32 << 20
  /// Bytes of all resources together.
  package var outputBytes = 512 << 20

  package init() {}
}

/// Reads files by the rules of load restriction: a file must be in or below the directory of the kustomization that names
/// it, after links; directories may be anywhere in the tree.
struct FileLoader {
  let tree: any FileTree
  let limits: RenderLimits
  let cache: ParsedFileCache?
  let bases: BaseCache?
  let remotes: (any RemoteBases)?
  let charts: (any ChartInflater)?
  /// The other repository that ``tree`` is of; nil for the one that is rendered.
  var remote: RemoteReference?
  private(set) var bytesRead = 0

  init(
    tree: any FileTree, limits: RenderLimits, cache: ParsedFileCache? = nil, bases: BaseCache? = nil,
    remotes: (any RemoteBases)? = nil, charts: (any ChartInflater)? = nil
  ) {
    self.tree = tree
    self.limits = limits
    self.cache = cache
    self.bases = bases
    self.remotes = remotes
    self.charts = charts
  }

  /// The same from another tree.
  func reading(_ tree: any FileTree) -> FileLoader {
    var loader = FileLoader(
      tree: tree, limits: limits, cache: cache, bases: bases, remotes: remotes, charts: charts
    ).counting(self)
    loader.remote = remote
    return loader
  }

  /// With the count of another loader that went on from this one.
  func counting(_ other: FileLoader) -> FileLoader {
    var loader = self
    loader.bytesRead = other.bytesRead
    return loader
  }

  /// Counts bytes that were read.
  mutating func count(_ bytes: Int, at location: SourceLocation) throws(Diagnostic) {
    bytesRead += bytes
    guard bytesRead <= limits.totalBytes else {
      throw Diagnostic(
        "kustomize.too-much-input", "the files have more than \(limits.totalBytes) bytes together", at: location)
    }
  }

  /// How users know a file of the tree.
  func display(_ path: TreePath) -> String { tree.displayPrefix + path.text }

  /// The bytes of a file that a kustomization in `directory` names.
  /// - Throws: ``Diagnostic`` at `location`, where it is named.
  mutating func read(
    _ text: String, from directory: TreePath, at location: SourceLocation
  ) throws(Diagnostic) -> (path: TreePath, content: FileContent) {
    let path = try resolve(text, from: directory, at: location)
    do {
      let content = try tree.read(path, limit: limits.fileBytes)
      guard content.resolved.isWithin(directory) else { throw outside(text, directory, location) }
      try count(content.bytes.count, at: location)
      return (path, content)
    } catch let error as FileTreeError {
      throw problem(error, text, directory, location)
    } catch let error as Diagnostic {
      throw error
    } catch {
      throw Diagnostic("kustomize.unreadable-file", "'\(text)' cannot be read", at: location)
    }
  }

  private func resolve(
    _ text: String, from directory: TreePath, at location: SourceLocation
  ) throws(Diagnostic) -> TreePath {
    if text.isEmpty { throw Diagnostic("kustomize.invalid-path", "a path is empty", at: location) }
    if text.hasPrefix("/") {
      throw Diagnostic(
        "kustomize.absolute-path", "'\(text)' is an absolute path, which is not allowed", at: location,
        help: "write it relative to the kustomization file")
    }
    guard let path = directory.appending(text) else { throw outside(text, directory, location) }
    return path
  }

  private func outside(_ text: String, _ directory: TreePath, _ location: SourceLocation) -> Diagnostic {
    Diagnostic(
      "kustomize.outside-root", "'\(text)' leads outside of '\(display(directory))', which is not allowed",
      at: location,
      help: "a kustomization may only read files in or below its own directory; make a base of the other directory")
  }

  /// Words an error of the tree.
  func problem(
    _ error: FileTreeError, _ text: String, _ directory: TreePath, _ location: SourceLocation
  ) -> Diagnostic {
    switch error {
    case .notFound: missing(text, directory, location)
    case .isDirectory: Diagnostic("kustomize.not-a-file", "'\(text)' is a directory, not a file", at: location)
    case .notDirectory: Diagnostic("kustomize.not-a-directory", "'\(text)' is not a directory", at: location)
    case .leavesTree: outside(text, directory, location)
    case .tooLarge(_, let limit):
      Diagnostic("kustomize.file-too-large", "'\(text)' has more than \(limit) bytes", at: location)
    case .notRegular:
      Diagnostic("kustomize.not-a-file", "'\(text)' is not a regular file", at: location)
    case .linkLoop: Diagnostic("kustomize.link-loop", "'\(text)' is a link that leads to itself", at: location)
    case .unreadable(_, let reason):
      Diagnostic("kustomize.unreadable-file", "'\(text)' cannot be read: \(reason)", at: location)
    }
  }

  private func missing(_ text: String, _ directory: TreePath, _ location: SourceLocation) -> Diagnostic {
    var help: String?
    if let path = directory.appending(text), let names = try? tree.list(path.parent).names {
      let nearest = NearestName.of(path.name, among: names)
      help = nearest.map { name in
        "did you mean '\(text.split(separator: "/").dropLast().map { $0 + "/" }.joined())\(name)'?"
      }
    }
    if text.contains("*") { help = "wildcards are not expanded; name each file" }
    return Diagnostic("kustomize.missing-file", "there is no file or directory '\(text)'", at: location, help: help)
  }

  // MARK: Directories and kustomization files

  /// The directory that `text` names, after links.
  mutating func directory(
    _ text: String, from directory: TreePath, at location: SourceLocation
  ) throws(Diagnostic) -> TreePath? {
    guard !text.hasPrefix("/"), let path = directory.appending(text) else { return nil }
    do {
      switch try tree.entry(at: path) {
      case .directory(let resolved): return resolved
      case .file, nil: return nil
      }
    } catch let error as FileTreeError {
      throw problem(error, text, directory, location)
    } catch {
      throw Diagnostic("kustomize.unreadable-file", "'\(text)' cannot be read", at: location)
    }
  }

  /// The one kustomization file of a directory; nil when there is none.
  /// - Throws: ``Diagnostic`` when there is more than one.
  func kustomizationFile(in directory: TreePath, at location: SourceLocation?) throws(Diagnostic) -> TreePath? {
    var found: [TreePath] = []
    for name in Kustomization.fileNames {
      guard let path = directory.appending(name) else { continue }
      do {
        if case .file? = try tree.entry(at: path) { found.append(path) }
      } catch let error as FileTreeError {
        throw problem(error, name, directory, location ?? SourceLocation(file: display(path)))
      } catch {
        throw Diagnostic("kustomize.unreadable-file", "'\(name)' cannot be read", at: location)
      }
    }
    guard found.count <= 1 else {
      throw Diagnostic(
        "kustomize.two-kustomizations",
        "'\(display(directory))' has more than one kustomization file: "
          + found.map(\.name).joined(separator: ", "),
        at: SourceLocation(file: display(found[0])), help: "keep one of them")
    }
    return found.first
  }

  // MARK: Parsing

  /// The documents of a manifest file, from the cache if its content was read before.
  func manifest(_ content: FileContent, _ path: TreePath) throws(Diagnostics) -> [Node] {
    try parse(content.bytes, id: content.id, schema: .kustomize, file: display(path))
  }

  /// The first document of a file that holds settings, by the rules of YAML 1.1.
  func settings(_ content: FileContent, _ path: TreePath) throws(Diagnostics) -> Node? {
    try parse(content.bytes, id: content.id, schema: .yaml11, file: display(path)).first
  }

  private func parse(
    _ bytes: [UInt8], id: String, schema: YAML.Schema, file: String
  ) throws(Diagnostics) -> [Node] {
    if let nodes = cache?.nodes(id: id, schema: schema) { return nodes }
    let nodes = try YAML.parse(
      Self.normalized(bytes, schema), file: file,
      options: YAML.Options(
        schema: schema, allowsDuplicateKeys: schema == .yaml11, requiresStringKeys: schema == .kustomize))
    cache?.store(nodes, id: id, schema: schema, bytes: bytes.count)
    return nodes
  }

  /// Line ends of Windows become those of Unix in manifests.
  private static func normalized(_ bytes: [UInt8], _ schema: YAML.Schema) -> [UInt8] {
    guard schema == .kustomize, bytes.contains(0x0D) else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for (position, byte) in bytes.enumerated() {
      if byte == 0x0D, position + 1 < bytes.count, bytes[position + 1] == 0x0A { continue }
      result.append(byte)
    }
    return result
  }
}
