import Fleet
import Foundation
import HTTPClient
import Manifest
import Testing

@testable import Engine

/// Charts through a stand-in for helm: what it is given, what becomes of its answers, and its bounds.
struct HelmTests {
  private func application(_ sources: String, name: String = "web") throws -> Application {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: Application
      metadata: {name: \(name)}
      spec:
        project: default
        destination: {name: edge-1, namespace: shop}
        sources: \(sources)
      """
    let node = try #require(try YAML.parse(Array(text.utf8)).first)
    return try #require(Application.read(node, file: "web.yaml").value)
  }

  private func reader(_ helm: FakeHelm, _ mirrors: TestMirrors, access: GitAccess = GitAccess()) -> SourceReader {
    SourceReader(mirrors: mirrors.mirrors, helm: Helm(settings: helm.settings) { _ in access })
  }

  private let chart = [
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "chart/templates/a.yaml": "a",
  ]

  private func diagnostic(_ body: () async throws -> SourceReader.Answer) async -> Diagnostic? {
    do {
      _ = try await body()
      Issue.record("rendered")
    } catch let diagnostics as Diagnostics {
      return diagnostics.all.first
    } catch let diagnostic as Diagnostic {
      return diagnostic
    } catch {
      Issue.record("\(error)")
    }
    return nil
  }

  private func code(_ reader: SourceReader, _ application: Application) async -> String? {
    await diagnostic { try await reader.read(application, fresh: true) }?.code
  }

  // MARK: Charts in Git

  @Test func aChartInGitIsRendered() async throws {
    let helm = try FakeHelm(["template": "ls -R >\"$here/seen\"; cat ../values.yaml; cat \"$here/answer.yaml\""])
    try helm.answer(
      """
      ---
      # Source: web/crds/thing.yaml
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: things.example.org}
      ---
      # an empty document
      ---
      apiVersion: v1
      kind: ConfigMapList
      items:
      - {apiVersion: v1, kind: ConfigMap, metadata: {name: listed}}
      ---
      apiVersion: batch/v1
      kind: Job
      metadata: {name: migrate, annotations: {"helm.sh/hook": pre-install}}
      """)
    let (source, values) = (try await TestRepository(), try await TestRepository())
    let mirrors = try TestMirrors()
    let inside = ["chart/prod.yaml": "p: 1", "values.yaml": "\n", "elsewhere/x": "x"]
    let commit = try await source.commit(chart.merging(inside) { $1 })
    try await values.commit(["env/web.yaml": "e: 1"])
    let reader = reader(helm, mirrors)
    let two = try application(
      """
      [{repoURL: \(values.path), ref: values},
       {repoURL: \(source.path), path: chart, helm: {releaseName: shop, kubeVersion: v1.30.1, apiVersions: [a/v1],
        valueFiles: [prod.yaml, /values.yaml, '$values/env/$ARGOCD_APP_NAME.yaml'], valuesObject: {x: 1},
        parameters: [{name: rev, value: $ARGOCD_APP_REVISION_SHORT, forceString: true}],
        fileParameters: [{name: f, path: prod.yaml}]}}]
      """)
    let answer = try await reader.read(two, fresh: true)
    #expect(answer.objects.map(\.name) == ["things.example.org", "listed", "migrate"])
    #expect(answer.commits.last == commit.hex)
    let calls = try helm.calls(of: "template")
    #expect(calls.count == 1)
    let call = try #require(calls.first)
    let root = String(call.folder.dropLast("/source/chart".count))
    let space = String(root.dropLast("/tree".count))
    #expect(
      call.arguments == [
        "template", "--namespace=shop", "--kube-version=1.30.1", "--set-string=rev=" + String(commit.hex.prefix(7)),
        "--set-file=f=\(root)/source/chart/prod.yaml", "--values=\(root)/source/chart/prod.yaml",
        "--values=\(root)/source/values.yaml", "--values=\(root)/ref-0/env/web.yaml", "--values=\(space)/values.yaml",
        "--api-versions=a/v1", "--include-crds", "--", "shop", ".",
      ])
    #expect(try !helm.left("seen").contains("elsewhere"))
    #expect(!FileManager.default.fileExists(atPath: space))
    // Nothing of ours but where programs are, and all that helm may keep is in its own folder.
    let allowed: Set = [
      "PATH", "LC_ALL", "GOMEMLIMIT", "PWD", "SHLVL", "_", "OLDPWD", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
      "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
    ]
    for (name, value) in call.environment where !allowed.contains(name) {
      #expect(value.hasPrefix(space + "/"), "\(name)=\(value)")
    }
    for name in ["HOME", "XDG_CACHE_HOME", "HELM_REPOSITORY_CONFIG", "HELM_REGISTRY_CONFIG", "HELM_PLUGINS"] {
      #expect(call.environment[name] != nil, "\(name)")
    }
  }

  @Test func equalChartsAreRenderedOnce() async throws {
    let helm = try FakeHelm()
    let source = try await TestRepository()
    let mirrors = try TestMirrors()
    try await source.commit(chart.merging(["other.txt": "1"]) { $1 })
    let reader = reader(helm, mirrors)
    func read(_ name: String, _ helm: String, fresh: Bool = false) async throws -> UInt64 {
      let one = try application("[{repoURL: \(source.path), path: chart, helm: \(helm)}]", name: name)
      return try await reader.read(one, fresh: fresh).identity
    }
    let same = "{releaseName: r, values: 'a: 1'}"
    let first = try await read("web-0", same, fresh: true)
    try await withThrowingTaskGroup(of: UInt64.self) { group in
      for number in 1..<50 { group.addTask { try await read("web-\(number)", same) } }
      for try await identity in group { #expect(identity == first) }
    }
    #expect(try helm.calls(of: "template").count == 1 && helm.calls(of: "version").count == 1)
    // A commit beside the chart renders nothing.
    try await source.commit(["other.txt": "2"])
    #expect(try await read("web-0", same, fresh: true) == first)
    #expect(try helm.calls(of: "template").count == 1)
    #expect(try await read("web-0", "{releaseName: r, values: 'a: 2'}") != first)
    #expect(try helm.calls(of: "template").count == 2)
    try await source.commit(["chart/templates/a.yaml": "b"])
    #expect(try await read("web-0", same, fresh: true) != first)
    #expect(try helm.calls(of: "template").count == 3)
    // Without a release name, each Application has one of its own.
    _ = try await (read("web-0", "{skipCrds: true}"), read("web-1", "{skipCrds: true}"))
    #expect(try helm.calls(of: "template").suffix(2).map { $0.arguments.suffix(2).first } == ["web-0", "web-1"])
  }

  @Test func theFolderChoosesTheTool() async throws {
    let helm = try FakeHelm()
    let source = try await TestRepository()
    let mirrors = try TestMirrors()
    let settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n"
    try await source.commit(
      chart.merging([
        "both/Chart.yaml": "name: x", "both/kustomization.yaml": "resources: [a.yaml]", "both/a.yaml": settings,
        "plain/a.yaml": settings,
        "chart/.argocd-source.yaml": "helm: {parameters: [{name: a, value: '1'}], releaseName: all}\npath: elsewhere\n",
        "chart/.argocd-source-web-2.yaml": "helm: {releaseName: two, skipTests: true}\n",
        "both/.argocd-source-web.yaml": "kustomize: {namePrefix: over-}\n",
      ]) { $1 })
    let reader = reader(helm, mirrors)
    func names(_ path: String, _ name: String = "web") async throws -> [String] {
      let one = try application("[{repoURL: \(source.path), path: \(path)}]", name: name)
      return try await reader.read(one, fresh: true).objects.map(\.name)
    }
    #expect(try await names("both") == ["over-plain"])
    #expect(try await names("both", "other") == ["plain"])
    #expect(try await names("plain") == ["plain"])
    #expect(try helm.calls().isEmpty)
    #expect(try await names("chart") == ["rendered"])
    #expect(try await names("chart", "web-2") == ["rendered"])
    let namespace = "--namespace=shop"
    #expect(
      try helm.calls(of: "template").map(\.arguments) == [
        ["template", namespace, "--set=a=1", "--include-crds", "--", "all", "."],
        ["template", namespace, "--set=a=1", "--include-crds", "--skip-tests", "--", "two", "."],
      ])
  }

  // MARK: Faults

  @Test func withoutHelmTheFaultIsNamed() async throws {
    var helm = try FakeHelm()
    helm.settings.environment["PATH"] = helm.folder.path
    let source = try await TestRepository()
    let mirrors = try TestMirrors()
    try await source.commit(chart)
    let reader = reader(helm, mirrors)
    let failure = await expectFailure("helm.not-installed") {
      try await reader.read(try application("[{repoURL: \(source.path), path: chart}]"), fresh: true)
    }
    let message = try #require(failure?.message)
    #expect(message.contains("chart' is a chart") && message.contains("MUSTER_HELM"), "\(message)")
    let pulled = await expectFailure("helm.not-installed") {
      try await reader.read(
        try application("[{repoURL: 'https://u:secret@h', chart: web, targetRevision: 1.0.0}]"), fresh: true)
    }
    #expect(pulled?.message.contains("web 1.0.0 of https://h ") == true, "\(pulled?.message ?? "")")
  }

  @Test func faultsOfChartsAreShownOnce() async throws {
    let helm = try FakeHelm([
      "template":
        "echo 'WARNING: old' >&2; echo \"Error: template: web/templates/a.yaml:1: in $PWD/x: bad\" >&2; exit 1"
    ])
    let source = try await TestRepository()
    let mirrors = try TestMirrors()
    try await source.commit(chart.merging(["chart/leak.yaml": "x"]) { $1 })
    let reader = reader(helm, mirrors)
    let one = try application("[{repoURL: \(source.path), path: chart}]")
    for _ in 0..<3 {
      let problem = await diagnostic { try await reader.read(one, fresh: true) }
      #expect(problem?.code == "helm.template-failed")
      #expect(problem?.notes.first?.message == "Error: template: web/templates/a.yaml:1: in chart/x: bad")
    }
    #expect(try helm.calls(of: "template").count == 1)
    let table = [
      ("helm: {valueFiles: [none.yaml]}", "helm.value-file-missing"),
      ("helm: {valueFiles: [../../x.yaml]}", "helm.value-file-outside"),
      ("helm: {releaseName: Not_Good}", "helm.release-name"), ("helm: {kubeVersion: new}", "helm.kube-version"),
    ]
    for (settings, wanted) in table {
      let one = try application("[{repoURL: \(source.path), path: chart, \(settings)}]")
      #expect(await code(reader, one) == wanted, "\(settings)")
    }
    let nowhere = try application("[{repoURL: \(source.path), path: none, helm: {releaseName: r}}]")
    #expect(await code(reader, nowhere) == "helm.no-chart")
  }

  @Test func helmIsBounded() async throws {
    let source = try await TestRepository()
    let mirrors = try TestMirrors()
    try await source.commit(chart.merging(["chart/big.txt": String(repeating: "x", count: 5_000)]) { $1 })
    let one = try application("[{repoURL: \(source.path), path: chart}]")
    var slow = try FakeHelm(["template": "sleep 60"])
    slow.settings.deadline = .milliseconds(700)
    let started = ContinuousClock.now
    await expectFailure("helm.timeout") { [slow] in try await reader(slow, mirrors).read(one, fresh: true) }
    #expect(ContinuousClock.now - started < .seconds(20))
    var loud = try FakeHelm(["template": "yes"])
    loud.settings.outputBytes = 1 << 16
    await expectFailure("helm.output-limit") { [loud] in try await reader(loud, mirrors).read(one, fresh: true) }
    // The limits come a moment after the start.
    let untilBounded =
      "n=0; while [ $n -lt 200 ] && { [ $(ulimit -d) = unlimited ] || [ $(ulimit -f) = unlimited ]; }; do n=$((n+1)); sleep 0.05; done"
    var hungry = try FakeHelm([
      "template": "\(untilBounded); ulimit -d >\"$here/data\"; ulimit -f >\"$here/file\"; cat \"$here/answer.yaml\""
    ])
    hungry.settings.memoryBytes = 512 << 20
    hungry.settings.chartBytes = 1 << 20
    _ = try await reader(hungry, mirrors).read(one, fresh: true)
    #expect(try hungry.left("data") == "524288\n" && hungry.left("file") == "2048\n")
    var small = try FakeHelm()
    small.settings.chartBytes = 4_000
    #expect(await code(reader(small, mirrors), one) == "helm.chart-too-large")
    var few = try FakeHelm()
    few.settings.chartFiles = 2
    #expect(await code(reader(few, mirrors), one) == "helm.chart-too-large")
  }

  @Test func linksStayInTheRepository() async throws {
    let helm = try FakeHelm(["template": "cat templates/linked.yaml"])
    let source = try await TestRepository()
    let mirrors = try TestMirrors()
    let settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: linked}\n"
    try source.folder.write(settings, to: "shared/x.yaml")
    for (name, text) in chart { try source.folder.write(text, to: name) }
    func link(_ name: String, _ target: String) throws {
      try FileManager.default.createSymbolicLink(atPath: source.path + "/" + name, withDestinationPath: target)
    }
    try link("chart/templates/linked.yaml", "../../shared/x.yaml")
    try await source.commit()
    let reader = reader(helm, mirrors)
    let one = try application("[{repoURL: \(source.path), path: chart}]")
    #expect(try await reader.read(one, fresh: true).objects.map(\.name) == ["linked"])
    try link("chart/up", "..")
    try await source.commit()
    #expect(await code(reader, one) == "helm.chart-link-loop")
    try source.folder.remove("chart/up")
    try link("chart/secret", "/etc/hostname")
    try await source.commit()
    #expect(await code(reader, one) == "helm.chart-outside")
  }

  // MARK: Dependencies

  @Test func missingDependenciesAreFetched() async throws {
    let helm = try FakeHelm([
      "template": """
      if [ ! -d charts ]; then
        echo 'Error: An error occurred while checking for chart dependencies: found in Chart.yaml, but missing in charts/ directory: db' >&2
        exit 1
      fi
      cat "$here/answer.yaml"
      """,
      "dependency": """
      mkdir charts
      cat "$HELM_REPOSITORY_CONFIG" >"$here/repositories"
      cat "$HELM_REGISTRY_CONFIG" >"$here/registry"
      cat ../common/Chart.yaml >"$here/common"
      """,
    ])
    let source = try await TestRepository()
    let mirrors = try TestMirrors()
    try await source.commit([
      "a/chart/Chart.yaml": """
      apiVersion: v2
      name: web
      version: 1.0.0
      dependencies:
      - {name: db, version: 1.x, repository: "https://charts.example.org/stable"}
      - {name: queue, version: 1.x, repository: "oci://registry.example.org/charts"}
      - {name: common, version: 1.x, repository: "file://../common"}
      - {name: bad, version: 1.x, repository: "file://../../../../etc"}
      """, "a/common/Chart.yaml": "name: common\n", "a/other/x": "x",
    ])
    let access = GitAccess(credentials: .password(user: "robot", Redacted("hunter-two")))
    let reader = reader(helm, mirrors, access: access)
    let one = try application("[{repoURL: \(source.path), path: a/chart, helm: {passCredentials: true}}]")
    #expect(try await reader.read(one, fresh: true).objects.map(\.name) == ["rendered"])
    #expect(try helm.calls().map(\.subcommand) == ["version", "template", "dependency", "template"])
    #expect(try helm.calls(of: "dependency").first?.arguments == ["dependency", "build"])
    let list = try #require(try YAML.parse(Array(helm.left("repositories").utf8)).first)
    let entry = try #require(list["repositories"]?.sequence?.first)
    #expect(entry["url"]?.string == "https://charts.example.org/stable" && entry["password"]?.string == "hunter-two")
    #expect(entry["pass_credentials_all"]?.bool == true && list["repositories"]?.sequence?.count == 1)
    #expect(try helm.left("registry").contains("\"registry.example.org\""))
    #expect(try helm.left("common") == "name: common\n")
    for call in try helm.calls() { #expect(!call.arguments.joined().contains("hunter-two")) }
  }
}
