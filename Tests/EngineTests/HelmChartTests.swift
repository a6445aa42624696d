import Fleet
import Foundation
import HTTPClient
import Manifest
import Testing

@testable import Engine

/// Charts from chart repositories, and what a preview makes of charts; through a stand-in for helm.
struct HelmChartTests {
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

  /// Unpacks a chart as `helm pull --untar` does, of the version in `$here/version`.
  private static let unpack = """
    if [ -e "$here/fail" ]; then echo 'Error: looks like "https://u:hunter-two@h" is not a repository' >&2; exit 1; fi
    for argument in "$@"; do case "$argument" in --untardir=*) to="${argument#--untardir=}/web" ;; esac; done
    mkdir -p "$to/templates"
    printf 'name: web\\nversion: %s\\n' "$(cat "$here/version")" >"$to/Chart.yaml"
    echo 'a: 1' >"$to/prod.yaml"
    cat "$HELM_REPOSITORY_CONFIG" >"$here/list" 2>/dev/null
    cat "$HELM_REGISTRY_CONFIG" >"$here/registry" 2>/dev/null
    true
    """

  private func fake(_ behaviour: [String: String] = [:]) throws -> FakeHelm {
    let helm = try FakeHelm(["pull": Self.unpack].merging(behaviour) { $1 })
    try helm.folder.write("1.2.3", to: "version")
    return helm
  }

  @Test func aChartIsFetchedOnceAndRendered() async throws {
    let helm = try fake()
    let mirrors = try TestMirrors()
    let values = try await TestRepository()
    try await values.commit(["env.yaml": "e: 1"])
    let reader = reader(helm, mirrors)
    func sources(_ helm: String) -> String {
      """
      [{repoURL: 'https://charts.example.org', chart: web, targetRevision: 1.2.3, helm: \(helm)},
       {repoURL: \(values.path), ref: v}]
      """
    }
    let first = try application(sources("{valueFiles: [prod.yaml, /prod.yaml, $v/env.yaml]}"))
    let answer = try await reader.read(first, fresh: true)
    #expect(answer.objects.map(\.name) == ["rendered"] && answer.commits.first == "1.2.3")
    #expect(try await reader.revision(of: first, fresh: true).hasPrefix("1.2.3,"))
    for number in 0..<5 { _ = try await reader.read(application(sources("{values: 'a: \(number)'}")), fresh: true) }
    #expect(try helm.calls(of: "pull").count == 1 && helm.calls(of: "template").count == 6)
    let pull = try #require(try helm.calls(of: "pull").first)
    let download = pull.folder + "/download"
    #expect(
      pull.arguments == [
        "pull", "--untar", "--untardir=\(download)/chart", "--destination=\(download)", "--version=1.2.3",
        "--repo=https://charts.example.org", "--", "web",
      ])
    let template = try #require(try helm.calls(of: "template").first)
    #expect(
      template.arguments.filter { $0.hasPrefix("--values") }.map {
        $0.split(separator: "/").suffix(2).joined(separator: "/")
      }
        == ["source/prod.yaml", "ref-0/env.yaml"])
    #expect(template.folder.hasSuffix("/tree/source"))
  }

  @Test func credentialsAreNoArguments() async throws {
    let helm = try fake()
    let mirrors = try TestMirrors()
    let access = GitAccess(credentials: .password(user: "robot", Redacted("hunter-two")))
    let reader = reader(helm, mirrors, access: access)
    let http = "[{repoURL: 'https://h/stable', chart: web, targetRevision: 1.2.3}]"
    _ = try await reader.read(application(http), fresh: true)
    #expect(try helm.calls().prefix(2).map(\.subcommand) == ["repo", "pull"])
    #expect(try helm.calls(of: "repo").first?.arguments == ["repo", "update"])
    #expect(try helm.calls(of: "pull").first?.arguments.suffix(2) == ["--", "muster/web"])
    let list = try #require(try YAML.parse(Array(helm.left("list").utf8)).first?["repositories"]?.sequence?.first)
    #expect(list["name"]?.string == "muster" && list["url"]?.string == "https://h/stable")
    #expect(list["username"]?.string == "robot" && list["password"]?.string == "hunter-two")
    _ = try await reader.read(
      application("[{repoURL: 'oci://r.example.org:5000/charts', chart: web, targetRevision: 1.2.3}]"), fresh: true)
    #expect(try helm.calls(of: "pull").last?.arguments.last == "oci://r.example.org:5000/charts/web")
    let auth = Data("robot:hunter-two".utf8).base64EncodedString()
    #expect(try helm.left("registry").contains(#""r.example.org:5000":{"auth":"\#(auth)"}"#))
    for call in try helm.calls() {
      #expect(!call.arguments.joined(separator: " ").contains("hunter"))
      #expect(!call.environment.values.joined(separator: " ").contains("hunter"))
    }
    try helm.folder.write("", to: "fail")
    let failure = await expectFailure("helm.pull") {
      try await reader.read(
        try application("[{repoURL: 'https://u:hunter-two@h', chart: web, targetRevision: 9.9.9}]"), fresh: true)
    }
    let words = try #require(failure.map { "\($0)" })
    #expect(!words.contains("hunter") && failure?.cause?.contains("is not a repository") == true, "\(words)")
  }

  @Test func rangesAreLookedUpAgain() async throws {
    var helm = try fake()
    helm.settings.freshSeconds = 0
    let mirrors = try TestMirrors()
    let reader = reader(helm, mirrors)
    let range = try application("[{repoURL: 'https://h', chart: web, targetRevision: 1.x}]")
    let first = try await reader.read(range, fresh: false)
    try helm.folder.write("1.3.0", to: "version")
    let second = try await reader.read(range, fresh: false)
    #expect(first.revision == "1.2.3" && second.revision == "1.3.0" && first.identity != second.identity)
    try helm.folder.write("", to: "fail")
    let third = try await reader.read(range, fresh: false)
    #expect(third.revision == "1.3.0" && third.identity == second.identity && third.staleBecause?.code == "helm.pull")
  }

  @Test func whatIsFetchedIsBounded() async throws {
    let mirrors = try TestMirrors()
    let one = try application("[{repoURL: 'https://h', chart: web, targetRevision: 1.2.3}]")
    let table: [(behaviour: String, code: String)] = [
      // Grows for ever, in files that are each small enough.
      (
        "i=0; while true; do i=$((i+1)); head -c 100000 /dev/zero >\"$HELM_CACHE_HOME-$i\"; done",
        "helm.chart-too-large"
      ),
      (Self.unpack + "\nln -s /etc/hostname \"$to/secret\"", "helm.chart-unusable"),
      (
        Self.unpack + "\nhead -c 900000 /dev/zero >\"$to/a\"; head -c 900000 /dev/zero >\"$to/b\"",
        "helm.chart-too-large"
      ),
      (Self.unpack + "\nrm \"$to/Chart.yaml\"", "helm.chart-unusable"), ("true", "helm.pull"),
    ]
    for (behaviour, code) in table {
      var helm = try fake(["pull": behaviour])
      helm.settings.chartBytes = 1 << 20
      let reader = reader(helm, mirrors)
      let failure = await expectFailure(code) { try await reader.read(one, fresh: true) }
      #expect(failure?.message.contains("/tmp/muster") == false, "\(behaviour)")
    }
  }

  @Test func aPreviewRendersChartsForEachApplication() async throws {
    // The name of the release is the last but one argument.
    let helm = try FakeHelm([
      "template": """
      while [ $# -gt 2 ]; do shift; done
      printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: %s}\\n' "$1"
      """
    ])
    let (fleet, source) = (try await TestRepository(), try await TestRepository())
    try await source.commit(["chart/Chart.yaml": "name: web\nversion: 1.0.0\n"])
    func manifest(_ name: String) -> String {
      """
      apiVersion: argoproj.io/v1alpha1
      kind: Application
      metadata: {name: \(name)}
      spec:
        project: default
        destination: {name: edge-1, namespace: shop}
        source: {repoURL: \(source.path), path: chart}

      """
    }
    let cluster = """
      apiVersion: muster.dev/v1alpha1
      kind: Cluster
      metadata: {name: edge-1}
      spec: {server: "https://one", credentials: {registered: true}}

      """
    try await fleet.commit([
      "clusters/a.yaml": cluster, "templates/one.yaml": manifest("one"), "templates/two.yaml": manifest("two"),
    ])
    let mirrors = try TestMirrors()
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    let reader = PreviewReader(
      mirrors: mirrors.mirrors, world: OutsideWorld(mirrors: mirrors.mirrors, transport: transport),
      helm: Helm(settings: helm.settings))
    let side = try await reader.read(.git(try GitURL(fleet.path), folder: .root), at: "main")
    #expect(side.isSound, "\(side.failures) \(side.diagnostics)")
    for name in ["one", "two"] {
      #expect(side.fleet.applications[name]?.rendered?.objects.map(\.id.name) == [name])
    }
  }
}
