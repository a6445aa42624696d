import Foundation
import Testing

@testable import Engine

/// A real repository with a work tree, made by `git init` in a folder of its own.
struct TestRepository {
  let folder: TemporaryFolder
  var path: String { folder.path }

  init() async throws {
    folder = try TemporaryFolder()
    try await git("init", "--quiet", "--initial-branch=main", ".")
  }

  @discardableResult
  func git(_ arguments: String...) async throws -> String { try await git(arguments: arguments) }

  @discardableResult
  func git(arguments: [String]) async throws -> String {
    let environment = ProcessEnvironment.allowing(adding: [
      "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A Writer",
      "GIT_AUTHOR_EMAIL": "writer@example.org", "GIT_COMMITTER_NAME": "A Writer",
      "GIT_COMMITTER_EMAIL": "writer@example.org", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    ])
    let result = try await ProcessRunner().run(
      Command(.named("git"), ["-C", path] + arguments, environment: environment, deadline: .seconds(60)))
    try #require(result.succeeded, "git \(arguments) said: \(result.errorText)")
    return String(decoding: result.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Writes files, and commits all there is.
  @discardableResult
  func commit(_ files: [String: String] = [:], message: String = "Change") async throws -> GitObjectID {
    for (name, text) in files { try folder.write(text, to: name) }
    try await git("add", "--all")
    try await git("commit", "--quiet", "--allow-empty", "--message", message)
    return try await head()
  }

  func head() async throws -> GitObjectID { try #require(GitObjectID(try await git("rev-parse", "HEAD"))) }
}

/// Mirrors in a folder of their own.
struct TestMirrors {
  let folder: TemporaryFolder
  let mirrors: GitMirrors

  init(options: GitMirrors.Options = .init(), folder: TemporaryFolder? = nil, access: GitAccess = GitAccess()) throws {
    let folder = try folder ?? TemporaryFolder()
    self.folder = folder
    mirrors = try GitMirrors(directory: folder.path + "/git", options: options) { _ in access }
  }

  func mirrorPath(_ url: GitURL) -> String { folder.path + "/git/" + MirrorFolder.name(for: url) }
}
