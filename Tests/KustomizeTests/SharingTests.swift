import Manifest
import Synchronization
import Testing

@testable import Kustomize

/// What renders share, and what they may reach and grow to.
@Suite struct SharingTests {
  private let base = [
    "base/kustomization.yaml": "resources: [a.yaml]\nnamePrefix: b-\n",
    "base/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n",
    "x/kustomization.yaml": "resources: [../base]\nnameSuffix: -x\n",
    "y/kustomization.yaml": "resources: [../base]\nnamespace: ns-y\n",
    "back/kustomization.yaml": "resources: [in]\n", "back/in/kustomization.yaml": "resources: [../../base]\n",
  ]

  private func yaml(_ tree: any FileTree, _ path: String, _ options: RenderOptions) throws -> String {
    String(decoding: try renderSource(tree, at: #require(TreePath(path)), options: options).yaml, as: UTF8.self)
  }

  @Test func basesAreAccumulatedOnceForEqualFiles() throws {
    var options = RenderOptions()
    options.bases = BaseCache()
    let tree = MemoryFileTree(base)
    for path in ["x", "y", "back", "x"] {
      #expect(try yaml(tree, path, options) == yaml(tree, path, RenderOptions()), "\(path)")
    }
    // Another content of a file that the base reads is another base.
    var changed = base
    changed["base/a.yaml"] = base["base/a.yaml"]?.replacing("v}", with: "w}")
    #expect(try yaml(MemoryFileTree(changed), "x", options).contains("k: w"))
    #expect(try yaml(tree, "x", options).contains("k: v"))
  }

  @Test func whatACachedBaseReadIsRecordedForItsUser() throws {
    var options = RenderOptions()
    options.bases = BaseCache()
    let tree = MemoryFileTree(base)
    _ = try yaml(tree, "x", options)
    let recording = RecordingFileTree(tree)
    _ = try yaml(recording, "y", options)
    #expect(recording.trace.lines.contains { $0.hasPrefix("read base/a.yaml") })
    var changed = base
    changed["base/a.yaml"] = base["base/a.yaml"]?.replacing("v}", with: "w}")
    #expect(recording.trace.holds(in: tree) && !recording.trace.holds(in: MemoryFileTree(changed)))
  }

  @Test func aCachedBaseDoesNotHideACycle() throws {
    var files = base
    files["up/kustomization.yaml"] = "resources: [inner]\n"
    files["up/inner/kustomization.yaml"] = "resources: [../../x]\n"
    files["x/kustomization.yaml"] = "resources: [../up/leaf]\n"
    files["up/leaf/kustomization.yaml"] = "resources: [../../base]\n"
    var options = RenderOptions()
    options.bases = BaseCache()
    let tree = MemoryFileTree(files)
    #expect(try yaml(tree, "up", options) == yaml(tree, "up", RenderOptions()))
    files["base/kustomization.yaml"] = "resources: [../up]\n"
    #expect(throws: Diagnostics.self) { try yaml(MemoryFileTree(files), "up", options) }
  }

  @Test func nothingGrowsWithoutEnd() throws {
    let resource = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: x}\n"
    let copies = (0..<60).map { "    - {op: copy, from: /data, path: /data/k\($0)}\n" }.joined()
    let doubled = (0..<60).map { number in
      """
      - source: {kind: ConfigMap, fieldPath: data}
        targets: [{select: {kind: ConfigMap}, fieldPaths: [data.k\(number)], options: {create: true}}]

      """
    }.joined()
    let joined = (0..<60).map { _ in
      """
      - source: {kind: ConfigMap, fieldPath: data.a}
        targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a], options: {delimiter: ",", index: -1}}]

      """
    }.joined()
    let cases: [(settings: String, code: String)] = [
      ("patches:\n- target: {kind: ConfigMap}\n  patch: |\n" + copies, "kustomize.resource-too-large"),
      ("replacements:\n" + doubled, "kustomize.resource-too-large"),
      ("replacements:\n" + joined, "kustomize.resource-too-large"),
      ("namePrefix: " + String(repeating: "a", count: 5_000) + "\n", "kustomize.invalid-field"),
    ]
    var options = RenderOptions()
    options.limits.resourceBytes = 1 << 20
    options.limits.fileBytes = 1 << 20
    for (settings, code) in cases {
      let tree = MemoryFileTree(["kustomization.yaml": "resources: [r.yaml]\n" + settings, "r.yaml": resource])
      do {
        _ = try renderSource(tree, at: .root, options: options)
        Issue.record("no error: \(code)")
      } catch {
        #expect(error.all.first?.code == code, "\(error.all.map(\.message))")
      }
    }
  }

  @Test func addressesOfOtherRepositories() throws {
    let cases: [(text: String, repository: String, path: String, revision: String)] = [
      ("https://github.com/o/r//a/b?ref=v1", "https://github.com/o/r", "a/b", "v1"),
      ("https://github.com/o/r/a/b?ref=v1", "https://github.com/o/r", "a/b", "v1"),
      ("github.com/o/r?ref=main", "https://github.com/o/r", "", "main"),
      ("git::https://host.example/x/y.git//a?version=2", "https://host.example/x/y.git", "a", "2"),
      ("git@github.com:o/r.git//deploy?submodules=false&ref=v3", "git@github.com:o/r.git", "deploy", "v3"),
      ("https://host.example:8443/deep/er/r.git/a", "https://host.example:8443/deep/er/r.git", "a", ""),
      ("ssh://git@host.example/o/r//a", "ssh://git@host.example/o/r", "a", ""),
      ("file:///srv/r//a", "file:///srv/r", "a", ""),
    ]
    for (text, repository, path, revision) in cases {
      #expect(RemoteReference.isRemote(text))
      let reference = try #require(RemoteReference(text), "\(text)")
      #expect(
        reference.repository == repository && reference.path.text == path && reference.revision == revision, "\(text)")
    }
    for text in ["https://host.example/install.yaml", "https://github.com/o/r/raw/a.yaml", "https://x//../../a"] {
      #expect(RemoteReference(text) == nil, "\(text)")
    }
  }

  private struct Repositories: RemoteBases {
    let trees: [String: MemoryFileTree]

    func tree(_ reference: RemoteReference) throws -> any FileTree {
      guard let tree = trees[reference.repository] else {
        throw Failure("test.unknown", subject: "base", stage: "render", "not there", retry: .never)
      }
      return tree
    }
  }

  @Test func basesOfOtherRepositoriesWhereTheyAreAllowed() throws {
    let top = MemoryFileTree([
      "kustomization.yaml": "resources: ['https://example.com/o/r//base?ref=v1']\nnamePrefix: top-\n"
    ])
    #expect(throws: Diagnostics.self) { try yaml(top, "", RenderOptions()) }
    var options = RenderOptions()
    let loop = MemoryFileTree(["kustomization.yaml": "resources: ['https://example.com/o/loop//']\n"])
    options.remotes = Repositories(trees: ["https://example.com/o/r": MemoryFileTree(base)])
    #expect(try yaml(top, "", options).contains("name: top-b-a"))
    options.remotes = Repositories(trees: ["https://example.com/o/r": loop, "https://example.com/o/loop": loop])
    #expect(throws: Diagnostics.self) { try yaml(loop, "", options) }
    options.remotes = Repositories(trees: [:])
    do {
      _ = try renderSource(top, at: .root, options: options)
    } catch {
      #expect(error.all.first?.code == "kustomize.remote-failed")
    }
  }
}
