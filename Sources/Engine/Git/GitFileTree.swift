package import Manifest

/// The files of one commit, read from its objects: nothing is checked out.
///
/// Reads are synchronous and may wait for a process; call from ``RenderThreads``, not from the cooperative pool. Ids of
/// contents are git's blob ids.
package struct GitFileTree: FileTree {
  let repository: GitObjects.Repository
  package let commit: GitObjectID
  package let displayPrefix: String

  private static let maximumLinks = 40
  private static let linkLimit = 4096

  init(repository: GitObjects.Repository, commit: GitObjectID, displayPrefix: String) {
    self.repository = repository
    self.commit = commit
    self.displayPrefix = displayPrefix
  }

  package func entry(at path: TreePath) throws -> FileTreeEntry? {
    guard let place = try walk(to: path) else { return nil }
    switch place.content {
    case .directory: return .directory(resolved: place.path)
    case .file: return .file(resolved: place.path)
    }
  }

  package func read(_ path: TreePath, limit: Int) throws -> FileContent {
    guard let place = try walk(to: path) else { throw FileTreeError.notFound(path) }
    guard case .file(let id) = place.content else { throw FileTreeError.isDirectory(path) }
    let bytes = try reading(path, limit: limit) { () throws(GitReadError) in
      try repository.objects.blob(id, in: repository.path, limit: limit)
    }
    return FileContent(bytes: bytes, id: id.hex, resolved: place.path)
  }

  /// Sizes are read once for each id and remembered.
  package func identity(of path: TreePath, limit: Int) throws -> FileIdentity {
    guard let place = try walk(to: path) else { throw FileTreeError.notFound(path) }
    guard case .file(let id) = place.content else { throw FileTreeError.isDirectory(path) }
    try reading(path, limit: limit) { () throws(GitReadError) in
      try repository.objects.checkSize(of: id, in: repository.path, limit: limit)
    }
    return FileIdentity(id: id.hex, resolved: place.path)
  }

  /// By the tree objects that were read before.
  package func knownDirectoryID(of path: TreePath) -> String? {
    guard var id = repository.objects.knownRoot(of: commit) else { return nil }
    for segment in path.text.split(separator: "/") {
      guard let entry = repository.objects.knownTree(id)?[String(segment)], entry.kind == .directory else { return nil }
      id = entry.id
    }
    return id.hex
  }

  package func list(_ path: TreePath) throws -> DirectoryListing {
    guard let place = try walk(to: path) else { throw FileTreeError.notFound(path) }
    guard case .directory(let tree) = place.content else { throw FileTreeError.notDirectory(path) }
    return DirectoryListing(names: tree.names, id: tree.namesID, resolved: place.path)
  }
}

extension GitFileTree {
  private enum Content {
    case directory(GitTreeObject)
    case file(GitObjectID)
  }

  private struct Place {
    var content: Content
    var path: TreePath
  }

  /// Goes down from the root, following links inside the tree.
  private func walk(to path: TreePath) throws(FileTreeError) -> Place? {
    var pending = Array(path.segments.reversed())
    var folders: [(name: String, tree: GitTreeObject)] = []
    let root = try rootTree(path)
    var links = 0
    while let segment = pending.popLast() {
      if segment == ".." {
        guard folders.popLast() != nil else { throw .leavesTree(path) }
        continue
      }
      guard let entry = (folders.last?.tree ?? root)[segment] else { return nil }
      switch entry.kind {
      case .directory: folders.append((segment, try tree(entry.id, path)))
      case .file:
        guard pending.isEmpty else { return nil }
        return Place(content: .file(entry.id), path: try joined(folders.map(\.name) + [segment], path))
      case .link:
        links += 1
        guard links <= Self.maximumLinks else { throw .linkLoop(path) }
        pending += try target(of: entry.id, path)
      case .submodule: throw .notRegular(path)
      }
    }
    return Place(content: .directory(folders.last?.tree ?? root), path: try joined(folders.map(\.name), path))
  }

  /// The segments of a link's target, last first.
  private func target(of link: GitObjectID, _ path: TreePath) throws(FileTreeError) -> [String] {
    let bytes = try reading(path, limit: Self.linkLimit) { () throws(GitReadError) in
      try repository.objects.blob(link, in: repository.path, limit: Self.linkLimit)
    }
    guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty, !bytes.contains(0) else {
      throw .notRegular(path)
    }
    guard !text.hasPrefix("/") else { throw .leavesTree(path) }
    return text.split(separator: "/").filter { $0 != "." }.reversed().map(String.init)
  }

  private func rootTree(_ path: TreePath) throws(FileTreeError) -> GitTreeObject {
    try reading(path, limit: GitObjects.treeLimit) { () throws(GitReadError) in
      let root = try repository.objects.rootTree(of: commit, in: repository.path)
      return try repository.objects.tree(root, in: repository.path)
    }
  }

  private func tree(_ id: GitObjectID, _ path: TreePath) throws(FileTreeError) -> GitTreeObject {
    try reading(path, limit: GitObjects.treeLimit) { () throws(GitReadError) in
      try repository.objects.tree(id, in: repository.path)
    }
  }

  private func joined(_ segments: [String], _ path: TreePath) throws(FileTreeError) -> TreePath {
    guard let joined = TreePath(segments.joined(separator: "/")) else { throw .leavesTree(path) }
    return joined
  }

  /// Puts the path to what went wrong with an object.
  private func reading<T>(
    _ path: TreePath, limit: Int, _ body: () throws(GitReadError) -> T
  ) throws(FileTreeError) -> T {
    do {
      return try body()
    } catch {
      switch error {
      case .tooLarge: throw .tooLarge(path, limit: limit)
      case .unreadable(let reason): throw .unreadable(path, reason: reason)
      }
    }
  }
}
