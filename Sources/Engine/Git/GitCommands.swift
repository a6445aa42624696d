import Foundation
import Glibc
import Manifest

/// Runs `git`, hardened: no configuration but ours, no hooks, no prompts, no remote helpers, no submodules.
///
/// Credentials reach git's credential protocol through the environment and a helper that is confined to the
/// repository's origin, so that a redirect to another host gets none.
struct GitCommands: Sendable {
  /// Holds `gitconfig` and, while commands run, key files.
  let directory: String
  let runner: ProcessRunner

  /// Seconds of less than 1 KB/s until a transfer counts as stalled.
  private static let stallSeconds = 60

  init(directory: String, runner: ProcessRunner = ProcessRunner()) throws {
    self.directory = directory
    self.runner = runner
    try Self.prepare(directory)
  }

  /// Runs git in `repository`, or nowhere when nil, without access to a network.
  func local(
    _ arguments: [String], in repository: String?, outputLimit: Int = 1 << 20, deadline: Duration = .seconds(120)
  ) async throws -> CommandResult {
    try await runner.run(
      command(arguments, in: repository, variables: [:], outputLimit: outputLimit, deadline: deadline))
  }

  /// Runs git against `url` with `access`; a non-zero exit becomes the ``Failure`` that its words mean.
  func remote(
    _ arguments: [String], in repository: String?, url: GitURL, access: GitAccess, stage: String,
    outputLimit: Int = 64 << 20, deadline: Duration
  ) async throws -> CommandResult {
    let access = access.completed(for: url)
    let files = try AccessFiles(access, url: url, in: directory)
    defer { files.remove() }
    let variables = try GitEnvironment(access: access, url: url, files: files).variables
    let command = command(
      arguments, in: repository, variables: variables, outputLimit: outputLimit, deadline: deadline)
    let result: CommandResult
    do {
      result = try await runner.run(command)
    } catch let failure as Failure {
      throw GitFailure.process(failure, url: url, stage: stage)
    }
    guard result.succeeded else {
      throw GitFailure.classify(result, url: url, stage: stage, secrets: access.secrets)
    }
    return result
  }

  /// The environment for programs that read a mirror.
  var environment: [String: String] {
    ProcessEnvironment.allowing(
      adding: [
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": directory + "/gitconfig", "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file:https:http:ssh", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0",
        "HOME": directory,
      ])
  }

  private func command(
    _ arguments: [String], in repository: String?, variables: [String: String], outputLimit: Int, deadline: Duration
  ) -> Command {
    var arguments = arguments
    if let repository { arguments = ["--git-dir=" + repository] + arguments }
    var environment = environment.merging(variables) { $1 }
    for (name, value) in ProcessEnvironment.allowing(Self.inherited) where environment[name] == nil {
      environment[name] = value
    }
    return Command(
      .named("git"), arguments, environment: environment, workingDirectory: directory, outputLimit: outputLimit,
      deadline: deadline)
  }

  /// Proxies, where certificates are, and the agent for ssh.
  private static let inherited = [
    "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "SSH_AUTH_SOCK",
  ]
}

extension GitCommands {
  /// Applies to all commands, and to the `upload-pack` that serves a local repository, which sees neither `-c` nor
  /// `GIT_CONFIG_COUNT`.
  private static let configuration = """
    # Written by muster at every start.
    [safe]
    \tdirectory = *
    [core]
    \thooksPath = /dev/null
    \tfsmonitor = false
    [gc]
    \tauto = 0
    \tautoDetach = false
    [maintenance]
    \tauto = false
    [fetch]
    \tunpackLimit = 1
    \twriteCommitGraph = false
    \trecurseSubmodules = false
    [transfer]
    \tfsckObjects = false
    [protocol]
    \tversion = 2
    [http]
    \tlowSpeedLimit = 1000
    \tlowSpeedTime = \(stallSeconds)
    [init]
    \tdefaultBranch = main
    \ttemplateDir =
    [advice]
    \tdetachedHead = false

    """

  private static func prepare(_ directory: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      for name in try FileManager.default.contentsOfDirectory(atPath: directory)
      where AccessFiles.isLeftover(name) || TrustFiles.isLeftover(name) {
        unlink(directory + "/" + name)
      }
      try Data(configuration.utf8).write(to: URL(fileURLWithPath: directory + "/gitconfig"), options: .atomic)
    } catch {
      throw Failure(
        "git.data-directory", subject: "directory \(directory)", stage: "prepare", "cannot be written", retry: .never,
        cause: error.localizedDescription)
    }
  }
}
