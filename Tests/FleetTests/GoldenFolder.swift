import Foundation
import Manifest

@testable import Fleet

/// A folder of golden cases beside the tests.
struct GoldenFolder {
  private let url: URL

  init(_ path: String, file: String = #filePath) {
    url = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(path)
  }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
  }

  /// All files of a case, named by their path in it, sorted.
  func files(_ name: String) throws -> [FleetFile] {
    let root = url.appendingPathComponent(name)
    let paths = (FileManager.default.enumerator(atPath: root.path)?.allObjects as? [String] ?? []).sorted()
    return try paths.compactMap { path in
      let file = root.appendingPathComponent(path)
      var isDirectory: ObjCBool = false
      guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isDirectory), !isDirectory.boolValue else {
        return nil
      }
      return FleetFile(name: path, bytes: Array(try Data(contentsOf: file)))
    }
  }
}

/// Files in memory as a tree.
struct MemoryTree: FileTree {
  let displayPrefix = ""
  private var files: [TreePath: [UInt8]] = [:]

  init(_ files: [FleetFile], below prefix: String) {
    for file in files where file.name.hasPrefix(prefix) {
      if let path = TreePath(String(file.name.dropFirst(prefix.count))) { self.files[path] = file.bytes }
    }
  }

  func entry(at path: TreePath) -> FileTreeEntry? {
    if files[path] != nil { return .file(resolved: path) }
    return files.keys.contains { $0.isWithin(path) } ? .directory(resolved: path) : nil
  }

  func read(_ path: TreePath, limit: Int) throws -> FileContent {
    guard let bytes = files[path] else { throw FileTreeError.notFound(path) }
    guard bytes.count <= limit else { throw FileTreeError.tooLarge(path, limit: limit) }
    return FileContent(bytes: bytes, id: path.text, resolved: path)
  }

  func list(_ path: TreePath) throws -> DirectoryListing {
    let below = files.keys.filter { $0.isWithin(path) && $0 != path }
    let names = Set(below.compactMap { $0.segments.dropFirst(path.segments.count).first })
    return DirectoryListing(names: names.sorted(), id: path.text, resolved: path)
  }
}
