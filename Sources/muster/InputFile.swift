import Foundation
import Manifest

/// Files that a command line names.
enum InputFile {
  private static let maximumBytes = 64 << 20
  private static let suffixes = ["yaml", "yml", "json"]

  /// The content of a file, or of standard input for `-`.
  /// - Throws: ``Diagnostic`` `file.unreadable`, `file.too-large`, `file.not-regular`
  static func read(_ path: String) throws(Diagnostic) -> [UInt8] {
    let handle: FileHandle
    if path == "-" {
      handle = .standardInput
    } else {
      let type = (try? FileManager.default.attributesOfItem(atPath: resolved(path)))?[.type] as? FileAttributeType
      guard let type else { throw problem("unreadable", "the file is not there or may not be read", path) }
      guard type == .typeRegular else { throw problem("not-regular", "this is no regular file", path) }
      guard let opened = FileHandle(forReadingAtPath: path) else {
        throw problem("unreadable", "the file may not be read", path)
      }
      handle = opened
    }
    let data: Data?
    do {
      data = try handle.read(upToCount: maximumBytes + 1)
    } catch {
      throw problem("unreadable", "the file cannot be read", path)
    }
    guard let data else { return [] }
    guard data.count <= maximumBytes else {
      throw problem("too-large", "the file has more than \(maximumBytes) bytes", path)
    }
    return Array(data)
  }

  /// The documents of files and folders, as a control folder has them.
  /// - Throws: ``Diagnostics``, and what ``read(_:)`` throws.
  static func objects(_ paths: [String]) throws -> [Node] {
    try expand(paths).flatMap { file in
      try YAML.parse(try read(file), file: file, options: YAML.Options(schema: .yaml11))
    }
  }

  private static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  private static func problem(_ code: String, _ message: String, _ path: String) -> Diagnostic {
    Diagnostic("file.\(code)", message, at: SourceLocation(file: path))
  }

  /// Directories give their manifests at any depth, sorted; other paths stand for themselves.
  static func expand(_ paths: [String]) -> [String] {
    paths.flatMap { path -> [String] in
      var isDirectory: ObjCBool = false
      guard path != "-", FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue
      else { return [path] }
      let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
      let base = path.hasSuffix("/") ? String(path.dropLast()) : path
      return names.filter { name in
        !name.split(separator: "/").contains { $0.hasPrefix(".") }
          && suffixes.contains(URL(fileURLWithPath: name).pathExtension.lowercased())
      }.sorted().map { base + "/" + $0 }
    }
  }
}
