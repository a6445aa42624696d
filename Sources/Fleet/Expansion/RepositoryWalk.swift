import Manifest

/// All directories or files of a tree, within bounds, sorted by path.
struct RepositoryWalk {
  private static let maximumEntries = 200_000
  private static let maximumDepth = 100

  private let tree: any FileTree
  private(set) var files: [TreePath] = []
  private(set) var directories: [TreePath] = []
  private let skipsHiddenDirectories: Bool

  /// - Throws: ``FileTreeError``, or ``TooLarge``.
  init(_ tree: any FileTree, skippingHiddenDirectories: Bool) throws {
    self.tree = tree
    skipsHiddenDirectories = skippingHiddenDirectories
    try visit(.root, depth: 0)
    files.sort()
    directories.sort()
  }

  struct TooLarge: Error {}

  private mutating func visit(_ directory: TreePath, depth: Int) throws {
    guard depth < Self.maximumDepth else { throw TooLarge() }
    for name in try tree.list(directory).names {
      guard let path = directory.appending(name) else { continue }
      guard files.count + directories.count < Self.maximumEntries else { throw TooLarge() }
      // A link that leads nowhere, or out of the tree, is no file of the repository.
      switch try? tree.entry(at: path) {
      case .directory(let resolved):
        guard resolved == path, !(skipsHiddenDirectories && name.hasPrefix(".")) else { continue }
        directories.append(path)
        try visit(path, depth: depth + 1)
      case .file: files.append(path)
      case nil: continue
      }
    }
  }
}
