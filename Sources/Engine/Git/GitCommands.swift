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
    let keyFile = try keyFile(for: access.credentials)
    defer { keyFile?.removeIfTemporary() }
    let variables = try accessVariables(access, url: url, keyFile: keyFile?.path)
    let command = command(
      arguments, in: repository, variables: variables, outputLimit: outputLimit, deadline: deadline)
    let result: CommandResult
    do {
      result = try await runner.run(command)
    } catch let failure as Failure {
      throw GitFailure.process(failure, url: url, stage: stage)
    }
    guard result.succeeded else {
      throw GitFailure.classify(result, url: url, stage: stage, secrets: access.credentials.secrets)
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
      for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasPrefix(KeyFile.prefix) {
        // Left by a hub that was killed.
        unlink(directory + "/" + name)
      }
      try Data(configuration.utf8).write(to: URL(fileURLWithPath: directory + "/gitconfig"), options: .atomic)
    } catch {
      throw Failure(
        "git.data-directory", subject: "directory \(directory)", stage: "prepare", "cannot be written", retry: .never,
        cause: error.localizedDescription)
    }
  }

  private func accessVariables(_ access: GitAccess, url: GitURL, keyFile: String?) throws -> [String: String] {
    var settings: [(key: String, value: String)] = [("credential.helper", "")]
    var variables: [String: String] = [:]
    switch access.credentials {
    case .password(let user, let password) where url.transport == .https || url.transport == .http:
      guard let origin = url.origin, Self.isOneLine(user), Self.isOneLine(password.reveal()) else {
        throw GitFailure.unusableCredentials(url)
      }
      variables["MUSTER_GIT_USER"] = user
      variables["MUSTER_GIT_PASSWORD"] = password.reveal()
      settings.append(("credential.\(origin).helper", Self.helper))
    case .none, .password, .sshKey, .sshKeyFile: break
    }
    if url.transport == .ssh {
      variables["GIT_SSH_COMMAND"] = Self.sshCommand(access, keyFile: keyFile)
      variables["GIT_SSH_VARIANT"] = "ssh"
    }
    if let file = access.authorityFile { settings.append(("http.sslCAInfo", file)) }
    if access.insecureTLS { settings.append(("http.sslVerify", "false")) }
    variables["GIT_CONFIG_COUNT"] = String(settings.count)
    for (index, setting) in settings.enumerated() {
      variables["GIT_CONFIG_KEY_\(index)"] = setting.key
      variables["GIT_CONFIG_VALUE_\(index)"] = setting.value
    }
    return variables
  }

  /// `printf` is built into the shell: the password does not become an argument of a process.
  private static let helper =
    #"!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$MUSTER_GIT_USER" "$MUSTER_GIT_PASSWORD"; }; f"#

  private static func isOneLine(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 } }

  private static func sshCommand(_ access: GitAccess, keyFile: String?) -> String {
    var words = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=15"]
    if let keyFile {
      words += ["-F", "/dev/null", "-o", "IdentitiesOnly=yes", "-i", quoted(keyFile)]
    }
    switch access.hostKeys {
    case .ofUser: words += ["-o", "StrictHostKeyChecking=yes"]
    case .knownHostsFile(let file):
      words += ["-o", "StrictHostKeyChecking=yes", "-o", quoted("UserKnownHostsFile=\"\(file)\"")]
      words += ["-o", "GlobalKnownHostsFile=/dev/null"]
    case .unchecked:
      words += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
    }
    return words.joined(separator: " ")
  }

  /// One word for the shell that reads `GIT_SSH_COMMAND`.
  private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: #"'\''"#) + "'" }

  private func keyFile(for credentials: GitCredentials) throws -> KeyFile? {
    switch credentials {
    case .none, .password: return nil
    case .sshKeyFile(let path): return KeyFile(path: path, isTemporary: false)
    case .sshKey(let key):
      let text = key.reveal()
      let file = KeyFile(path: directory + "/" + KeyFile.prefix + UUID().uuidString, isTemporary: true)
      try PrivateFile.create(file.path, bytes: Array((text.hasSuffix("\n") ? text : text + "\n").utf8))
      return file
    }
  }
}

/// A private key where ssh can read it.
private struct KeyFile {
  static let prefix = "key-"
  let path: String
  /// Made for one command, from a key that is held in memory.
  let isTemporary: Bool

  func removeIfTemporary() {
    if isTemporary { unlink(path) }
  }
}
