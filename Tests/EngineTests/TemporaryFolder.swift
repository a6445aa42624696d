import Foundation
import Manifest
import Testing

/// A folder that goes away with the test that made it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/engine-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws {
    let file = path + "/" + name
    let folder = (file as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }
}

/// Expects `body` to throw a ``Failure`` of this code, and gives it back for a closer look.
@discardableResult
func expectFailure<T: Sendable>(
  _ code: String, sourceLocation: Testing.SourceLocation = #_sourceLocation, _ body: () async throws -> T
) async -> Failure? {
  do {
    _ = try await body()
    Issue.record("no failure, expected \(code)", sourceLocation: sourceLocation)
  } catch let failure as Failure {
    #expect(failure.code == code, sourceLocation: sourceLocation)
    return failure
  } catch {
    Issue.record("expected a failure \(code), got \(error)", sourceLocation: sourceLocation)
  }
  return nil
}
