import Crypto
import Glibc
package import Manifest

/// The files below a directory on disk, as they are at each read.
///
/// Links are followed only inside the directory. Ids are SHA-256 of contents.
package struct LocalFileTree: FileTree {
  /// Absolute, without links.
  package let root: String
  package let displayPrefix: String

  private static let maximumLinks = 40
  private static let maximumNames = 100_000

  /// - Parameter displayPrefix: what users see before paths, with its slash; nil for `directory` as it was given.
  /// - Throws: ``Failure`` `files.no-directory`.
  package init(_ directory: String, displayPrefix: String? = nil) throws {
    guard !directory.isEmpty, !directory.utf8.contains(0), let resolved = realpath(directory, nil) else {
      throw Self.noDirectory(directory, String(cString: strerror(directory.isEmpty ? ENOENT : errno)))
    }
    defer { free(resolved) }
    root = String(cString: resolved)
    self.displayPrefix =
      displayPrefix ?? (directory == "." ? "" : directory.hasSuffix("/") ? directory : directory + "/")
    var status = stat()
    guard stat(root, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw Self.noDirectory(directory, "it is not a directory")
    }
  }

  package func entry(at path: TreePath) throws -> FileTreeEntry? {
    switch try walk(to: path) {
    case nil: nil
    case .directory(let resolved): .directory(resolved: resolved)
    case .file(let resolved): .file(resolved: resolved)
    }
  }

  package func read(_ path: TreePath, limit: Int) throws -> FileContent {
    guard let place = try walk(to: path) else { throw FileTreeError.notFound(path) }
    guard case .file(let resolved) = place else { throw FileTreeError.isDirectory(path) }
    let bytes = try contents(of: resolved, asked: path, limit: limit)
    return FileContent(bytes: bytes, id: GitObjectID.hex(of: SHA256.hash(data: bytes)), resolved: resolved)
  }

  package func list(_ path: TreePath) throws -> DirectoryListing {
    guard let place = try walk(to: path) else { throw FileTreeError.notFound(path) }
    guard case .directory(let resolved) = place else { throw FileTreeError.notDirectory(path) }
    let names = try names(in: resolved, asked: path)
    let id = GitObjectID.hex(of: SHA256.hash(data: Array(names.joined(separator: "\0").utf8)))
    return DirectoryListing(names: names, id: id, resolved: resolved)
  }

  private static func noDirectory(_ directory: String, _ reason: String) -> Failure {
    Failure(
      "files.no-directory", subject: "directory \(directory)", stage: "open", "it cannot be read", retry: .backOff,
      cause: reason)
  }
}

extension LocalFileTree {
  private enum Place {
    case directory(TreePath)
    case file(TreePath)
  }

  private func onDisk(_ path: TreePath) -> String { path.text.isEmpty ? root : root + "/" + path.text }

  /// Goes down from the root, one name at a time, so that no link leads out.
  private func walk(to path: TreePath) throws(FileTreeError) -> Place? {
    var pending = Array(path.segments.reversed())
    var folder = TreePath.root
    var links = 0
    while let segment = pending.popLast() {
      if segment == ".." {
        guard folder != .root else { throw .leavesTree(path) }
        folder = folder.parent
        continue
      }
      guard let place = folder.appending(segment) else { throw .leavesTree(path) }
      guard let kind = try kind(of: place, asked: path) else { return nil }
      switch kind {
      case S_IFDIR: folder = place
      case S_IFREG: return pending.isEmpty ? .file(place) : nil
      case S_IFLNK:
        links += 1
        guard links <= Self.maximumLinks else { throw .linkLoop(path) }
        pending += try target(of: place, asked: path)
      default: throw .notRegular(path)
      }
    }
    return .directory(folder)
  }

  private func kind(of place: TreePath, asked path: TreePath) throws(FileTreeError) -> mode_t? {
    var status = stat()
    guard lstat(onDisk(place), &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG { return nil }
      throw unreadable(path, errno)
    }
    return status.st_mode & S_IFMT
  }

  /// The segments of a link's target, last first.
  private func target(of link: TreePath, asked path: TreePath) throws(FileTreeError) -> [String] {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(onDisk(link), &buffer, buffer.count)
    guard count >= 0 else { throw unreadable(path, errno) }
    let bytes = buffer.prefix(count).map { UInt8(bitPattern: $0) }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notRegular(path) }
    guard !text.hasPrefix("/") else { throw .leavesTree(path) }
    return text.split(separator: "/").filter { $0 != "." }.reversed().map(String.init)
  }

  private func contents(of place: TreePath, asked path: TreePath, limit: Int) throws(FileTreeError) -> [UInt8] {
    // Not blocking, in case it became a pipe after it was looked at.
    let file = open(onDisk(place), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else { throw unreadable(path, errno) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .notRegular(path) }
    guard status.st_size <= limit else { throw .tooLarge(path, limit: limit) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(max(Int(status.st_size) + 1, 4096), 1 << 20))
    while true {
      let got = chunk.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw unreadable(path, errno) }
      if got == 0 { return bytes }
      guard bytes.count + got <= limit else { throw .tooLarge(path, limit: limit) }
      bytes.append(contentsOf: chunk.prefix(got))
    }
  }

  private func names(in place: TreePath, asked path: TreePath) throws(FileTreeError) -> [String] {
    guard let directory = opendir(onDisk(place)) else { throw unreadable(path, errno) }
    defer { closedir(directory) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
      guard names.count <= Self.maximumNames else {
        throw .unreadable(path, reason: "it holds more than \(Self.maximumNames) names")
      }
    }
    guard errno == 0 else { throw unreadable(path, errno) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func unreadable(_ path: TreePath, _ code: Int32) -> FileTreeError {
    .unreadable(path, reason: String(cString: strerror(code)))
  }
}
