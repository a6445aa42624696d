import Manifest
import Testing

@testable import Hub

@Suite(.timeLimit(.minutes(2))) struct SecrecyTests {
  @Test func showsNoCredentialOfAClusterOrRepository() async throws {
    try await RunningHub.with { hub async throws in
      let paths = hub.server.routes(ChangeJournal()).filter { $0.method == .get && $0.path != "/api/v1/changes" }.map {
        $0.path
      }
      for path in paths {
        for name in ["alpha", "shop", "shop-alpha"] {
          let answer = try await hub.ask("GET", path.replacing("{name}", with: name))
          for secret in [RunningHub.clusterToken, RunningHub.repositoryPassword, hub.token] {
            #expect(!answer.text.contains(secret), "\(path)")
          }
        }
      }
    }
  }

  @Test func takesUserAndPasswordOutOfAddresses() {
    let table = [
      ("https://user:pass@example.org/a.git", "https://example.org/a.git"),
      ("https://token@example.org/a@b.git", "https://example.org/a@b.git"),
      ("https://example.org/a@b.git", "https://example.org/a@b.git"),
      ("ssh://git@example.org/a.git", "ssh://git@example.org/a.git"),
      ("ssh://git:pass@example.org/a.git", "ssh://example.org/a.git"),
      ("git@example.org:a.git", "git@example.org:a.git"),
      ("/srv/git/a.git", "/srv/git/a.git"),
    ]
    for (given, shown) in table { #expect(ShownAddress.of(given) == shown) }
  }
}
