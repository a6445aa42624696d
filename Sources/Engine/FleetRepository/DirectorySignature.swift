import Glibc
import Manifest

/// What `stat` says of the files in a directory's `clusters` and `templates`: cheap to take, and another as soon as a file
/// was written, replaced, added or removed.
struct DirectorySignature: Equatable, Sendable {
  private struct Entry: Equatable, Sendable {
    var path: String
    var inode: UInt64
    var size: Int64
    var modified: Int64
    var changed: Int64
    /// Why nothing more is known; 0 for no reason.
    var error: Int32
  }

  private var entries: [Entry] = []

  /// Files and folders.
  var count: Int { entries.count }

  private static let maximumEntries = 50_000
  private static let maximumDepth = 16

  init(of directory: String, root: TreePath) {
    for name in FleetFiles.folders {
      if let folder = root.appending(name) { add(directory + "/" + folder.text, depth: 0) }
    }
  }

  private mutating func add(_ path: String, depth: Int) {
    guard entries.count < Self.maximumEntries, depth <= Self.maximumDepth else { return }
    var status = stat()
    guard stat(path, &status) == 0 else {
      entries.append(Entry(path: path, inode: 0, size: 0, modified: 0, changed: 0, error: errno))
      return
    }
    let isDirectory = status.st_mode & S_IFMT == S_IFDIR
    // A directory's own times change with what the hub ignores, such as an editor's hidden files.
    entries.append(
      Entry(
        path: path, inode: UInt64(status.st_ino), size: isDirectory ? 0 : Int64(status.st_size),
        modified: isDirectory ? 0 : Self.nanoseconds(status.st_mtim),
        changed: isDirectory ? 0 : Self.nanoseconds(status.st_ctim), error: 0))
    if isDirectory { addChildren(of: path, depth: depth) }
  }

  private mutating func addChildren(of path: String, depth: Int) {
    guard let directory = opendir(path) else {
      entries.append(Entry(path: path, inode: 0, size: 0, modified: 0, changed: 0, error: errno))
      return
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory), names.count < Self.maximumEntries {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    for name in names.sorted() { add(path + "/" + name, depth: depth + 1) }
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
