import Foundation
import Manifest
import Testing

@testable import Engine

@Suite struct VaultTests {
  private let secret = Redacted(Array("the token".utf8))

  @Test func opensWhatItSealedAndNothingElse() throws {
    let vault = Vault.inMemory()
    let sealed = try vault.seal(secret, for: "edge-01")
    #expect(try vault.open(sealed, for: "edge-01") == secret)
    #expect(try vault.seal(secret, for: "edge-01") != sealed, "a nonce is used once")
    #expect(String(decoding: sealed, as: UTF8.self).contains("token") == false)
    for index in sealed.indices {
      var changed = sealed
      changed[index] ^= 1
      #expect(throws: Failure.self, "byte \(index)") { try vault.open(changed, for: "edge-01") }
    }
    for count in sealed.indices {
      #expect(throws: Failure.self) { try vault.open(Array(sealed.prefix(count)), for: "edge-01") }
    }
    let moved = #expect(throws: Failure.self) { try vault.open(sealed, for: "edge-02") }
    #expect(moved?.code == "vault.damaged")
    let other = #expect(throws: Failure.self) { try Vault.inMemory().open(sealed, for: "edge-01") }
    #expect(other?.code == "vault.wrong-key")
  }

  @Test func keepsItsKeyInAPrivateFile() throws {
    let folder = try TemporaryFolder()
    let sealed = try Vault.open(directory: folder.path, environment: [:]).seal(secret, for: "a")
    let mode = try FileManager.default.attributesOfItem(atPath: folder.path + "/vault.key")[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try Vault.open(directory: folder.path, environment: [:]).open(sealed, for: "a") == secret)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.path + "/vault.key")
    let wide = #expect(throws: Failure.self) { try Vault.open(directory: folder.path, environment: [:]) }
    #expect(wide?.code == "file.mode-too-wide")
  }

  @Test func takesAKeyFromTheEnvironment() throws {
    let folder = try TemporaryFolder()
    let key = Data(repeating: 7, count: 32).base64EncodedString()
    let sealed = try Vault.open(directory: folder.path, environment: ["MUSTER_KEY": key]).seal(secret, for: "a")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/vault.key"))
    #expect(try Vault.open(directory: folder.path, environment: ["MUSTER_KEY": key]).open(sealed, for: "a") == secret)
    for wrong in ["short", Data(repeating: 7, count: 31).base64EncodedString(), "%%%"] {
      let failure = #expect(throws: Failure.self) {
        try Vault.open(directory: folder.path, environment: ["MUSTER_KEY": wrong])
      }
      #expect(failure?.code == "vault.key-invalid")
      #expect(failure?.message.contains(wrong) == false)
    }
  }

  @Test func rotationSurvivesACrashBetweenItsSteps() async throws {
    let folder = try TemporaryFolder()
    let store = try Store.inMemory()
    let old = try Vault.open(directory: folder.path, environment: [:])
    for name in ["a", "b"] {
      try await store.registrations.put(
        Registration(
          name: name, server: "https://" + name, clusterUID: name,
          proxy: name == "a" ? try old.seal(secret, for: Registration.proxySubject(name)) : [],
          credentials: try old.seal(secret, for: name), registeredAt: .now, renewedAt: .now))
    }
    func openAll(_ vault: Vault) async throws {
      for registration in try await store.registrations.all() {
        #expect(try vault.open(registration.credentials, for: registration.name) == secret)
        #expect(registration.proxy.isEmpty == (registration.name == "b"))
        guard !registration.proxy.isEmpty else { continue }
        #expect(try vault.open(registration.proxy, for: Registration.proxySubject(registration.name)) == secret)
      }
    }
    _ = try KeyRotation.begin(old, directory: folder.path)
    #expect(KeyRotation.isBegun(directory: folder.path))
    // The hub is killed here, and a new one goes on.
    let next = try KeyRotation.begin(try Vault.open(directory: folder.path, environment: [:]), directory: folder.path)
    try await openAll(next)
    try await store.registrations.resealAll(with: next)
    // Or here.
    try await openAll(try Vault.open(directory: folder.path, environment: [:]))
    try KeyRotation.finish(directory: folder.path)
    try await openAll(try Vault.open(directory: folder.path, environment: [:]))
    let sealed = try await store.registrations.all().map(\.credentials)
    #expect(throws: Failure.self) { try old.open(sealed[0], for: "a") }
  }

  @Test func tokensAreTheirHash() {
    let token = APIToken.random()
    #expect("\(token)".contains(token.text.reveal()) == false)
    #expect(token.matches(token.hash))
    #expect(!APIToken.random().matches(token.hash))
    #expect(!token.matches([]))
    #expect(token.text.reveal().count == "muster_".count + 43)
  }
}
