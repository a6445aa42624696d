import Fleet
import Logging
import Manifest
import Synchronization

/// ConfigMaps, Secrets and decision resources that generators refer to, in a folder outside of the fleet repository, so
/// that nothing secret needs to be in Git.
final class ControlFolder: Sendable {
  private static let fileLimit = 1 << 20
  private static let maximumFiles = 1_000

  private let path: String?
  private let state = Mutex(State())

  private struct State {
    var lastGood: [Node] = []
    /// Why it could not be read, as it was told.
    var reason: String?
  }

  init(_ path: String?) { self.path = path }

  /// The documents as they are now; where one cannot be read, all as they last could.
  func objects(_ logger: Logger) -> [Node] {
    guard let path else { return [] }
    do {
      let objects = try read(path)
      state.withLock { $0 = State(lastGood: objects) }
      return objects
    } catch {
      // The words of a reader may quote what stands in a Secret.
      let first = (error as? Diagnostics)?.all.first
      let reason = first.map { "\($0.code) at \($0.location?.text ?? path)" } ?? "\(error)"
      let (known, isNews) = state.withLock { state in
        defer { state.reason = reason }
        return (state.lastGood, state.reason != reason)
      }
      if isNews {
        logger.error("control folder not read; what it last held counts", metadata: ["reason": "\(reason)"])
      }
      return known
    }
  }

  private func read(_ path: String) throws -> [Node] {
    let tree = try LocalFileTree(path)
    let names = try tree.list(.root).names.filter { name in
      !name.hasPrefix(".") && [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
    }
    guard names.count <= Self.maximumFiles else {
      throw Diagnostics(
        Diagnostic("control.too-many-files", "the folder holds more than the limit of \(Self.maximumFiles) files"))
    }
    return try names.compactMap(TreePath.init).flatMap { name in
      try YAML.parse(
        try tree.read(name, limit: Self.fileLimit).bytes, file: name.text, options: YAML.Options(schema: .yaml11))
    }
  }
}
