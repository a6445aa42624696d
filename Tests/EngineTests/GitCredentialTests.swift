import Foundation
import Manifest
import Testing

@testable import Engine

@Suite struct GitCredentialTests {
  private let secret = "p4ss'w\"ord-$HOME-`x`-\(UUID().uuidString)"

  @Test func credentialsReachTheServerAndNoOtherPlace() async throws {
    let spy = try CredentialSpy(secret: secret)
    let access = GitAccess(credentials: .password(user: "someone", Redacted(secret)))
    let test = try TestMirrors(access: access)
    let url = try GitURL("http://127.0.0.1:\(spy.port)/org/app.git")
    let failure = await expectFailure("git.not-found") { try await test.mirrors.resolve(url, revision: "main") }
    let expected = "Basic " + Data("someone:\(secret)".utf8).base64EncodedString()
    #expect(spy.sight.authorizations.map { String($0.dropFirst("Authorization: ".count)) }.contains(expected))
    #expect(spy.sight.argumentsWithSecret.isEmpty)
    #expect(!failure.debugDescription.contains(secret))
    for file in FileManager.default.enumerator(atPath: test.folder.path)?.compactMap({ $0 as? String }) ?? [] {
      let content = FileManager.default.contents(atPath: test.folder.path + "/" + file) ?? Data()
      #expect(content.range(of: Data(secret.utf8)) == nil, "\(file)")
    }
  }

  @Test func credentialsOfAnAddressAreUsedAndNotShown() async throws {
    let spy = try CredentialSpy(secret: "in-the-address")
    let test = try TestMirrors()
    let url = try GitURL("http://someone:in-the-address@127.0.0.1:\(spy.port)/org/app.git")
    let failure = await expectFailure("git.not-found") { try await test.mirrors.resolve(url, revision: "main") }
    #expect(!spy.sight.authorizations.isEmpty)
    #expect(spy.sight.argumentsWithSecret.isEmpty)
    #expect(!failure.debugDescription.contains("in-the-address"))
  }

  @Test func aRedirectToAnotherHostGetsNoCredentials() async throws {
    let thief = try CredentialSpy(secret: secret)
    let spy = try CredentialSpy(secret: secret, redirect: "http://127.0.0.1:\(thief.port)")
    let test = try TestMirrors(access: GitAccess(credentials: .token(Redacted(secret))))
    let url = try GitURL("http://127.0.0.1:\(spy.port)/org/app.git")
    await expectFailure("git.authentication") { try await test.mirrors.resolve(url, revision: "main") }
    #expect(!thief.sight.requests.isEmpty, "the redirect was followed")
    #expect(thief.sight.authorizations.isEmpty)
  }

  @Test func missingCredentialsAreAskedOfNobody() async throws {
    let spy = try CredentialSpy(secret: secret)
    let test = try TestMirrors()
    let url = try GitURL("http://127.0.0.1:\(spy.port)/org/app.git")
    await expectFailure("git.authentication") { try await test.mirrors.resolve(url, revision: "main") }
  }

  @Test func whatCannotBeReachedSaysSo() async throws {
    let test = try TestMirrors(access: GitAccess(credentials: .token(Redacted(secret))))
    let url = try GitURL("http://127.0.0.1:1/org/app.git")
    let failure = await expectFailure("git.unreachable") { try await test.mirrors.resolve(url, revision: "main") }
    #expect(failure?.retry == .backOff)
    let broken = try TestMirrors(access: GitAccess(credentials: .password(user: "a\nb", Redacted("x"))))
    await expectFailure("git.authentication") { try await broken.mirrors.resolve(url, revision: "main") }
  }

  @Test func aPrivateKeyIsOnDiskOnlyWhileACommandRuns() async throws {
    let folder = try TemporaryFolder()
    let access = GitAccess(credentials: .sshKey(Redacted("-----BEGIN KEY-----\nabc\n-----END KEY-----")))
    let test = try TestMirrors(folder: folder, access: access)
    let url = try GitURL("ssh://git@127.0.0.1:1/org/app.git")
    await #expect(throws: Failure.self) { try await test.mirrors.resolve(url, revision: "main") }
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/git")
    #expect(left.filter { $0.hasPrefix("key-") }.isEmpty)
  }

  @Test func wordsAreScrubbed() {
    let text = "fatal: unable to access 'https://me:hush@example.org/a/': \u{1B}[31mno\nremote: token hush-hush is bad"
    let shown = GitFailure.shown(text, secrets: ["hush-hush"])
    #expect(
      shown == "fatal: unable to access 'https://<redacted>@example.org/a/': [31mno; remote: token <redacted> is bad")
    #expect(GitFailure.shown(String(repeating: "fatal: x", count: 1000), secrets: []).count == 500)
  }
}
