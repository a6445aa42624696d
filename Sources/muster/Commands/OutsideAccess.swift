import Engine
import Fleet
import Foundation
import HTTPClient
import Logging
import Manifest

/// Lets a command without a hub ask the world, with mirrors in a temporary folder that lasts as long as the command.
enum OutsideAccess {
  /// Runs `expand` until it asks for nothing new, with the credentials among its objects.
  static func answer(
    _ inputs: inout ExpansionInputs, allowedHosts: [String],
    expand: @escaping @Sendable (ExpansionInputs) -> Expansion
  ) async throws -> Expansion {
    let expansion = expand(inputs)
    if expansion.inquiries.isEmpty { return expansion }
    return try await withWorld(allowedHosts: allowedHosts, control: inputs.objects) { world, _ in
      try await world.answer(&inputs, expand)
    }
  }

  /// - Parameter control: ConfigMaps and Secrets, those of repositories among them.
  static func withWorld<T>(
    allowedHosts: [String], control: [Node] = [], _ body: (OutsideWorld, GitMirrors) async throws -> T
  ) async throws -> T {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("muster-\(UUID().uuidString)")
    // What is left behind in a temporary folder harms nobody.
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = OutsideWorld.Options()
    options.allowedHosts = Set(allowedHosts.map { $0.lowercased() })
    options.userAgent = "muster/" + Version.text
    let repositories = RepositoryAccess(
      objects: control, directory: folder.path, logger: Logger(label: "muster.git"))
    let mirrors = try GitMirrors(directory: folder.path, access: repositories.provider)
    return try await body(OutsideWorld(mirrors: mirrors, transport: try CurlTransport(), options: options), mirrors)
  }
}
