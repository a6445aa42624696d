import Manifest
import Testing

@testable import Kustomize

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Folders of `Cases`: `in/` holds the tree, `out.yaml` what `kubectl kustomize in/ROOT` prints, `root` names ROOT.
@Suite struct GoldenTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Cases")

  @Test func rendersAsKustomizeDoes() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
    #expect(names.count >= 6)
    for name in names {
      let folder = Self.folder.appending(path: name)
      let root = try String(contentsOf: folder.appending(path: "root"), encoding: .utf8).trimmingSpace
      let wanted = try String(contentsOf: folder.appending(path: "out.yaml"), encoding: .utf8)
      let rendering = try renderSource(Self.tree(folder.appending(path: "in")), at: #require(TreePath(root)))
      #expect(String(decoding: rendering.yaml, as: UTF8.self) == wanted, "case \(name)")
    }
  }

  /// Many renders at once give the same, with and without the files of one another.
  @Test func rendersAtOnceFromOneCache() async throws {
    let tree = try Self.tree(Self.folder.appending(path: "overlay-patches/in"))
    var options = RenderOptions()
    options.cache = ParsedFileCache()
    let path = try #require(TreePath("overlay"))
    let wanted = try renderSource(tree, at: path).yaml
    let shared = options
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<16 { group.addTask { try renderSource(tree, at: path, options: shared).yaml } }
      for try await yaml in group { #expect(yaml == wanted) }
    }
  }

  private static func tree(_ folder: URL) throws -> MemoryFileTree {
    var files: [String: String] = [:]
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    for path in paths {
      let url = folder.appending(path: path)
      if let text = try? String(contentsOf: url, encoding: .utf8) { files[path] = text }
    }
    return MemoryFileTree(files)
  }
}

@Suite struct ErrorTests {
  private func problems(_ files: [String: String], links: [String: String] = [:], at path: String = "") throws
    -> [Diagnostic]
  {
    do {
      _ = try renderSource(MemoryFileTree(files, links: links), at: #require(TreePath(path)))
      return []
    } catch let error as Diagnostics {
      return error.all
    }
  }

  private let a = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

  @Test func everyProblemIsSaidWithItsPlace() throws {
    let found = try problems([
      "kustomization.yaml": "resources:\n- a.yaml\n- b.yml\n- gone/\n", "a.yaml": "kind: [\n", "b.yaml": a,
    ])
    #expect(found.map(\.code) == ["yaml.syntax", "kustomize.missing-file", "kustomize.missing-file"])
    #expect(found[1].location == SourceLocation(file: "kustomization.yaml", mark: SourceMark(line: 3, column: 3)))
    #expect(found[1].help == "did you mean 'b.yaml'?")
  }

  @Test func whatOnlyFollowsFromAnErrorIsNotSaid() throws {
    let operations = #"[{"op": "replace", "path": "/data/x", "value": "y"}]"#
    func patch(_ name: String, _ operations: String = operations) -> String {
      "- target: {kind: ConfigMap, name: \(name)}\n  patch: '\(operations)'\n"
    }
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    let merge = "- patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: NAME}, data: {a: b}}'\n"
    let source =
      "- source: {kind: ConfigMap, name: NAME, fieldPath: data.made}\n  targets: [{select: {kind: ConfigMap, name: b}, fieldPaths: [data.z]}]\n"
    let table: [(name: String, files: [String: String], codes: [String])] = [
      (
        "patches of two resources", ["kustomization.yaml": "patches:\n" + patch("a") + patch("b")],
        ["kustomize.patch-failed", "kustomize.patch-failed"]
      ),
      (
        "two patches of one resource", ["kustomization.yaml": "patches:\n" + patch("a") + patch("a")],
        ["kustomize.patch-failed"]
      ),
      (
        "patches of nothing",
        [
          "kustomization.yaml": "patches:\n" + merge.replacing("NAME", with: "x") + merge.replacing("NAME", with: "y")
        ], ["kustomize.no-target", "kustomize.no-target"]
      ),
      (
        "a replacement from what a patch would have made",
        ["kustomization.yaml": "patches:\n" + patch("a") + "replacements:\n" + source.replacing("NAME", with: "a")],
        ["kustomize.patch-failed"]
      ),
      (
        "a component that builds on one that failed",
        [
          "kustomization.yaml": "components: [one, two, three]\n",
          "one/kustomization.yaml": component + "resources: [c.yaml, gone.yaml]\n",
          "one/c.yaml": a.replacing("name: a", with: "name: c"),
          "two/kustomization.yaml": component + "patches:\n" + merge.replacing("NAME", with: "c"),
          "three/kustomization.yaml": component + "resources: [lost.yaml]\n",
        ], ["kustomize.missing-file", "kustomize.missing-file"]
      ),
    ]
    for (name, files, codes) in table {
      var files = files
      files["kustomization.yaml"] = "resources: [a.yaml, b.yaml]\n" + (files["kustomization.yaml"] ?? "")
      files["a.yaml"] = a
      files["b.yaml"] = a.replacing("name: a", with: "name: b")
      let found = try problems(files)
      #expect(found.map(\.code) == codes, "\(name): \(found.map(\.message))")
    }
  }

  @Test func theWayToAnErrorIsTold() throws {
    let found = try problems(
      ["top/kustomization.yaml": "resources: [../base]\n", "base/kustomization.yaml": "resource: [a.yaml]\n"], at: "top"
    )
    #expect(found.first?.code == "kustomize.unknown-field")
    #expect(found.first?.help == "did you mean 'resources'?")
    #expect(found.first?.location?.file == "base/kustomization.yaml")
    #expect(found.first?.notes.first?.location?.file == "top/kustomization.yaml")
  }

  @Test func fieldsOfTheWrongTypeAreRefused() throws {
    for (field, column) in [
      ("openapi: x", 10), ("openapi: []", 10), ("openapi: {path: 5}", 17), ("metadata: x", 11), ("metadata: []", 11),
      ("metadata: {a: b}", 12), ("metadata: {name: 5}", 18), ("metadata: {labels: {a: 5}}", 24),
    ] {
      let found = try problems(["kustomization.yaml": "resources: [a.yaml]\n\(field)\n", "a.yaml": a])
      let place = SourceLocation(file: "kustomization.yaml", mark: SourceMark(line: 2, column: UInt32(column)))
      #expect(found.map(\.location) == [place], "\(field): \(found)")
    }
  }

  @Test func sortOptionsAreRefusedWithTheirPlace() throws {
    for options in ["{order: foo}", "{legacySortOptions: {}}", "{order: fifo, legacySortOptions: {orderFirst: [x]}}"] {
      let found = try problems(["kustomization.yaml": "resources: [a.yaml]\nsortOptions: \(options)\n", "a.yaml": a])
      let place = SourceLocation(file: "kustomization.yaml", mark: SourceMark(line: 2, column: 14))
      #expect(found.map(\.location) == [place], "\(options): \(found)")
    }
  }

  @Test func filesOfCrdsMustHoldDefinitions() throws {
    let files = ["kustomization.yaml": "resources: [a.yaml]\ncrds: [c.yaml]\n", "a.yaml": a]
    for content in ["a: {}\n", "a:\n", "a: {Schema: {properties: {b: {}}}}\n"] {
      #expect(try problems(files.merging(["c.yaml": content]) { $1 }).isEmpty, "\(content)")
    }
    for (content, line, column) in [
      ("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n", 1, 13), ("[]\n", 1, 1),
      ("a: {Schema: x}\n", 1, 13), ("a:\n  Schema: {properties: {b: 5}}\n", 2, 28),
    ] {
      let found = try problems(files.merging(["c.yaml": content]) { $1 })
      #expect(found.map(\.code) == ["kustomize.invalid-definitions"], "\(content)")
      let mark = SourceMark(line: UInt32(line), column: UInt32(column))
      #expect(found.first?.location == SourceLocation(file: "c.yaml", mark: mark), "\(content)")
      #expect(found.first?.notes.isEmpty == false)
    }
  }

  /// What a replacement or an operation would do that kustomize refuses.
  @Test func valuesThatDoNotFitAreRefused() throws {
    func replacement(_ from: String, _ to: String, _ options: String = "{}") -> String {
      "replacements: [{source: {kind: W, fieldPath: \(from)}, targets: [{select: {kind: W}, fieldPaths: [\(to)], "
        + "options: \(options)}]}]\n"
    }
    let test = "patches:\n- target: {kind: W}\n  patch: |\n    - {op: test, path: /spec/day, value: 2024-01-01}\n"
    let table: [(entry: String, code: String)] = [
      (replacement("spec.empty", "metadata.name"), "kustomize.invalid-replacement"),
      (replacement("spec.map", "metadata"), "kustomize.invalid-replacement"),
      (replacement("spec.empty", "kind"), "kustomize.invalid-replacement"),
      (replacement("spec.word", "spec.day"), "kustomize.invalid-replacement"),
      (replacement("spec.word", "spec..day", "{create: true}"), "kustomize.invalid-replacement"),
      ("replacements: [{source: {kind: W}, targets: []}]\n", "kustomize.invalid-replacement"),
      (test, "kustomize.patch-failed"),
      ("commonLabels: {'2024-01-01': x}\n", "kustomize.key-type"),
      (
        "patches: [{patch: '{apiVersion: v1, kind: W, metadata: {name: w}, $patch: replace, spec: {$patch: x}}'}]\n",
        "kustomize.merge-conflict"
      ),
    ]
    let resource =
      "apiVersion: v1\nkind: W\nmetadata: {name: w}\nspec: {empty: '', word: abc, day: 2024-01-01, map: {a: b}}\n"
    for (entry, code) in table {
      let found = try problems(["kustomization.yaml": "resources: [w.yaml]\n" + entry, "w.yaml": resource])
      #expect(found.map(\.code) == [code], "\(entry): \(found)")
    }
  }

  /// A later replacement may give a name again; lists need none.
  @Test func aNameMayBeAwayForAWhile() throws {
    let entry = """
      resources: [w.yaml]
      replacements:
      - source: {kind: W, fieldPath: spec.empty}
        targets: [{select: {kind: W}, fieldPaths: [metadata.name]}]
      - source: {kind: W, fieldPath: spec.word}
        targets: [{select: {kind: W}, fieldPaths: [metadata.name]}]
      """
    let resource = "apiVersion: v1\nkind: W\nmetadata: {name: w}\nspec: {empty: '', word: abc}\n"
    #expect(try problems(["kustomization.yaml": entry, "w.yaml": resource]).isEmpty)
  }

  @Test func whatIsRefused() throws {
    let cases: [(files: [String: String], links: [String: String], code: String)] = [
      (["kustomization.yaml": "resources: [.]\n"], [:], "kustomize.cycle"),
      (["kustomization.yaml": "resources: [a.yaml, a.yaml]\n", "a.yaml": a], [:], "kustomize.duplicate-id"),
      (
        ["kustomization.yaml": "resources: [a.yaml]\n", "kustomization.yml": "", "a.yaml": a], [:],
        "kustomize.two-kustomizations"
      ),
      (["kustomization.yaml": "resources: [../a.yaml]\n"], [:], "kustomize.outside-root"),
      (["kustomization.yaml": "resources: [a.yaml]\n"], ["a.yaml": "/etc/hostname"], "kustomize.outside-root"),
      (["kustomization.yaml": "resources: [a.yaml]\n"], ["a.yaml": "a.yaml"], "kustomize.link-loop"),
      (["kustomization.yaml": "namespace: n\n"], [:], "kustomize.invalid-field"),
      (["kustomization.yaml": "helmCharts: [{name: x}]\n"], [:], "kustomize.helm-disabled"),
      (["kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": a + "data: {8080: x}\n"], [:], "yaml.key-type"),
      (
        ["kustomization.yaml": "resources: [a.yaml]\ncommonLabels: {'1': x}\n", "a.yaml": a], [:], "kustomize.key-type"
      ),
      (
        [
          "kustomization.yaml": "resources: [a.yaml]\nnamespace: ns\nconfigurations: [c.yaml]\n", "a.yaml": a,
          "c.yaml": "namespace: [{path: 'metadata/*'}]\n",
        ], [:], "kustomize.invalid-field"
      ),
      (
        [
          "kustomization.yaml": "resources: [a.yaml]\nconfigurations: [c.yaml]\n", "a.yaml": a,
          "c.yaml": "images: [{path: spec/image, apiGroup: x}]\n",
        ], [:], "kustomize.unknown-field"
      ),
      (
        [
          "kustomization.yaml": "resources: [a.yaml]\ntransformers: [f.yaml]\n", "a.yaml": a,
          "f.yaml": """
          apiVersion: v1
          kind: X
          metadata: {name: f, annotations: {config.kubernetes.io/function: "container: {image: x}"}}
          """,
        ], [:], "kustomize.plugin-refused"
      ),
      (["Chart.yaml": "name: x\n"], [:], "source.chart"),
      (["README": "x"], [:], "source.empty"),
    ]
    for (files, links, code) in cases {
      #expect(try problems(files, links: links).first?.code == code, "\(code)")
    }
  }
}

@Suite struct PatternTests {
  @Test func matchesAsRE2() throws {
    let cases: [(pattern: String, text: String, matches: Bool)] = [
      ("web", "web", true), ("web", "web-1", false), ("web.*", "web-1", true), ("a|b", "b", true), ("a|b", "ab", false),
      ("[a-c]{2,3}", "abc", true), ("[a-c]{2,3}", "abca", false), ("(?i)WEB", "web", true), ("\\d+", "42", true),
      ("(a*)*b", String(repeating: "a", count: 3000), false), ("[^x]+", "abc", true), ("w\\.b", "wxb", false),
    ]
    for (pattern, text, matches) in cases {
      #expect(try Pattern(pattern, wholeText: true).matches(text) == matches, "\(pattern)")
    }
    for invalid in ["(", "[a", "a**", "(?<x", "\\p"] {
      #expect(throws: Pattern.Invalid.self) { try Pattern(invalid, wholeText: true) }
    }
  }

  @Test func hashes() {
    #expect(SHA256.hex(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      SHA256.hex(of: Array(repeating: 0x61, count: 119))
        == "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb")
  }
}
