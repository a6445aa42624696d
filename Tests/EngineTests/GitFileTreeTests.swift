import Foundation
import Glibc
import Manifest
import Testing

@testable import Engine

@Suite struct GitFileTreeTests {
  private func tree(
    _ repository: TestRepository, _ test: TestMirrors
  ) async throws -> (tree: GitFileTree, url: GitURL) {
    let url = try GitURL(repository.path)
    let commit = try await test.mirrors.resolve(url, revision: "main", freshness: .now).commit
    return (await test.mirrors.tree(url, at: commit), url)
  }

  private func path(_ text: String) throws -> TreePath { try #require(TreePath(text)) }

  @Test func readsFilesFoldersAndLinks() async throws {
    let repository = try await TestRepository()
    try repository.folder.write("base", to: "apps/base/kustomization.yaml")
    try repository.folder.write("über", to: "apps/base/ü.txt")
    func link(_ name: String, _ target: String) throws {
      try FileManager.default.createSymbolicLink(atPath: repository.path + "/" + name, withDestinationPath: target)
    }
    try link("apps/same", "base")
    try link("apps/deep", "./same/../same/kustomization.yaml")
    try link("dangling", "nowhere")
    try link("loop", "loop2")
    try link("loop2", "loop")
    try link("out", "../../etc/passwd")
    try link("absolute", "/etc/passwd")
    try await repository.commit()
    let test = try TestMirrors()
    let (tree, _) = try await tree(repository, test)

    #expect(try tree.entry(at: .root) == .directory(resolved: .root))
    #expect(try tree.entry(at: path("apps/base")) == .directory(resolved: path("apps/base")))
    let resolved = try path("apps/base/kustomization.yaml")
    for name in ["apps/base/kustomization.yaml", "apps/same/kustomization.yaml", "apps/deep"] {
      #expect(try tree.entry(at: path(name)) == .file(resolved: resolved), "\(name)")
      let content = try tree.read(path(name), limit: 100)
      #expect(content.bytes == Array("base".utf8))
      #expect(content.resolved == resolved)
      #expect(content.id == "8681f8b8f32615a16703053bc1eaffb3e5e720a5")
    }
    #expect(try tree.list(path("apps/same")).names == ["kustomization.yaml", "ü.txt"])
    #expect(try tree.list(.root).names == ["absolute", "apps", "dangling", "loop", "loop2", "out"])
    for name in ["dangling", "no", "apps/no", "apps/base/kustomization.yaml/x", "apps/deep/x"] {
      #expect(try tree.entry(at: path(name)) == nil, "\(name)")
      let wanted = try path(name)
      #expect(throws: FileTreeError.notFound(wanted)) { try tree.read(wanted, limit: 10) }
    }
    let faults: [(String, (TreePath) -> FileTreeError)] = [
      ("out", { .leavesTree($0) }), ("absolute", { .leavesTree($0) }), ("loop", { .linkLoop($0) }),
      ("apps", { .isDirectory($0) }), ("apps/deep", { .tooLarge($0, limit: 3) }),
    ]
    for (name, error) in faults {
      let wanted = try path(name)
      #expect(throws: error(wanted)) { try tree.read(wanted, limit: 3) }
    }
    let file = try path("apps/deep")
    #expect(throws: FileTreeError.notDirectory(file)) { try tree.list(file) }
  }

  @Test func aSubmoduleIsNotRead() async throws {
    let repository = try await TestRepository()
    let commit = try await repository.commit(["a": "1"])
    try await repository.git("update-index", "--add", "--cacheinfo", "160000,\(commit.hex),vendor")
    try await repository.git("commit", "--quiet", "--message", "submodule")
    let test = try TestMirrors()
    let (tree, _) = try await tree(repository, test)
    let wanted = try path("vendor")
    #expect(throws: FileTreeError.notRegular(wanted)) { try tree.entry(at: wanted) }
    #expect(try tree.list(.root).names == ["a", "vendor"])
  }

  @Test func idsAreEqualExactlyWhenContentsAre() async throws {
    let repository = try await TestRepository()
    try await repository.commit(["d/a": "1", "d/b": "1", "d/c": "2"])
    let test = try TestMirrors()
    let (old, _) = try await tree(repository, test)
    #expect(try old.read(path("d/a"), limit: 9).id == old.read(path("d/b"), limit: 9).id)
    #expect(try old.read(path("d/a"), limit: 9).id != old.read(path("d/c"), limit: 9).id)
    try await repository.commit(["d/a": "changed"])
    let (changed, _) = try await tree(repository, test)
    #expect(try old.list(path("d")).id == changed.list(path("d")).id, "the names are the same")
    #expect(try old.read(path("d/a"), limit: 9).id != changed.read(path("d/a"), limit: 9).id)
    try await repository.commit(["d/e": "more"])
    let (more, _) = try await tree(repository, test)
    #expect(try old.list(path("d")).id != more.list(path("d")).id)
  }

  @Test func aThousandReadersTakeFewProcesses() async throws {
    let repository = try await TestRepository()
    var files: [String: String] = [:]
    for index in 0..<20 { files["d\(index)/f"] = "content \(index)" }
    try await repository.commit(files)
    let test = try TestMirrors()
    let (tree, _) = try await tree(repository, test)
    let threads = RenderThreads(count: 4)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for round in 0..<1000 {
        group.addTask {
          try await threads.run {
            let path = try #require(TreePath("d\(round % 20)/f"))
            #expect(try tree.read(path, limit: 100).bytes == Array("content \(round % 20)".utf8))
          }
        }
      }
      try await group.waitForAll()
    }
    let idle = test.mirrors.objects.idleProcessIDs
    #expect((1...2).contains(idle.count))
  }

  @Test func aKilledReaderIsReplaced() async throws {
    let repository = try await TestRepository()
    try await repository.commit(["a": "1", "b": "2"])
    let test = try TestMirrors()
    let (tree, url) = try await tree(repository, test)
    #expect(try tree.read(path("a"), limit: 9).bytes == Array("1".utf8))
    for pid in test.mirrors.objects.idleProcessIDs { kill(pid, SIGKILL) }
    #expect(try tree.read(path("b"), limit: 9).bytes == Array("2".utf8))
    #expect(await test.mirrors.status(url)?.lastFailure == nil)
  }

  @Test func aDamagedObjectIsAnErrorAndHealsAtTheNextLook() async throws {
    let repository = try await TestRepository()
    let commit = try await repository.commit(["a": "first", "b": "second"])
    let test = try TestMirrors()
    let (tree, url) = try await tree(repository, test)
    let objects = test.mirrorPath(url) + "/objects"
    try FileManager.default.removeItem(atPath: objects)
    try FileManager.default.createDirectory(atPath: objects, withIntermediateDirectories: true)
    let wanted = try path("b")
    #expect {
      try tree.read(wanted, limit: 99)
    } throws: { error in
      guard case .unreadable(let path, _) = error as? FileTreeError else { return false }
      return path == wanted
    }
    #expect(try await test.mirrors.resolve(url, revision: "main").commit == commit)
    #expect(try tree.read(wanted, limit: 99).bytes == Array("second".utf8))
  }

  @Test func largeFilesAreBoundedAndDoNotSpoilTheReader() async throws {
    let repository = try await TestRepository()
    let large = String(repeating: "0123456789abcdef", count: 1 << 16)
    try await repository.commit(["large": large, "small": "s"])
    let test = try TestMirrors()
    let (tree, _) = try await tree(repository, test)
    let wanted = try path("large")
    #expect(throws: FileTreeError.tooLarge(wanted, limit: 1000)) { try tree.read(wanted, limit: 1000) }
    #expect(try tree.read(path("small"), limit: 9).bytes == Array("s".utf8))
    #expect(try tree.read(wanted, limit: 2 << 20).bytes.count == 1 << 20)
  }

  @Test func aTreeObjectOfTricksYieldsNoFiles() {
    let id = [UInt8](repeating: 7, count: 20)
    func entry(_ text: String) -> [UInt8] { Array(text.utf8) + [0] + id }
    let tricks = ["100644 ..", "40000 .git", "100644 a/b", "100644 .", "100644 "].flatMap(entry)
    #expect(GitTreeObject(tricks + entry("100644 ok"), idLength: 20)?.names == ["ok"])
    for malformed in [Array("100644".utf8), Array("100644 a".utf8), Array("100644 a\0short".utf8), entry("9z a")] {
      #expect(GitTreeObject(malformed, idLength: 20) == nil)
    }
  }
}
