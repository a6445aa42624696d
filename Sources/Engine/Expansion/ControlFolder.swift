import Fleet
import Logging
import Manifest
import Synchronization

/// ConfigMaps, Secrets and decision resources that generators refer to, in a folder outside of the fleet repository, so
/// that nothing secret needs to be in Git.
final class ControlFolder: Sendable {
  private static let fileLimit = 1 << 20
  private static let maximumFiles = 1_000

  private struct State {
    var lastGood: [Node] = []
    var problem: Diagnostic?
  }

  private let path: String?
  private let state = Mutex(State())

  init(_ path: String?) { self.path = path }

  /// The documents as they are now; where one cannot be read, all as they last could.
  func objects(_ logger: Logger) -> [Node] {
    guard let path else { return [] }
    do {
      let objects = try read(path)
      state.withLock { $0 = State(lastGood: objects) }
      return objects
    } catch {
      let reason = Self.reason(error, path)
      let problem = Diagnostic(
        "control.not-read", severity: .warning,
        "the control folder cannot be read, and what it last held counts: \(reason)", at: SourceLocation(file: path))
      let (objects, isNews) = state.withLock { state in
        let isNews = state.problem != problem
        state.problem = problem
        return (state.lastGood, isNews)
      }
      // With each reading it would be said again.
      if isNews {
        logger.error("control folder not read; what it last held counts", metadata: ["reason": "\(reason)"])
      }
      return objects
    }
  }

  /// What was wrong with the last reading; nil where nothing was.
  var problem: Diagnostic? { state.withLock { $0.problem } }

  /// The words of a reader may quote what stands in a Secret: of what is wrong with a document, only the kind is told.
  private static func reason(_ error: any Error, _ path: String) -> String {
    switch error {
    case let diagnostics as Diagnostics:
      diagnostics.all.first.map { "\($0.code) at \($0.location?.text ?? path)" } ?? "a document is not right"
    case let failure as Failure: failure.message + (failure.cause.map { ": " + $0 } ?? "")
    case let error as FileTreeError: "\(error)"
    default: "it is no readable folder"
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
