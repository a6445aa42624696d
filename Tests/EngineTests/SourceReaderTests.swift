import Fleet
import Foundation
import HTTPClient
import Manifest
import Testing

@testable import Engine

/// Applications of several sources: each rendered, those that are only referred to read along.
struct SourceReaderTests {
  private func application(_ sources: String) throws -> Application {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: Application
      metadata: {name: web}
      spec:
        project: default
        destination: {name: edge-1, namespace: shop}
        sources: \(sources)
      """
    let node = try #require(try YAML.parse(Array(text.utf8)).first)
    return try #require(Application.read(node, file: "web.yaml").value)
  }

  private func settings(_ name: String, _ value: String = "1") -> String {
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata: {a: '\(value)'}\n"
  }

  @Test func everySourceIsRendered() async throws {
    let (first, second) = (try await TestRepository(), try await TestRepository())
    let mirrors = try TestMirrors()
    let one = try await first.commit(["a/one.yaml": settings("one"), "b/two.yaml": settings("two")]).hex
    let two = try await second.commit([
      "values/x.yaml": settings("never"),
      "k/kustomization.yaml": "namePrefix: k-\nresources: [three.yaml]\n", "k/three.yaml": settings("three"),
    ]).hex
    let reader = SourceReader(mirrors: mirrors.mirrors)
    let all = try application(
      """
      [{repoURL: \(first.path), path: a}, {repoURL: \(second.path), ref: values},
       {repoURL: \(second.path), path: k, targetRevision: main}, {repoURL: \(first.path), path: b, ref: also}]
      """)
    let answer = try await reader.read(all, fresh: true)
    #expect(answer.objects.map(\.name) == ["one", "k-three", "two"])
    #expect(answer.revision == one + "," + two)
    let again = try await reader.read(all, fresh: true)
    #expect(again.identity == answer.identity)
    try await second.commit(["k/three.yaml": settings("three", "2")])
    #expect(try await reader.read(all, fresh: true).identity != answer.identity)
    let alone = try await reader.read(try application("[{repoURL: \(first.path), path: a}]"), fresh: false)
    #expect(alone.objects.map(\.name) == ["one"] && alone.identity != answer.identity && alone.revision == one)
  }

  @Test func whatCannotBeRenderedIsNamed() async throws {
    let source = try await TestRepository()
    try await source.commit(["a/one.yaml": settings("one")])
    let mirrors = try TestMirrors()
    let reader = SourceReader(mirrors: mirrors.mirrors)
    let good = "{repoURL: \(source.path), path: a}"
    let table: [(sources: String, code: String, words: String)] = [
      (
        "[\(good), {repoURL: 'https://charts.example.com', chart: --web, targetRevision: 1.0.0, name: chart}]",
        "source.chart", "source 2 of 2 (chart): '--web' is no name of a chart"
      ),
      ("[{repoURL: \(source.path), ref: values}]", "source.none", "there is nothing to render"),
      (
        "[\(good), {repoURL: \(source.path), path: a, targetRevision: nowhere, ref: other}]", "git.revision-unknown",
        "source 2 of 2 (other): "
      ),
    ]
    for (sources, code, words) in table {
      do {
        _ = try await reader.read(try application(sources), fresh: true)
        Issue.record("rendered: \(sources)")
      } catch let failure as Failure {
        #expect(failure.code == code && failure.message.contains(words), "\(failure)")
      }
    }
    withExtendedLifetime(mirrors) {}
  }

  @Test func aPreviewReadsEverySourceAtItsSide() async throws {
    let (fleet, source) = (try await TestRepository(), try await TestRepository())
    try await source.commit(["a/one.yaml": settings("one"), "b/two.yaml": settings("two")])
    try await source.git("checkout", "--quiet", "-b", "next")
    try await source.commit(["b/two.yaml": settings("two", "new")])
    func manifest(_ sources: String) -> String {
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Application
      metadata: {name: web}
      spec:
        project: default
        destination: {name: edge-1, namespace: shop}
        sources: \(sources)

      """
    }
    let cluster = """
      apiVersion: muster.dev/v1alpha1
      kind: Cluster
      metadata: {name: edge-1}
      spec: {server: "https://one", credentials: {registered: true}}

      """
    let two = "[{repoURL: \(source.path), path: a, targetRevision: main}, {repoURL: \(source.path), path: b}]"
    try await fleet.commit(["clusters/a.yaml": cluster, "templates/web.yaml": manifest(two)])
    try await fleet.git("checkout", "--quiet", "-b", "next")
    try await fleet.commit()
    try await fleet.git("checkout", "--quiet", "-b", "chart")
    try await fleet.commit([
      "templates/web.yaml": manifest(
        "[{repoURL: \(source.path), path: a}, {repoURL: 'https://c', chart: --c, targetRevision: 1.0.0}]")
    ])
    let mirrors = try TestMirrors()
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    let reader = PreviewReader(
      mirrors: mirrors.mirrors, world: OutsideWorld(mirrors: mirrors.mirrors, transport: transport))
    func side(_ revision: String) async throws -> PreviewReader.Side {
      try await reader.read(.git(try GitURL(fleet.path), folder: .root), at: revision)
    }
    let (before, after) = (try await side("main"), try await side("next"))
    #expect(before.isSound && after.isSound, "\(before.failures) \(after.failures) \(after.diagnostics)")
    let preview = FleetPreview(from: before.fleet, to: after.fleet)
    #expect(before.fleet.applications["web"]?.rendered?.objects.count == 2)
    #expect(!preview.isEmpty && FleetPreview(from: before.fleet, to: before.fleet).isEmpty)
    let chart = try await side("chart")
    #expect(
      chart.failures.map(\.message) == [
        "source 2 of 2: '--c' is no name of a chart"
      ])
  }
}
