import Fleet
import Foundation
import Logging
import Manifest
import Synchronization

/// ConfigMaps, Secrets and decision resources that generators refer to, in a folder outside of the fleet repository, so
/// that nothing secret needs to be in Git.
final class ControlFolder: Sendable {
  private static let fileLimit = 1 << 20
  private static let maximumFiles = 1_000

  private let path: String?
  private let lastGood = Mutex<[Node]>([])

  init(_ path: String?) { self.path = path }

  /// The documents as they are now; where one cannot be read, all as they last could.
  func objects(_ logger: Logger) -> [Node] {
    guard let path else { return [] }
    do {
      let objects = try read(path)
      lastGood.withLock { $0 = objects }
      return objects
    } catch {
      let reason = (error as? Diagnostics)?.all.first?.message ?? error.localizedDescription
      logger.error("control folder not read; what it last held counts", metadata: ["reason": "\(reason)"])
      return lastGood.withLock { $0 }
    }
  }

  private func read(_ path: String) throws -> [Node] {
    let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { name in
      !name.hasPrefix(".") && [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
    }
    return try names.sorted().prefix(Self.maximumFiles).flatMap { name in
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path).appendingPathComponent(name))
      // Closing what was only read cannot fail in a way that matters.
      defer { try? handle.close() }
      let bytes = try handle.read(upToCount: Self.fileLimit) ?? Data()
      return try YAML.parse(Array(bytes), file: name, options: YAML.Options(schema: .yaml11))
    }
  }
}
