import Fleet
import Foundation
import Kustomize
import Manifest
import Synchronization
import Testing

@testable import Engine

/// Charts inside of kustomizations, through a stand-in for helm.
struct KustomizeChartTests {
  private func application(_ url: String, _ path: String = "app", more: String = "") throws -> Application {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: Application
      metadata: {name: web}
      spec:
        project: default
        destination: {name: edge-1, namespace: shop}
        source: {repoURL: \(url), path: \(path)\(more)}
      """
    let node = try #require(try YAML.parse(Array(text.utf8)).first)
    return try #require(Application.read(node, file: "web.yaml").value)
  }

  private let chart = [
    "app/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "app/charts/web/values.yaml": "own: 1\n", "app/charts/web/templates/a.yaml": "a",
  ]

  /// Leaves every file of values that a call was given, in its order.
  private let keepsValues = """
    rm -f "$here"/values-*; number=0
    for argument in "$@"; do case "$argument" in
    --values=*) cp "${argument#--values=}" "$here/values-$number"; number=$((number + 1)) ;;
    esac; done
    cat "$here/answer.yaml"
    """

  private func reader(_ helm: FakeHelm, _ mirrors: TestMirrors, hosts: Set<String> = []) -> SourceReader {
    SourceReader(mirrors: mirrors.mirrors, helm: Helm(settings: helm.settings) { _ in GitAccess() }, baseHosts: hosts)
  }

  private func flags(_ call: FakeHelm.Call) -> [String] { call.arguments.filter { !$0.hasPrefix("--values=") } }

  @Test func whatHelmIsGiven() async throws {
    // The entry beside name and the files' places; the arguments beside the values; the values, in order.
    let table: [(entry: String, arguments: [String], values: [String])] = [
      ("", ["template", "--", "release-name", "."], []),
      (
        "releaseName: prod, namespace: ns, includeCRDs: true, skipHooks: true, skipTests: true, kubeVersion: v1.31.0, apiVersions: [a/v1]",
        [
          "template", "--namespace=ns", "--kube-version=1.31.0", "--api-versions=a/v1", "--include-crds",
          "--skip-tests",
          "--no-hooks", "--", "prod", ".",
        ], []
      ),
      ("nameTemplate: 'x-{{ 1 }}'", ["template", "--name-template=x-{{ 1 }}", "--", "."], []),
      ("valuesFile: v.yaml", ["template", "--", "release-name", "."], ["a: 1\nb: {c: 1, d: 2}\n"]),
      (
        "valuesFile: v.yaml, valuesInline: {a: 2, b: {c: null}}", ["template", "--", "release-name", "."],
        [#"{"a":2,"b":{"d":2}}"#]
      ),
      (
        "valuesFile: v.yaml, valuesInline: {a: 2, e: 3}, valuesMerge: merge", ["template", "--", "release-name", "."],
        [#"{"a":1,"e":3,"b":{"c":1,"d":2}}"#]
      ),
      (
        "valuesFile: v.yaml, valuesInline: {a: 2}, valuesMerge: replace", ["template", "--", "release-name", "."],
        [#"{"a":2}"#]
      ),
      ("valuesInline: {a: 2, b: null}", ["template", "--", "release-name", "."], [#"{"a":2}"#]),
      (
        "valuesInline: {a: 2}, valuesMerge: merge", ["template", "--", "release-name", "."],
        [#"{"a":2}"#, "own: 1\n"]
      ),
      (
        "valuesInline: {a: 2}, additionalValuesFiles: [more.yaml]", ["template", "--", "release-name", "."],
        [#"{"a":2}"#, "m: 1\n"]
      ),
    ]
    for (entry, arguments, values) in table {
      let helm = try FakeHelm(["template": keepsValues])
      let source = try await TestRepository()
      let mirrors = try TestMirrors()
      let files = ["app/v.yaml": "a: 1\nb: {c: 1, d: 2}\n", "app/more.yaml": "m: 1\n"]
      try await source.commit(
        chart.merging(files) { $1 }.merging([
          "app/kustomization.yaml": "helmCharts: [{name: web\(entry.isEmpty ? "" : ", " + entry)}]\nnamePrefix: p-\n"
        ]) { $1 })
      let answer = try await reader(helm, mirrors).read(try application(source.path), fresh: true)
      #expect(answer.objects.map(\.name) == ["p-rendered"], "transformed as any other: \(entry)")
      #expect(!answer.looksElsewhere)
      let call = try #require(try helm.calls(of: "template").first)
      #expect(flags(call) == arguments, "\(entry)")
      #expect(call.folder.hasSuffix("/tree/source/app/charts/web"))
      let given = try (0..<values.count).map { try helm.left("values-\($0)") }
      #expect(given == values, "\(entry)")
      #expect(throws: (any Error).self) { try helm.left("values-\(values.count)") }
    }
  }

  @Test func aRenderIsMadeOnceForWhatItReads() async throws {
    let helm = try FakeHelm()
    let source = try await TestRepository()
    let mirrors = try TestMirrors()
    let base = chart.merging(["app/kustomization.yaml": "helmCharts: [{name: web}]\n", "docs/a": "1"]) { $1 }
    try await source.commit(base)
    let reader = reader(helm, mirrors)
    let web = try application(source.path)
    let first = try await reader.read(web, fresh: true)
    for _ in 0..<3 { #expect(try await reader.read(web, fresh: true).identity == first.identity) }
    try await source.commit(["docs/a": "2"])
    #expect(try await reader.read(web, fresh: true).identity == first.identity, "the commit touches nothing it reads")
    #expect(try helm.calls(of: "template").count == 1)
    try helm.answer("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: changed}\n")
    try await source.commit(["app/charts/web/templates/a.yaml": "b"])
    let second = try await reader.read(web, fresh: true)
    #expect(second.objects.map(\.name) == ["changed"] && second.identity != first.identity)
    #expect(try helm.calls(of: "template").count == 2)
  }

  @Test func theClusterIsAskedForChartsAlone() async throws {
    let helm = try FakeHelm()
    let source = try await TestRepository()
    let mirrors = try TestMirrors()
    try await source.commit(
      chart.merging([
        "app/kustomization.yaml": "helmCharts: [{name: web}]\n", "plain/kustomization.yaml": "resources: [a.yaml]\n",
        "plain/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n",
        "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
      ]) { $1 })
    let reader = reader(helm, mirrors)
    let asked = Mutex(0)
    func read(_ path: String, _ version: String, more: String = "") async throws -> UInt64 {
      try await reader.read(
        try application(source.path, path, more: more), fresh: true,
        cluster: {
          asked.withLock { $0 += 1 }
          return ClusterCapabilities(kubeVersion: version, apiVersions: ["apps/v1"])
        }
      ).identity
    }
    #expect(try await read("plain", "v1.33.1+k3s1") == read("plain", "v1.34.0"))
    #expect(asked.withLock { $0 } == 0)
    for path in ["app", "chart"] {
      #expect(try await read(path, "v1.33.1+k3s1") != read(path, "v1.34.0"))
      #expect(try await read(path, "v1.33.1+k3s1") == read(path, "v1.33.1+k3s1"))
    }
    let versions = try helm.calls(of: "template").map { call in
      call.arguments.filter { $0.hasPrefix("--kube-version") || $0.hasPrefix("--api-versions") }
    }
    let (old, new) = (
      ["--kube-version=1.33.1", "--api-versions=apps/v1"], ["--kube-version=1.34.0", "--api-versions=apps/v1"]
    )
    #expect(versions == [old, new, old, new])
    // What the Application says goes before what the cluster says.
    _ = try await read("app", "v1.34.0", more: ", kustomize: {kubeVersion: 1.30.0, apiVersions: [b/v1]}")
    let last = try #require(try helm.calls(of: "template").last)
    #expect(last.arguments.contains("--kube-version=1.30.0") && last.arguments.contains("--api-versions=b/v1"))
  }

  @Test func aChartIsFetchedFromItsRepository() async throws {
    let pull = """
      for argument in "$@"; do case "$argument" in --untardir=*) to="${argument#--untardir=}" ;; esac; done
      mkdir -p "$to/web/templates"; printf 'apiVersion: v2\nname: web\nversion: 1.2.0\n' >"$to/web/Chart.yaml"
      """
    let helm = try FakeHelm(["pull": pull])
    let source = try await TestRepository()
    let mirrors = try TestMirrors()
    let entry = "{name: web, repo: 'https://charts.example.org/stable', version: 1.2.0}"
    try await source.commit(["app/kustomization.yaml": "helmCharts: [\(entry)]\n"])
    let reader = reader(helm, mirrors)
    let web = try application(source.path)
    #expect(try await reader.read(web, fresh: true).objects.map(\.name) == ["rendered"])
    let call = try #require(try helm.calls(of: "pull").first)
    #expect(call.arguments.suffix(2) == ["--", "web"])
    #expect(call.arguments.contains("--repo=https://charts.example.org/stable"))
    #expect(call.arguments.contains("--version=1.2.0"))
    do {
      _ = try await reader.read(web, fresh: true, permits: { "not permitted: \($0)" })
      Issue.record("read")
    } catch let failure as Failure {
      #expect(failure.code == "source.not-permitted")
      #expect(failure.message.contains("app/kustomization.yaml:1:14: not permitted: https://charts.example.org/stable"))
    }
  }

  @Test func whatIsWrongIsToldWithItsPlace() async throws {
    let table: [(kustomization: String, files: [String: String], code: String, words: String)] = [
      ("helmCharts: [{version: 1.0.0}]", [:], "kustomize.chart-name", "a chart needs a name"),
      ("helmCharts: [{name: ../web}]", [:], "kustomize.chart-name", "is no name of a chart"),
      ("helmCharts: [{name: web}]", [:], "kustomize.missing-chart", "there is no chart in 'charts/web'"),
      ("helmGlobals: {chartHome: /charts}\nhelmCharts: [{name: web}]", [:], "kustomize.absolute-path", "chartHome"),
      ("helmCharts: [{name: web, valuesMerge: sometimes}]", chart, "kustomize.invalid-field", "valuesMerge"),
      ("helmCharts: [{name: web, values: x}]", chart, "kustomize.unknown-field", "values"),
      (
        "helmCharts: [{name: web, valuesFile: ../v.yaml}]", chart.merging(["v.yaml": "a: 1"]) { $1 },
        "kustomize.outside-root", "leads outside"
      ),
      ("helmCharts: [{name: web, releaseName: 'A_B'}]", chart, "helm.release-name", "A_B"),
      ("helmCharts: [{name: web, kubeVersion: new}]", chart, "helm.kube-version", "new"),
      ("helmCharts: [{name: web}]", ["app/charts/web/x": "x"], "helm.no-chart", "no Chart.yaml"),
    ]
    for (kustomization, files, code, words) in table {
      let helm = try FakeHelm()
      let source = try await TestRepository()
      let mirrors = try TestMirrors()
      try await source.commit(files.merging(["app/kustomization.yaml": kustomization + "\n"]) { $1 })
      do {
        _ = try await reader(helm, mirrors).read(try application(source.path), fresh: true)
        Issue.record("rendered: \(kustomization)")
      } catch let diagnostics as Diagnostics {
        let first = try #require(diagnostics.all.first)
        #expect(first.code == code && first.message.contains(words), "\(kustomization): \(first)")
        #expect(first.location?.file.hasSuffix("app/kustomization.yaml") == true, "\(kustomization)")
      }
      #expect(try helm.calls(of: "template").isEmpty)
    }
    // What helm itself says, and that there is none.
    let helm = try FakeHelm(["template": "echo 'Error: no good' >&2; exit 1"])
    let source = try await TestRepository()
    let mirrors = try TestMirrors()
    try await source.commit(chart.merging(["app/kustomization.yaml": "helmCharts: [{name: web}]\n"]) { $1 })
    do {
      _ = try await reader(helm, mirrors).read(try application(source.path), fresh: true)
      Issue.record("rendered")
    } catch let diagnostics as Diagnostics {
      let first = try #require(diagnostics.all.first)
      #expect(first.code == "helm.template-failed")
      #expect(first.notes.contains { $0.message.contains("no good") })
      #expect(first.notes.contains { $0.location?.text.hasSuffix("app/kustomization.yaml:1:14") == true })
    }
  }

  @Test func withoutPermissionChartsAreRefused() throws {
    let tree = MemoryFileTree(["kustomization.yaml": "helmCharts: [{name: web}]\n"])
    do {
      _ = try renderSource(tree, at: .root)
      Issue.record("rendered")
    } catch {
      #expect(error.all.first?.code == "kustomize.helm-disabled")
      #expect(error.all.first?.help?.contains("--enable-helm") == true)
    }
  }

  @Test func theOldFieldAndTheGeneratorMeanTheSame() async throws {
    let generator =
      "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\nname: web\nreleaseName: r\n"
    let table = [
      [
        "app/kustomization.yaml": "helmChartInflationGenerator: [{chartName: web, releaseName: r, chartHome: charts}]\n"
      ],
      ["app/kustomization.yaml": "generators: [g.yaml]\n", "app/g.yaml": generator],
    ]
    for files in table {
      let helm = try FakeHelm()
      let source = try await TestRepository()
      let mirrors = try TestMirrors()
      try await source.commit(chart.merging(files) { $1 })
      let answer = try await reader(helm, mirrors).read(try application(source.path), fresh: true)
      #expect(answer.objects.map(\.name) == ["rendered"])
      #expect(try helm.calls(of: "template").first?.arguments.suffix(2) == ["r", "."])
    }
  }

  // MARK: Bases in other repositories

  @Test func basesInOtherRepositoriesAreFollowed() async throws {
    let (source, base, inner) = (try await TestRepository(), try await TestRepository(), try await TestRepository())
    let mirrors = try TestMirrors()
    func settings(_ name: String) -> String { "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\n" }
    try await inner.commit(["kustomization.yaml": "resources: [i.yaml]\n", "i.yaml": settings("inner")])
    try await base.commit([
      "b/kustomization.yaml": "resources: [b.yaml, 'file://\(inner.path)//.?ref=main']\n", "b/b.yaml": settings("one"),
    ])
    try await source.commit(["app/kustomization.yaml": "resources: ['file://\(base.path)//b?ref=main']\n"])
    let helm = try FakeHelm()
    let web = try application(source.path)
    let reader = reader(helm, mirrors, hosts: ["file"])
    let first = try await reader.read(web, fresh: true)
    #expect(first.objects.map(\.name) == ["inner", "one"] && first.looksElsewhere)
    #expect(try await reader.read(web, fresh: true).identity == first.identity)
    try await base.commit(["b/b.yaml": settings("two")])
    let second = try await reader.read(web, fresh: true)
    #expect(second.objects.map(\.name) == ["inner", "two"] && second.identity != first.identity)
    // Neither without its host, nor against the project's word.
    func failure(_ reader: SourceReader, permits: @escaping OutsideReader.Permission = { _ in nil }) async -> String {
      do {
        _ = try await reader.read(web, fresh: true, permits: permits)
        return "rendered"
      } catch let failure as Failure {
        return failure.code
      } catch let diagnostics as Diagnostics {
        return diagnostics.all.first?.code ?? ""
      } catch {
        return "\(error)"
      }
    }
    #expect(await failure(self.reader(helm, mirrors)) == "kustomize.remote-unsupported")
    #expect(await failure(self.reader(helm, mirrors, hosts: ["*"])) == "source.remote-refused")
    #expect(await failure(reader, permits: { $0.contains(base.path) ? "no" : nil }) == "source.not-permitted")
  }
}
