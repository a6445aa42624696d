import Crypto
package import Fleet
import Foundation
package import Manifest

/// What a Git server's webhook says: which repository has news.
///
/// GitHub, GitLab, Gitea (and Forgejo, Gogs), Bitbucket, Azure DevOps. Only names, addresses, ref and default branch are
/// taken from a payload: the mirror is looked at anyway, and the service asked for its pull requests, so that a forged
/// payload can cause a look and nothing else.
package struct Webhook: Sendable, Equatable {
  /// The repository's addresses, for ``GitMirrors/notify(urls:)``; empty for a ping, and for what is not about one.
  package var urls: [String]
  /// The full name of the branch or tag that moved; nil when the payload does not say.
  package var ref: String?
  package var defaultBranch: String?
  /// The repository whose pull requests changed, by all its names; empty for other events.
  package var pullRequestsOf: Set<RepositoryName> = []

  /// Why a request is not taken.
  package enum Refusal: Error, Sendable, Equatable {
    /// 413.
    case tooLarge
    /// 401: a secret is set, and the request is not signed.
    case unsigned
    /// 401.
    case wrongSignature
    /// 400.
    case malformed
  }

  /// Bytes of a payload.
  package static let bodyLimit = 8 << 20

  private static let maximumURLs = 16
  private static let limits = TextLimits(bytes: bodyLimit, depth: 64)

  /// Reads a request after checking who sent it.
  ///
  /// - Parameters:
  ///   - header: the value of a header by its name in lower case; nil when it is absent.
  ///   - secret: what the server signs with (GitHub, Gitea) or sends along (GitLab, Azure DevOps); nil accepts everybody.
  package init(
    body: [UInt8], header: (String) -> String?, secret: Redacted<String>?
  ) throws(Refusal) {
    guard body.count <= Self.bodyLimit else { throw .tooLarge }
    if let secret { try Self.authenticate(body, header, secret) }
    guard let payload = Self.payload(body), payload.mapping != nil else { throw .malformed }
    self.init(payload)
    pullRequestsOf = PullRequestEvent.repositories(in: payload, urls: urls, header: header)
  }

  private init(_ payload: Node) {
    let repositories = [
      payload["repository"], payload["project"], payload["resource"]?["repository"],
      payload["pullRequest"]?["toRef"]?["repository"],
    ].compactMap { $0 }
    var urls: [String] = []
    for repository in repositories {
      for url in Self.addresses(in: repository) where !urls.contains(url) && urls.count < Self.maximumURLs {
        urls.append(url)
      }
    }
    self.urls = urls
    ref = Self.ref(of: payload)
    defaultBranch =
      repositories.compactMap { repository in
        Self.short(repository["default_branch"]) ?? Self.short(repository["mainbranch"]?["name"])
      }.first
  }
}

extension Webhook {
  private static func authenticate(
    _ body: [UInt8], _ header: (String) -> String?, _ secret: Redacted<String>
  ) throws(Refusal) {
    if let token = header("x-gitlab-token") {
      // Hashes are compared, so that the time does not tell the length either.
      let (sent, expected) = (SHA256.hash(data: Array(token.utf8)), SHA256.hash(data: Array(secret.reveal().utf8)))
      guard ConstantTime.areEqual(Array(sent), Array(expected)) else { throw .wrongSignature }
      return
    }
    if let authorization = header("authorization"), authorization.hasPrefix("Basic ") {
      try check(password: authorization.dropFirst(6), secret)
      return
    }
    let signatures = ["x-hub-signature-256", "x-gitea-signature", "x-forgejo-signature", "x-gogs-signature"]
    guard let signature = signatures.lazy.compactMap(header).first ?? header("x-hub-signature") else { throw .unsigned }
    guard let code = bytes(ofHex: signature.hasPrefix("sha256=") ? signature.dropFirst(7) : signature[...]) else {
      throw .wrongSignature
    }
    let key = SymmetricKey(data: Array(secret.reveal().utf8))
    guard HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: body, using: key) else { throw .wrongSignature }
  }

  /// Azure DevOps signs nothing, and logs in: with any name, and the secret as its password.
  private static func check(password: Substring, _ secret: Redacted<String>) throws(Refusal) {
    let sent = Base64.decode(String(password)) ?? []
    let given = sent.firstIndex(of: UInt8(ascii: ":")).map { Array(sent[($0 + 1)...]) } ?? []
    let hashes = (SHA256.hash(data: given), SHA256.hash(data: Array(secret.reveal().utf8)))
    guard ConstantTime.areEqual(Array(hashes.0), Array(hashes.1)) else { throw .wrongSignature }
  }

  private static func bytes(ofHex text: Substring) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count == 64, digits.allSatisfy(GitObjectID.isHexDigit) else { return nil }
    return stride(from: 0, to: 64, by: 2).compactMap { index in
      UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
    }
  }

  /// JSON, or GitHub's other form: `payload=` and the JSON percent-encoded.
  private static func payload(_ body: [UInt8]) -> Node? {
    var json = body
    if body.starts(with: Array("payload=".utf8)) {
      let field = body.dropFirst(8).prefix { $0 != UInt8(ascii: "&") }
      let spaced = String(decoding: field, as: UTF8.self).replacing("+", with: " ")
      guard let decoded = spaced.removingPercentEncoding else { return nil }
      json = Array(decoded.utf8)
    }
    do throws(Diagnostic) {
      return try JSON.parse(json, file: "webhook", limits: limits)
    } catch {
      return nil
    }
  }

  private static func addresses(in repository: Node) -> [String] {
    let fields = [
      "clone_url", "ssh_url", "html_url", "git_http_url", "git_ssh_url", "http_url", "web_url", "git_url", "url",
      "homepage", "remoteUrl", "sshUrl", "webUrl",
    ]
    let plain = fields.compactMap { short(repository[$0]) }
    let links = repository["links"] ?? .null
    let cloned = (links["clone"]?.sequence ?? []).prefix(8).compactMap { short($0["href"]) }
    return plain + cloned + [short(links["html"]?["href"])].compactMap { $0 }
  }

  /// `ref`, or the first change of a Bitbucket push.
  private static func ref(of payload: Node) -> String? {
    if let ref = short(payload["ref"]) { return ref }
    if let ref = short(payload["resource"]?["refUpdates"]?[0]?["name"]) { return ref }
    let change = payload["push"]?["changes"]?[0]?["new"]
    guard let name = short(change?["name"]) else { return nil }
    return (short(change?["type"]) == "tag" ? "refs/tags/" : "refs/heads/") + name
  }

  private static func short(_ node: Node?) -> String? {
    guard let text = node?.string, !text.isEmpty, text.utf8.count <= 2048 else { return nil }
    return text
  }
}
