import Manifest

/// Several trees as one, each in a folder of its own below the root: what is read of all of them is recorded as one.
///
/// A link never leads from one into another.
struct JoinedFileTree: FileTree {
  private let mounts: [(path: TreePath, tree: any FileTree)]

  /// - Parameter mounts: by folder; a name must be a single segment, else its tree is left out.
  init(_ mounts: [String: any FileTree]) {
    self.mounts = mounts.sorted { $0.key < $1.key }.compactMap { name, tree in
      TreePath(name).flatMap { $0.segments.count == 1 ? ($0, tree) : nil }
    }
  }

  var displayPrefix: String { "" }

  /// A path as users know it, with the name of its own tree.
  func display(_ path: TreePath) -> String {
    guard let (mount, tree) = mount(of: path) else { return path.text }
    return tree.displayPrefix + Self.inner(path, mount).description
  }

  func entry(at path: TreePath) throws -> FileTreeEntry? {
    guard let (mount, tree) = mount(of: path) else { return path == .root ? .directory(resolved: .root) : nil }
    switch try tree.entry(at: Self.inner(path, mount)) {
    case nil: return nil
    case .file(let resolved): return .file(resolved: Self.outer(resolved, mount))
    case .directory(let resolved): return .directory(resolved: Self.outer(resolved, mount))
    }
  }

  func read(_ path: TreePath, limit: Int) throws -> FileContent {
    guard let (mount, tree) = mount(of: path) else { throw FileTreeError.notFound(path) }
    var content = try tree.read(Self.inner(path, mount), limit: limit)
    content.resolved = Self.outer(content.resolved, mount)
    return content
  }

  func identity(of path: TreePath, limit: Int) throws -> FileIdentity {
    guard let (mount, tree) = mount(of: path) else { throw FileTreeError.notFound(path) }
    var identity = try tree.identity(of: Self.inner(path, mount), limit: limit)
    identity.resolved = Self.outer(identity.resolved, mount)
    return identity
  }

  func list(_ path: TreePath) throws -> DirectoryListing {
    guard let (mount, tree) = mount(of: path) else {
      guard path == .root else { throw FileTreeError.notFound(path) }
      let names = mounts.map(\.path.text)
      return DirectoryListing(names: names, id: names.joined(separator: "/"), resolved: .root)
    }
    var listing = try tree.list(Self.inner(path, mount))
    listing.resolved = Self.outer(listing.resolved, mount)
    return listing
  }

  private func mount(of path: TreePath) -> (path: TreePath, tree: any FileTree)? {
    mounts.first { path.isWithin($0.path) }
  }

  private static func inner(_ path: TreePath, _ mount: TreePath) -> TreePath {
    TreePath(String(path.text.dropFirst(mount.text.count + 1))) ?? .root
  }

  /// `path` of the tree that stands at `mount`.
  static func outer(_ path: TreePath, _ mount: TreePath) -> TreePath { mount.appending(path.text) ?? mount }
}
