import Foundation
import Manifest
import Testing

@testable import Engine

@Suite struct RenderCacheTests {
  private func path(_ text: String) throws -> TreePath { try #require(TreePath(text)) }

  /// A render that reads one file, looks for another, and lists a folder.
  private static let compute: @Sendable (any FileTree) throws -> String = { tree in
    guard let file = TreePath("app/base.yaml"), let optional = TreePath("app/optional.yaml"),
      let folder = TreePath("app")
    else { return "" }
    var text = String(decoding: try tree.read(file, limit: 1000).bytes, as: UTF8.self)
    if try tree.entry(at: optional) != nil { text += "+optional" }
    return text + " of " + String(try tree.list(folder).names.count)
  }

  private func cache(maximumCount: Int = 100) -> RenderCache<String> {
    RenderCache(maximumCost: 1 << 20, maximumCount: maximumCount, threads: RenderThreads(count: 2)) { $0.utf8.count }
  }

  @Test func onlyWhatWasReadMakesARender() async throws {
    let repository = try await TestRepository()
    let test = try TestMirrors()
    let url = try GitURL(repository.path)
    let cache = cache()
    let key = RenderCache<String>.Key(repository: url.identity, parameters: "app")
    func render(_ commit: GitObjectID) async throws -> Rendered<String> {
      _ = try await test.mirrors.resolve(url, revision: commit.hex, freshness: .now)
      let tree = await test.mirrors.tree(url, at: commit)
      return try await cache.render(key, version: commit.hex, tree: tree, compute: Self.compute)
    }
    let first = try await repository.commit(["app/base.yaml": "one", "other/file": "1", "app/deep/x": "1"])
    let one = try await render(first)
    #expect(one.output == "one of 2")
    let steps: [(files: [String: String], output: String, renders: Int)] = [
      (["other/file": "2"], "one of 2", 1), (["app/deep/x": "2"], "one of 2", 1),
      (["app/base.yaml": "two"], "two of 2", 2), (["app/base.yaml": "one"], "one of 2", 2),
      (["app/optional.yaml": "here"], "one+optional of 3", 3),
      (["app/optional.yaml": "changed"], "one+optional of 3", 3),
    ]
    for step in steps {
      let rendered = try await render(try await repository.commit(step.files))
      #expect(rendered.output == step.output, "\(step.files)")
      #expect(cache.renderCount == step.renders, "\(step.files)")
      if step.output == one.output { #expect(rendered.identity == one.identity) }
    }
  }

  @Test func oneRenderForManyWhoAsk() async throws {
    let folder = try TemporaryFolder()
    try folder.write("text", to: "app/base.yaml")
    let tree = try LocalFileTree(folder.path)
    let cache = cache()
    try await withThrowingTaskGroup(of: UInt64.self) { group in
      for index in 0..<300 {
        group.addTask {
          let key = RenderCache<String>.Key(repository: "r", parameters: "overlay \(index % 3)")
          return try await cache.render(key, version: "v1", tree: tree, compute: Self.compute).identity
        }
      }
      var identities: Set<UInt64> = []
      for try await identity in group { identities.insert(identity) }
      #expect(identities.count == 3)
    }
    #expect(cache.renderCount == 3)
  }

  @Test func faultsOfTheUserAreRememberedAndOthersAreNot() async throws {
    let folder = try TemporaryFolder()
    let tree = try LocalFileTree(folder.path)
    let cache = cache()
    let key = RenderCache<String>.Key(repository: "r", parameters: "p")
    let calls = Counter()
    let fault = Diagnostic("test.fault", "something is wrong")
    for _ in 0..<3 {
      await #expect(throws: Diagnostics(fault)) {
        try await cache.render(key, version: nil, tree: tree) { tree in
          calls.increment()
          _ = try tree.list(.root)
          throw fault
        }
      }
    }
    #expect(calls.value == 1)
    let other = RenderCache<String>.Key(repository: "r", parameters: "q")
    for _ in 0..<3 {
      await #expect(throws: Failure.self) {
        try await cache.render(other, version: "v", tree: tree) { _ in
          calls.increment()
          throw Failure("test.world", subject: "x", stage: "y", "z", retry: .backOff)
        }
      }
    }
    #expect(calls.value == 4)
  }

  @Test func isBoundedInEntries() async throws {
    let folder = try TemporaryFolder()
    try folder.write("text", to: "app/base.yaml")
    let tree = try LocalFileTree(folder.path)
    let cache = cache(maximumCount: 10)
    func render(_ number: Int) async throws {
      let key = RenderCache<String>.Key(repository: "r", parameters: "\(number)")
      _ = try await cache.render(key, version: "v", tree: tree, compute: Self.compute)
    }
    for number in 0..<30 {
      try await render(number)
      try await render(0)
    }
    #expect(cache.renderCount == 30, "what is used stays")
    try await render(1)
    #expect(cache.renderCount == 31, "what is not used goes")
  }

  @Test func localTreesFollowLinksOnlyInside() throws {
    let folder = try TemporaryFolder()
    try folder.write("a", to: "d/a")
    func link(_ name: String, _ target: String) throws {
      try FileManager.default.createSymbolicLink(atPath: folder.path + "/" + name, withDestinationPath: target)
    }
    try link("in", "d/a")
    try link("up", "../x")
    try link("absolute", "/etc/passwd")
    try link("loop", "loop")
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    let tree = try LocalFileTree(folder.path)
    #expect(try tree.read(path("in"), limit: 9).resolved == path("d/a"))
    #expect(try tree.list(.root).names == ["absolute", "d", "in", "loop", "pipe", "up"])
    let faults: [(String, (TreePath) -> FileTreeError)] = [
      ("up", { .leavesTree($0) }), ("absolute", { .leavesTree($0) }), ("loop", { .linkLoop($0) }),
      ("pipe", { .notRegular($0) }), ("d", { .isDirectory($0) }), ("none", { .notFound($0) }),
    ]
    for (name, error) in faults {
      let wanted = try path(name)
      #expect(throws: error(wanted), "\(name)") { try tree.read(wanted, limit: 9) }
    }
    let wanted = try path("in")
    #expect(throws: FileTreeError.tooLarge(wanted, limit: 0)) { try tree.read(wanted, limit: 0) }
    #expect(throws: Failure.self) { try LocalFileTree(folder.path + "/none") }
  }
}
