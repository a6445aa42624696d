import Manifest
import Testing

@testable import Engine

/// One commit that takes others back, whatever came to the branch meanwhile.
struct GitRevertTests {
  /// A repository of three commits, of which the last one is to be taken back.
  private struct Place {
    let source: TestRepository
    let mirrors: TestMirrors
    let url: GitURL
    let good: GitObjectID
    let held: GitObjectID

    init() async throws {
      source = try await TestRepository()
      mirrors = try TestMirrors()
      url = try GitURL(source.path)
      good = try await source.commit(["web.yaml": "a: 1\nb: 1\nc: 1\n", "README.md": "one\n"])
      held = try await source.commit(["web.yaml": "a: 2\nb: 1\nc: 1\n"], message: "Raise a")
      try await source.git("checkout", "--quiet", "--detach")
    }

    func push(_ files: [String: String], message: String = "Change") async throws -> GitObjectID {
      try await source.git("checkout", "--quiet", "main")
      let commit = try await source.commit(files, message: message)
      try await source.git("checkout", "--quiet", "--detach")
      return commit
    }

    /// - Parameter names: the files that whoever asks reads.
    func revert(reading names: [String] = ["web.yaml"]) async throws -> GitObjectID {
      let source = source
      return try await mirrors.mirrors.revert(
        url,
        GitRevert(
          held: held, good: good, branch: "refs/heads/main", trailers: ["Muster-Rollout: web#2"],
          reason: "canary: analysis web#2.w1.1 failed\nMuster-Reverts: nothing")
      ) { commit in
        var hasher = ContentHasher()
        for name in names { hasher.add(try await source.git("show", "\(commit.hex):\(name)")) }
        return hasher.digest.high
      }
    }

    func show(_ name: String) async throws -> String { try await source.git("show", "main:" + name) }
  }

  @Test func whatCameMeanwhileStays() async throws {
    let place = try await Place()
    let tip = try await place.push(["README.md": "two\n"])
    let commit = try await place.revert()
    #expect(try await place.show("web.yaml") == "a: 1\nb: 1\nc: 1")
    #expect(try await place.show("README.md") == "two")
    #expect(try await place.source.git("rev-parse", "main") == commit.hex)
    #expect(try await place.source.git("rev-parse", "main^") == tip.hex)
    let message = try await place.source.git("log", "-1", "--format=%B", commit.hex)
    #expect(message.contains("\n\nWhy: canary: analysis web#2.w1.1 failed"), "\(message)")
    #expect(!message.contains("Muster-Reverts: nothing") && message.hasSuffix("Muster-Reverts: " + place.held.hex))
  }

  @Test func pushesWithWhatIsForPushing() async throws {
    let place = try await Place()
    let (reads, pushes) = (Counter(), Counter())
    let mirrors = try GitMirrors(
      directory: place.mirrors.folder.path + "/other",
      access: { _ in
        reads.increment()
        return GitAccess()
      },
      pushAccess: { _ in
        pushes.increment()
        return GitAccess()
      })
    let source = place.source
    _ = try await mirrors.revert(
      place.url, GitRevert(held: place.held, good: place.good, branch: "refs/heads/main", trailers: [])
    ) { commit in
      UInt64(try await source.git("show", "\(commit.hex):web.yaml").contains("a: 2") ? 2 : 1)
    }
    #expect(pushes.value == 1 && reads.value > 0)
  }

  @Test func whatChangedTheSameIsForAPerson() async throws {
    let table: [([String: String], [String], String)] = [
      (["web.yaml": "a: 3\nb: 1\nc: 1\n"], ["web.yaml"], "what is rendered changed"),
      (["more.yaml": "d: 1\n", "web.yaml": "a: 2\nb: 1\nc: 2\n"], ["README.md"], "git.revert-nothing"),
    ]
    for (files, names, words) in table {
      let place = try await Place()
      let tip = try await place.push(files)
      let code = words.hasPrefix("git.") ? words : "git.revert-moved"
      let failure = await expectFailure(code) { try await place.revert(reading: names) }
      if code != words { #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")") }
      #expect(try await place.source.git("rev-parse", "main") == tip.hex)
    }
    // The same file, though nothing that is read of it changed.
    let place = try await Place()
    _ = try await place.push(["web.yaml": "a: 2\nb: 1\nc: 1\n# more\n"])
    let source = place.source
    let failure = await expectFailure("git.revert-moved") {
      try await place.mirrors.mirrors.revert(
        place.url, GitRevert(held: place.held, good: place.good, branch: "refs/heads/main", trailers: [])
      ) { commit in
        UInt64(try await source.git("show", "\(commit.hex):web.yaml").contains("a: 2") ? 2 : 1)
      }
    }
    #expect(failure?.message.contains("changed web.yaml as well") == true)
  }

  /// A revert is found again, though others have pushed since.
  @Test func noSecondRevertIsPushed() async throws {
    let place = try await Place()
    let commit = try await place.revert()
    #expect(try await place.revert() == commit)
    let tip = try await place.push(["README.md": "two\n"])
    #expect(try await place.revert() == commit)
    #expect(try await place.source.git("rev-parse", "main") == tip.hex)
  }

  @Test func aHistoryThatWasRewrittenIsForAPerson() async throws {
    let place = try await Place()
    _ = try await place.revert(reading: ["README.md", "web.yaml"])
    let other = try await Place()
    _ = try await other.mirrors.mirrors.resolve(other.url, revision: "main", freshness: .now)
    try await other.source.git("branch", "--force", "main", other.good.hex)
    _ = try await other.push(["README.md": "other\n"])
    await expectFailure("git.revert-moved") { try await other.revert() }
  }
}
