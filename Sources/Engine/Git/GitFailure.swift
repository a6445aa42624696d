import Manifest

/// What git's words mean, and what of them may be shown.
enum GitFailure {
  private struct Pattern {
    var words: [String]
    var code: String
    var message: String
    var retry: Failure.Retry
  }

  /// In order: the first whose words occur decides. git gives nothing but exit code 128 and English text (`LC_ALL=C`).
  private static let patterns = [
    Pattern(
      words: ["host key verification failed", "remote host identification has changed"], code: "git.host-key",
      message: "the server's host key is not among the known ones", retry: .backOff),
    Pattern(
      words: [
        "authentication failed", "could not read username", "could not read password", "permission denied (",
        "invalid username or password", "returned error: 401", "returned error: 403", "access denied",
        "http basic: access denied", "load key \"", "terminal prompts disabled",
      ], code: "git.authentication", message: "the server does not accept the credentials, or wants some",
      retry: .backOff),
    Pattern(
      words: [
        "repository not found", "' not found", "returned error: 404", "does not exist",
        "does not appear to be a git repository", "not a git repository", "no such file or directory",
        "project you were looking for could not be found",
      ], code: "git.not-found", message: "there is no such repository, or the credentials may not see it",
      retry: .backOff),
    Pattern(
      words: ["ssl certificate problem", "server certificate verification failed", "certificate subject name"],
      code: "git.certificate", message: "the server's certificate is not trusted", retry: .backOff),
    Pattern(
      words: [
        "could not resolve host", "could not resolve proxy", "name or service not known", "connection refused",
        "connection timed out", "operation timed out", "failed to connect", "network is unreachable",
        "no route to host", "connection reset", "connection closed", "operation too slow", "rpc failed",
        "the remote end hung up", "early eof", "returned error: 5", "returned error: 429", "unexpected disconnect",
        "couldn't connect to server", "empty reply from server", "recv failure", "gnutls_handshake",
        "unable to access", "could not read from remote repository", "ssl_connect", "ssl_error",
      ], code: "git.unreachable", message: "the server cannot be reached, or breaks off", retry: .backOff),
    Pattern(
      words: ["transport '"], code: "git.url-invalid", message: "git does not allow this transport",
      retry: .never),
    Pattern(
      words: ["no space left on device", "disk quota exceeded"], code: "git.disk-full",
      message: "there is no space left for the mirror", retry: .backOff),
  ]

  static func classify(_ result: CommandResult, url: GitURL, stage: String, secrets: [String]) -> Failure {
    let text = result.errorText.lowercased()
    let pattern = patterns.first { $0.words.contains(where: text.contains) }
    let cause = shown(result.errorText, secrets: secrets)
    return Failure(
      pattern?.code ?? "git.failed", subject: subject(url), stage: stage,
      pattern?.message ?? "git ended with \(result.endingText)", retry: pattern?.retry ?? .backOff,
      cause: cause.isEmpty ? nil : cause)
  }

  /// A failure to run git at all.
  static func process(_ failure: Failure, url: GitURL, stage: String) -> Failure {
    switch failure.code {
    case "process.deadline":
      Failure("git.timeout", subject: subject(url), stage: stage, failure.message, retry: .backOff)
    case "process.output-limit":
      Failure("git.too-large", subject: subject(url), stage: stage, failure.message, retry: .backOff)
    default:
      Failure(
        "git.not-started", subject: subject(url), stage: stage, "git \(failure.message)", retry: .backOff,
        cause: failure.cause)
    }
  }

  static func subject(_ url: GitURL) -> String { "repository \(url.text)" }

  static func unusableCredentials(_ url: GitURL) -> Failure {
    Failure(
      "git.authentication", subject: subject(url), stage: "connect",
      "user or password holds a line break or another control character", retry: .never)
  }

  /// The telling lines of git's words, without secrets, user information and control characters, in 500 characters.
  static func shown(_ text: String, secrets: [String]) -> String {
    var text = text
    for secret in secrets where secret.utf8.count >= 4 { text = text.replacing(secret, with: "<redacted>") }
    let lines = text.split(whereSeparator: \.isNewline).map { line in
      String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }
    let telling = lines.filter { line in
      ["fatal:", "error:", "remote:", "ssh:"].contains { line.hasPrefix($0) } || line.contains("denied")
    }
    let joined = (telling.isEmpty ? lines.suffix(3) : telling.prefix(4)).joined(separator: "; ")
    return String(withoutUserInformation(joined).prefix(500))
  }

  /// `://user:password@host` becomes `://<redacted>@host`.
  private static func withoutUserInformation(_ text: String) -> String {
    var shown = ""
    var rest = text[...]
    while let separator = rest.firstRange(of: "://") {
      shown += rest[..<separator.upperBound]
      rest = rest[separator.upperBound...]
      let end = rest.firstIndex { $0 == "/" || $0 == " " || $0 == "'" || $0 == "\"" } ?? rest.endIndex
      if let at = rest[..<end].lastIndex(of: "@") {
        shown += "<redacted>"
        rest = rest[at...]
      }
    }
    return shown + rest
  }
}
