/// Files that live in memory: texts by path, and links.
package struct MemoryFileTree: FileTree {
  package let displayPrefix: String
  private var files: [TreePath: [UInt8]] = [:]
  private var links: [TreePath: String] = [:]
  private var directories: [TreePath: Set<String>] = [.root: []]

  private static let maximumLinks = 40

  /// - Parameters:
  ///   - files: by path; paths that are absolute or climb out of the tree are left out.
  ///   - links: from path to what the link says.
  package init(_ files: [String: String], links: [String: String] = [:], displayPrefix: String = "") {
    self.displayPrefix = displayPrefix
    for (path, text) in files {
      guard let path = TreePath(path) else { continue }
      self.files[path] = Array(text.utf8)
      enter(path)
    }
    for (path, target) in links {
      guard let path = TreePath(path) else { continue }
      self.links[path] = target
      enter(path)
    }
  }

  /// - Parameter bytes: contents by path.
  package init(bytes: [TreePath: [UInt8]], displayPrefix: String = "") {
    self.displayPrefix = displayPrefix
    files = bytes
    for path in bytes.keys { enter(path) }
  }

  private mutating func enter(_ path: TreePath) {
    var child = path
    while child != .root {
      directories[child.parent, default: []].insert(child.name)
      child = child.parent
    }
  }

  /// The path after links; nil when nothing is there.
  private func resolve(_ path: TreePath) throws(FileTreeError) -> TreePath? {
    var remaining = Array(path.segments.reversed())
    var resolved = TreePath.root
    var followed = 0
    while let segment = remaining.popLast() {
      if segment == ".." {
        guard resolved != .root else { throw .leavesTree(path) }
        resolved = resolved.parent
        continue
      }
      guard let next = resolved.appending(segment) else { throw .leavesTree(path) }
      guard let target = links[next] else {
        resolved = next
        continue
      }
      followed += 1
      guard followed <= Self.maximumLinks else { throw .linkLoop(path) }
      guard !target.hasPrefix("/") else { throw .leavesTree(path) }
      remaining += target.split(separator: "/").filter { $0 != "." }.reversed().map(String.init)
    }
    return files[resolved] != nil || directories[resolved] != nil ? resolved : nil
  }

  package func entry(at path: TreePath) throws -> FileTreeEntry? {
    guard let resolved = try resolve(path) else { return nil }
    return files[resolved] != nil ? .file(resolved: resolved) : .directory(resolved: resolved)
  }

  package func read(_ path: TreePath, limit: Int) throws -> FileContent {
    guard let resolved = try resolve(path) else { throw FileTreeError.notFound(path) }
    guard let bytes = files[resolved] else { throw FileTreeError.isDirectory(path) }
    guard bytes.count <= limit else { throw FileTreeError.tooLarge(path, limit: limit) }
    return FileContent(bytes: bytes, id: ContentHasher.id(of: bytes), resolved: resolved)
  }

  package func list(_ path: TreePath) throws -> DirectoryListing {
    guard let resolved = try resolve(path) else { throw FileTreeError.notFound(path) }
    guard let names = directories[resolved] else { throw FileTreeError.notDirectory(path) }
    let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return DirectoryListing(
      names: sorted, id: ContentHasher.id(of: Array(sorted.joined(separator: "\0").utf8)), resolved: resolved)
  }
}

extension ContentHasher {
  /// The digest of bytes, as hexadecimal text: an id for contents that have none.
  package static func id(of bytes: [UInt8]) -> String {
    var hasher = ContentHasher()
    hasher.add(bytes: bytes)
    return hasher.digest.description
  }
}
