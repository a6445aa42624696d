/// A normalised path in a tree: no leading or trailing slash, no empty, `.` or `..` segment; `""` is the root.
package struct TreePath: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let text: String

  package static let root = TreePath(verified: "")

  private init(verified text: String) { self.text = text }

  /// Normalises `text`. Nil when it is absolute, holds a NUL, or climbs above the root by `..`.
  package init?(_ text: String) {
    guard !text.hasPrefix("/"), !text.utf8.contains(0) else { return nil }
    guard let segments = Self.resolve(text, from: []) else { return nil }
    self.init(verified: segments.joined(separator: "/"))
  }

  /// The path that `relative` names when read from this directory; nil when it leaves the tree or is absolute.
  package func appending(_ relative: String) -> TreePath? {
    guard !relative.hasPrefix("/"), !relative.utf8.contains(0) else { return nil }
    guard let segments = Self.resolve(relative, from: segments) else { return nil }
    return TreePath(verified: segments.joined(separator: "/"))
  }

  package var segments: [String] { text.isEmpty ? [] : text.split(separator: "/").map(String.init) }
  package var name: String { segments.last ?? "" }
  package var parent: TreePath { TreePath(verified: segments.dropLast().joined(separator: "/")) }
  package var description: String { text.isEmpty ? "." : text }

  /// Whether this path is `ancestor` or below it.
  package func isWithin(_ ancestor: TreePath) -> Bool {
    ancestor.text.isEmpty || text == ancestor.text || text.hasPrefix(ancestor.text + "/")
  }

  package static func < (a: TreePath, b: TreePath) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }

  private static func resolve(_ text: String, from start: [String]) -> [String]? {
    var segments = start
    for segment in text.split(separator: "/", omittingEmptySubsequences: true) {
      switch segment {
      case ".": continue
      case "..":
        guard segments.popLast() != nil else { return nil }
      default: segments.append(String(segment))
      }
    }
    return segments
  }
}

/// A read-only snapshot of files: a commit's tree, a directory on disk, or texts in memory.
///
/// Reads are synchronous and thread-safe. Links are followed only inside the tree: a path that leads out of it does not
/// exist as a file read and is an error of its own. Every content and listing has an id that equals exactly when the
/// content does, so that a renderer's result can be cached by what it read.
package protocol FileTree: Sendable {
  /// How users name this tree in messages, put before paths: `""`, `git@main:`, ….
  var displayPrefix: String { get }

  /// What stands at `path` after links; nil when nothing does.
  /// - Throws: ``FileTreeError``
  func entry(at path: TreePath) throws -> FileTreeEntry?

  /// The bytes of the file at `path`.
  /// - Throws: ``FileTreeError`` when it is absent, a directory, or larger than `limit` bytes.
  func read(_ path: TreePath, limit: Int) throws -> FileContent

  /// The names in the directory at `path`, sorted by bytes.
  /// - Throws: ``FileTreeError`` when it is absent or not a directory.
  func list(_ path: TreePath) throws -> DirectoryListing

  /// The id of the file at `path`, without its bytes where the tree knows ids by themselves.
  /// - Throws: as ``read(_:limit:)`` would.
  func identity(of path: TreePath, limit: Int) throws -> FileIdentity

  /// The id of all that is in and below a directory, where the tree has that at hand; nil where it would have to read, where
  /// no directory is there, and where a link leads there.
  func knownDirectoryID(of path: TreePath) -> String?
}

extension FileTree {
  package func identity(of path: TreePath, limit: Int) throws -> FileIdentity {
    let content = try read(path, limit: limit)
    return FileIdentity(id: content.id, resolved: content.resolved)
  }

  package func knownDirectoryID(of path: TreePath) -> String? { nil }
}

package enum FileTreeEntry: Sendable, Equatable {
  /// `resolved` is the path after links.
  case file(resolved: TreePath)
  case directory(resolved: TreePath)
}

package struct FileContent: Sendable {
  package var bytes: [UInt8]
  /// Hex of the content's hash; git's blob id in a git tree.
  package var id: String
  /// The path after links.
  package var resolved: TreePath

  package init(bytes: [UInt8], id: String, resolved: TreePath) {
    self.bytes = bytes
    self.id = id
    self.resolved = resolved
  }
}

/// A file's content, told without its bytes.
package struct FileIdentity: Sendable, Equatable {
  package var id: String
  /// The path after links.
  package var resolved: TreePath

  package init(id: String, resolved: TreePath) {
    self.id = id
    self.resolved = resolved
  }
}

package struct DirectoryListing: Sendable {
  package var names: [String]
  package var id: String
  package var resolved: TreePath

  package init(names: [String], id: String, resolved: TreePath) {
    self.names = names
    self.id = id
    self.resolved = resolved
  }
}

package enum FileTreeError: Error, Sendable, Equatable {
  case notFound(TreePath)
  case isDirectory(TreePath)
  case notDirectory(TreePath)
  /// A link or path leads out of the tree.
  case leavesTree(TreePath)
  case tooLarge(TreePath, limit: Int)
  /// Not a regular file, a device, a pipe, a submodule.
  case notRegular(TreePath)
  /// A chain of links that does not end.
  case linkLoop(TreePath)
  /// The storage behind the tree failed.
  case unreadable(TreePath, reason: String)
}
