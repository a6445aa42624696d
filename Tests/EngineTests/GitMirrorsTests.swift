import Foundation
import Manifest
import Testing

@testable import Engine

@Suite struct GitMirrorsTests {
  @Test func resolvesEveryKindOfRevision() async throws {
    let repository = try await TestRepository()
    let first = try await repository.commit(["a.yaml": "a: 1\n"])
    try await repository.git("tag", "v1.0.0")
    try await repository.git("tag", "--annotate", "--message", "The second", "v1.1.0")
    try await repository.git("branch", "release/1")
    let second = try await repository.commit(["a.yaml": "a: 2\n"])
    try await repository.git("tag", "v2.0.0-rc.1")
    let test = try TestMirrors()
    let url = try GitURL(repository.path)
    let expected: [(String, GitObjectID, String?)] = [
      ("", second, "refs/heads/main"), ("HEAD", second, "refs/heads/main"), ("main", second, "refs/heads/main"),
      ("refs/heads/main", second, "refs/heads/main"), ("release/1", first, "refs/heads/release/1"),
      ("v1.0.0", first, "refs/tags/v1.0.0"), ("v1.1.0", first, "refs/tags/v1.1.0"),
      ("refs/tags/v1.1.0", first, "refs/tags/v1.1.0"), (first.hex, first, nil), (first.short, first, nil),
      ("1.0.*", first, "refs/tags/v1.0.0"), ("1.x - 2.x", first, "refs/tags/v1.1.0"),
      ("^1.0", first, "refs/tags/v1.1.0"), (">=1.0.0", first, "refs/tags/v1.1.0"),
      (">=2.0.0-0", second, "refs/tags/v2.0.0-rc.1"),
    ]
    for (revision, commit, ref) in expected {
      let resolved = try await test.mirrors.resolve(url, revision: revision)
      #expect(resolved == ResolvedRevision(revision: revision, commit: commit, ref: ref), "\(revision)")
    }
    let summary = try await test.mirrors.summary(url, of: first)
    #expect(summary.author == "A Writer")
    #expect(summary.subject == "Change")
    #expect(summary.time == Date(timeIntervalSince1970: 1_767_323_045))
  }

  @Test func anUnknownRevisionNamesTheNearest() async throws {
    let repository = try await TestRepository()
    try await repository.commit()
    try await repository.git("branch", "production")
    let test = try TestMirrors()
    let url = try GitURL(repository.path)
    let failure = await expectFailure("git.revision-unknown") {
      try await test.mirrors.resolve(url, revision: "prodution")
    }
    #expect(failure?.message.contains("'production'") == true)
    await expectFailure("git.revision-unknown") {
      try await test.mirrors.resolve(url, revision: String(repeating: "a", count: 40))
    }
    for hostile in ["--upload-pack=x", "a..b", "main@{1}", "a\nb"] {
      await expectFailure("git.revision-invalid") { try await test.mirrors.resolve(url, revision: hostile) }
    }
  }

  @Test func anEmptyRepositorySaysSo() async throws {
    let repository = try await TestRepository()
    let test = try TestMirrors()
    let url = try GitURL(repository.path)
    let failure = await expectFailure("git.revision-unknown") { try await test.mirrors.resolve(url, revision: "HEAD") }
    #expect(failure?.message.contains("no branches yet") == true)
    let commit = try await repository.commit()
    #expect(try await test.mirrors.resolve(url, revision: "", freshness: .now).commit == commit)
  }

  @Test func seesNewCommitsForcedOnesAndRemovedBranches() async throws {
    let repository = try await TestRepository()
    let first = try await repository.commit(["a": "1"])
    try await repository.git("branch", "gone")
    let second = try await repository.commit(["a": "2"])
    let test = try TestMirrors()
    let url = try GitURL(repository.path)
    #expect(try await test.mirrors.resolve(url, revision: "main").commit == second)
    try await repository.git("reset", "--quiet", "--hard", first.hex)
    try await repository.git("branch", "-D", "gone")
    let forced = try await repository.commit(["a": "3"])
    #expect(try await test.mirrors.resolve(url, revision: "main").commit == second, "not looked at yet")
    #expect(try await test.mirrors.resolve(url, revision: "main", freshness: .now).commit == forced)
    await expectFailure("git.revision-unknown") { try await test.mirrors.resolve(url, revision: "gone") }
    #expect(try await test.mirrors.resolve(url, revision: second.hex).commit == second, "the old commit stays readable")
    try await repository.git("branch", "-M", "trunk")
    #expect(try await test.mirrors.resolve(url, revision: "HEAD", freshness: .now).ref == "refs/heads/trunk")
  }

  @Test func fetchesACommitThatNoBranchReaches() async throws {
    let repository = try await TestRepository()
    let kept = try await repository.commit(["a": "1"])
    let hidden = try await repository.commit(["a": "2"])
    try await repository.git("update-ref", "refs/pull/7/head", hidden.hex)
    try await repository.git("reset", "--quiet", "--hard", kept.hex)
    let test = try TestMirrors()
    let url = try GitURL(repository.path)
    #expect(try await test.mirrors.resolve(url, revision: "refs/pull/7/head").commit == hidden)
    #expect(try await test.mirrors.resolve(url, revision: hidden.hex).commit == hidden)
  }

  @Test func refsBesideBranchesAndTagsAreFollowed() async throws {
    let repository = try await TestRepository()
    let kept = try await repository.commit(["a": "1"])
    func offer(_ text: String) async throws -> GitObjectID {
      let commit = try await repository.commit(["a": text])
      try await repository.git("update-ref", "refs/pull/7/head", commit.hex)
      try await repository.git("reset", "--quiet", "--hard", kept.hex)
      return commit
    }
    let first = try await offer("2")
    let test = try TestMirrors()
    let url = try GitURL(repository.path)
    let name = "refs/pull/7/head"
    #expect(try await test.mirrors.resolve(url, revision: name).commit == first)
    let changes = test.mirrors.changes()
    // Alone, and together with a branch.
    let second = try await offer("3")
    #expect(try await test.mirrors.resolve(url, revision: name).commit == first, "looked at before its time")
    _ = try await test.mirrors.resolve(url, revision: "main", freshness: .now)
    #expect(try await test.mirrors.resolve(url, revision: name).commit == second)
    var iterator = changes.makeAsyncIterator()
    #expect(await iterator.next() == [url])
    let third = try await offer("4")
    try await repository.commit(["b": "1"])
    #expect(try await test.mirrors.resolve(url, revision: name, freshness: .now).commit == third)
    // A mirror that is built anew has it again, and one that is gone is unknown, as a branch is.
    try FileManager.default.removeItem(atPath: test.mirrorPath(url) + "/HEAD")
    try await repository.commit(["b": "2"])
    #expect(try await test.mirrors.resolve(url, revision: name, freshness: .now).commit == third)
    try await repository.git("update-ref", "-d", name)
    await expectFailure("git.revision-unknown") { try await test.mirrors.resolve(url, revision: name, freshness: .now) }
  }

  /// What something may go back to outlives a branch that is pushed anew by force, and a collection of what nothing leads to.
  @Test func keepsCommitsThatNoBranchReachesAnyMore() async throws {
    let source = try await TestRepository()
    let first = try await source.commit(["a": "1"])
    let staged = try await source.commit(["a": "2"])
    let test = try TestMirrors()
    let url = try GitURL(source.path)
    _ = try await test.mirrors.resolve(url, revision: "main", freshness: .now)
    let absent = try #require(GitObjectID(String(repeating: "a", count: 40)))
    try await test.mirrors.keep(url, [staged, absent], for: "web")
    try await test.mirrors.keep(url, [], for: "other")
    try await source.git("reset", "--quiet", "--hard", first.hex)
    try await source.git("reflog", "expire", "--expire=now", "--all")
    try await source.git("gc", "--quiet", "--prune=now")
    let other = try await source.commit(["a": "3"])
    #expect(try await test.mirrors.resolve(url, revision: "main", freshness: .now).commit == other)
    let path = test.mirrorPath(url)
    func collect() async throws {
      for command in [["reflog", "expire", "--expire=now", "--all"], ["gc", "--quiet", "--prune=now"]] {
        try await source.git(arguments: ["--git-dir=" + path] + command)
      }
    }
    try await collect()
    #expect(try await test.mirrors.resolve(url, revision: staged.hex).commit == staged)
    // Nobody needs it any more.
    try await test.mirrors.keep(url, [first], for: "web")
    try await collect()
    let restarted = try TestMirrors(folder: test.folder)
    await expectFailure("git.revision-unknown") { try await restarted.mirrors.resolve(url, revision: staged.hex) }
    #expect(try await restarted.mirrors.resolve(url, revision: first.hex).commit == first)
  }

  @Test func manyUsersShareOneFetch() async throws {
    let repository = try await TestRepository()
    let commit = try await repository.commit(["a": "1"])
    let asked = Counter()
    let folder = try TemporaryFolder()
    let mirrors = try GitMirrors(directory: folder.path + "/git") { _ in
      asked.increment()
      return GitAccess()
    }
    let urls = try [repository.path, "file://" + repository.path, repository.path + "/"].map { try GitURL($0) }
    try await withThrowingTaskGroup(of: GitObjectID.self) { group in
      for index in 0..<60 {
        group.addTask { try await mirrors.resolve(urls[index % 3], revision: "main").commit }
      }
      for try await resolved in group { #expect(resolved == commit) }
    }
    #expect(asked.value == 1)
    #expect(await mirrors.statuses.count == 1)
  }

  @Test func whatIsUnreachableKeepsItsLastGoodMirror() async throws {
    let repository = try await TestRepository()
    let commit = try await repository.commit(["a": "1"])
    let test = try TestMirrors()
    let url = try GitURL(repository.path)
    _ = try await test.mirrors.resolve(url, revision: "main")
    let away = repository.path + "-away"
    try FileManager.default.moveItem(atPath: repository.path, toPath: away)
    let stale = try await test.mirrors.resolve(url, revision: "main", freshness: .now)
    #expect(stale.commit == commit)
    #expect(stale.staleBecause?.code == "git.not-found")

    // A hub that starts while the repository is away reads the mirror of its last life.
    let restarted = try TestMirrors(folder: test.folder)
    #expect(try await restarted.mirrors.resolve(url, revision: "main").commit == commit)
    let tree = await restarted.mirrors.tree(url, at: commit)
    #expect(try tree.read(TreePath("a") ?? .root, limit: 10).bytes == Array("1".utf8))

    try FileManager.default.moveItem(atPath: away, toPath: repository.path)
    let fresh = try await test.mirrors.resolve(url, revision: "main", freshness: .now)
    #expect(fresh.staleBecause == nil)
    try FileManager.default.removeItem(atPath: test.folder.path + "/git")
    let nowhere = try GitURL("/nowhere/at/all")
    let other = try TestMirrors()
    await expectFailure("git.not-found") { try await other.mirrors.resolve(nowhere, revision: "main") }
  }

  @Test func damagedAndHalfMadeMirrorsAreBuiltAnew() async throws {
    let repository = try await TestRepository()
    let commit = try await repository.commit(["a": "1"])
    let url = try GitURL(repository.path)
    let damages: [(String, (String) throws -> Void)] = [
      ("no HEAD", { try FileManager.default.removeItem(atPath: $0 + "/HEAD") }),
      ("no objects", { try FileManager.default.removeItem(atPath: $0 + "/objects") }),
      ("rubbish as HEAD", { try Data("rubbish".utf8).write(to: URL(fileURLWithPath: $0 + "/HEAD")) }),
      ("no refs", { try FileManager.default.removeItem(atPath: $0 + "/refs") }),
      (
        "a file",
        { path in
          try FileManager.default.removeItem(atPath: path)
          try Data("x".utf8).write(to: URL(fileURLWithPath: path))
        }
      ),
    ]
    for (name, damage) in damages {
      let test = try TestMirrors()
      _ = try await test.mirrors.resolve(url, revision: "main")
      try damage(test.mirrorPath(url))
      try FileManager.default.createDirectory(
        atPath: test.folder.path + "/git/new-halfmade", withIntermediateDirectories: true)
      let restarted = try TestMirrors(folder: test.folder)
      #expect(try await restarted.mirrors.resolve(url, revision: "main").commit == commit, "\(name)")
      let tree = await restarted.mirrors.tree(url, at: commit)
      #expect(try tree.read(TreePath("a") ?? .root, limit: 10).bytes == Array("1".utf8), "\(name)")
      #expect(!FileManager.default.fileExists(atPath: test.folder.path + "/git/new-halfmade"))
    }
  }

  @Test func lockFilesOfAKilledHubDoNotStopIt() async throws {
    let repository = try await TestRepository()
    try await repository.commit(["a": "1"])
    let test = try TestMirrors()
    let url = try GitURL(repository.path)
    _ = try await test.mirrors.resolve(url, revision: "main")
    try Data().write(to: URL(fileURLWithPath: test.mirrorPath(url) + "/refs/heads/main.lock"))
    let second = try await repository.commit(["a": "2"])
    #expect(try await test.mirrors.resolve(url, revision: "main", freshness: .now).commit == second)
  }

  @Test func tellsOfNewsAfterAWebhook() async throws {
    let repository = try await TestRepository()
    try await repository.commit(["a": "1"])
    var options = GitMirrors.Options()
    options.pollInterval = .seconds(3600)
    let test = try TestMirrors(options: options)
    let url = try GitURL(repository.path)
    _ = try await test.mirrors.resolve(url, revision: "main")
    let changes = test.mirrors.changes()
    let second = try await repository.commit(["a": "2"])
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await test.mirrors.run() }
      #expect(await test.mirrors.notify(urls: ["file://" + repository.path, "https://example.org/other"]) == 1)
      var iterator = changes.makeAsyncIterator()
      #expect(await iterator.next() == [url])
      group.cancelAll()
    }
    #expect(try await test.mirrors.resolve(url, revision: "main").commit == second)
    #expect(await test.mirrors.notify(urls: ["https://example.org/other"]) == 0)
  }

  @Test func aRepositoryThatIsTooLargeIsRefused() async throws {
    let repository = try await TestRepository()
    var text = ""
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<4000 { text += String(generator.next(), radix: 36) + "\n" }
    try await repository.commit(["a": text])
    var options = GitMirrors.Options()
    options.maximumBytes = 1000
    let test = try TestMirrors(options: options)
    let url = try GitURL(repository.path)
    await expectFailure("git.too-large") { try await test.mirrors.resolve(url, revision: "main") }
  }

  @Test func readsRepositoriesOfTheLongerHash() async throws {
    let folder = try TemporaryFolder()
    let repository = try await TestRepository()
    try await repository.git("init", "--quiet", "--object-format=sha256", "--initial-branch=main", folder.path + "/r")
    try folder.write("hello", to: "r/d/f")
    try await repository.git("-C", folder.path + "/r", "add", "--all")
    try await repository.git("-C", folder.path + "/r", "commit", "--quiet", "--message", "x")
    let test = try TestMirrors()
    let url = try GitURL(folder.path + "/r")
    let commit = try await test.mirrors.resolve(url, revision: "main").commit
    #expect(commit.hex.count == 64)
    let tree = await test.mirrors.tree(url, at: commit)
    #expect(try tree.read(TreePath("d/f") ?? .root, limit: 10).bytes == Array("hello".utf8))
  }

  @Test func letsGoOfWhatNobodyNeedsOrReads() async throws {
    let (needed, read, unused) = (try await TestRepository(), try await TestRepository(), try await TestRepository())
    let test = try TestMirrors()
    var urls: [GitURL] = []
    for repository in [needed, read, unused] {
      try await repository.commit(["a": "1"])
      let url = try GitURL(repository.path)
      _ = try await test.mirrors.resolve(url, revision: "main")
      urls.append(url)
    }
    func present() -> [Bool] { urls.map { FileManager.default.fileExists(atPath: test.mirrorPath($0)) } }
    // Nobody has said what is needed.
    await test.mirrors.clear(unusedSince: .now)
    #expect(present() == [true, true, true])
    await test.mirrors.need([urls[0]])
    let between = ContinuousClock.now
    await test.mirrors.clear(unusedSince: between - .seconds(60))
    #expect(present() == [true, true, true])
    _ = try await test.mirrors.resolve(urls[1], revision: "main")
    await test.mirrors.clear(unusedSince: between)
    #expect(present() == [true, true, false])
    #expect(await test.mirrors.statuses.map(\.url.identity).sorted() == urls.prefix(2).map(\.identity).sorted())
    // It is there again when somebody asks.
    #expect(try await test.mirrors.resolve(urls[2], revision: "main").commit == unused.head())
    #expect(present() == [true, true, true])
  }

  @Test func clearsAwayWhatAnEarlierRunLeft() async throws {
    let (needed, old) = (try await TestRepository(), try await TestRepository())
    let before = try TestMirrors()
    for repository in [needed, old] {
      try await repository.commit(["a": "1"])
      _ = try await before.mirrors.resolve(GitURL(repository.path), revision: "main")
    }
    try before.folder.write("mine", to: "git/kept")
    var options = GitMirrors.Options()
    options.unusedLife = .milliseconds(10)
    let test = try TestMirrors(options: options, folder: before.folder)
    await test.mirrors.need([try GitURL(needed.path)])
    let path = test.mirrorPath(try GitURL(old.path))
    // The first turn of the loop finds that it is time.
    try await Task.sleep(for: .milliseconds(20))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await test.mirrors.run() }
      for _ in 0..<600 where FileManager.default.fileExists(atPath: path) {
        try await Task.sleep(for: .milliseconds(20))
      }
      group.cancelAll()
    }
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(FileManager.default.fileExists(atPath: test.mirrorPath(try GitURL(needed.path))))
    #expect(FileManager.default.fileExists(atPath: test.folder.path + "/git/kept"))
  }
}
