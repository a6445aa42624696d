import Fleet
import Manifest
import Testing

@testable import Engine

/// What helm is given, by https://helm.sh/docs/helm/: tables, without a process.
struct HelmArgumentsTests {
  private func node(_ text: String) throws -> Node { try #require(try YAML.parse(Array(text.utf8)).first) }

  @Test func templateArguments() throws {
    let path = try #require(TreePath("source/values.yaml"))
    let comma = try #require(TreePath("ref-0/a,b.yaml"))
    let plain = ["--include-crds", "--", "web", "."]
    var table: [(HelmTemplate, [String])] = [(HelmTemplate(releaseName: "web"), plain)]
    func add(_ expected: [String], _ change: (inout HelmTemplate) -> Void) {
      var template = HelmTemplate(releaseName: "web")
      change(&template)
      table.append((template, expected))
    }
    add(["--namespace=shop"] + plain) { $0.namespace = "shop" }
    add(["--namespace=--post-renderer"] + plain) { $0.namespace = "--post-renderer" }
    add(["--kube-version=1.33.2"] + plain) { $0.kubeVersion = "1.33.2" }
    add(["--api-versions=apps/v1", "--api-versions=batch/v1"] + plain) { $0.apiVersions = ["apps/v1", "batch/v1"] }
    add(["--set=a.b=1", "--set-string=c=2"] + plain) {
      $0.parameters = [.init(name: "a.b", value: "1"), .init(name: "c", value: "2", forcesString: true)]
    }
    add([#"--set=a=x\,y"#, #"--set=b=x\,y"#, "--set=c={x,y}", "--set=--post-renderer=/bin/sh"] + plain) {
      $0.parameters = [
        .init(name: "a", value: "x,y"), .init(name: "b", value: #"x\,y"#), .init(name: "c", value: "{x,y}"),
        .init(name: "--post-renderer", value: "/bin/sh"),
      ]
    }
    add(["--set-file=f=/w/source/values.yaml", #"--set-file=g=/w/ref-0/a\,b.yaml"#] + plain) {
      $0.fileParameters = [.init(name: "f", file: .file(path)), .init(name: "g", file: .file(comma))]
    }
    add(
      ["--values=/w/source/values.yaml", #"--values="/w/ref-0/a,b.yaml""#, "--values=https://h/v.yaml", "--values=/v"]
        + plain
    ) {
      $0.valueFiles = [.file(path), .file(comma), .remote("https://h/v.yaml")]
      $0.values = "a: 1"
    }
    add(["--skip-schema-validation", "--skip-tests", "--", "web", "."]) {
      $0.skipsCRDs = true
      $0.skipsTests = true
      $0.skipsSchemaValidation = true
    }
    add(["--include-crds", "--", "-web", "."]) { $0.releaseName = "-web" }
    for (template, expected) in table {
      #expect(template.arguments(root: "/w", valuesFile: "/v") == ["template"] + expected)
    }
  }

  @Test func namesOfReleases() {
    for name in ["web", "web-1", "a.b", String(repeating: "a", count: 53)] {
      #expect(HelmTemplate.isReleaseName(name), "\(name)")
    }
    for name in ["", "-web", "web-", "Web", "a_b", "a..b", "{{env}}", "a b", String(repeating: "a", count: 54)] {
      #expect(!HelmTemplate.isReleaseName(name), "\(name)")
    }
  }

  @Test func versionsOfKubernetes() {
    let table = [
      "1.33.2": "1.33.2", "v1.33.2": "1.33.2", "v1.33.2+k3s1": "1.33.2", "1.30": "1.30", "v1.29.3-gke.100": "1.29.3",
    ]
    for (text, plain) in table { #expect(HelmTemplate.plainVersion(text) == plain, "\(text)") }
    for text in ["", "v", "1", "one", "-1.2", "--x", "1.x"] {
      #expect(HelmTemplate.plainVersion(text) == nil, "\(text)")
    }
  }

  @Test func optionsAreRead() throws {
    let options = try HelmOptions(
      node(
        """
        releaseName: r
        namespace: n
        version: v3
        kubeVersion: 1.30.0
        apiVersions: [a/v1]
        valueFiles: [a.yaml]
        values: "x: 1"
        valuesObject: {z: 2}
        parameters: [{name: p, value: 1}, {name: p, value: "2"}, {name: q, value: "true", forceString: true}]
        fileParameters: [{name: f, path: f.txt}]
        ignoreMissingValueFiles: true
        skipCrds: true
        skipTests: true
        skipSchemaValidation: true
        passCredentials: true
        """))
    var expected = HelmOptions()
    expected.releaseName = "r"
    expected.namespace = "n"
    expected.kubeVersion = "1.30.0"
    expected.apiVersions = ["a/v1"]
    expected.valueFiles = ["a.yaml"]
    expected.values = "z: 2\n"
    expected.parameters = [.init(name: "p", value: "2"), .init(name: "q", value: "true", forcesString: true)]
    expected.fileParameters = [.init(name: "f", value: "f.txt")]
    expected.ignoresMissingValueFiles = true
    expected.skipsCRDs = true
    expected.skipsTests = true
    expected.skipsSchemaValidation = true
    expected.passesCredentials = true
    #expect(options == expected)
    let wrong = [
      "version: v2", "postRenderer: x", "valueFiles: a.yaml", "parameters: [{value: x}]", "skipCrds: sometimes",
      "valuesObject: [1]", "parameters: [{name: 'a=b', value: x}]", "releaseName: {a: 1}",
    ]
    for text in wrong {
      let node = try node(text)
      #expect(throws: Failure.self, "\(text)") { try HelmOptions(node) }
    }
  }

  // MARK: Pulling

  private func source(_ repository: String, _ chart: String, _ version: String) throws -> ApplicationSource {
    ApplicationSource(try node("{repoURL: '\(repository)', chart: '\(chart)', targetRevision: '\(version)'}"))
  }

  @Test func pullArguments() throws {
    let folder = ["--untar", "--untardir=/d/chart", "--destination=/d"]
    let digest = "sha256:" + String(repeating: "a", count: 64)
    let table: [(repository: String, chart: String, version: String, isListed: Bool, expected: [String])] = [
      (
        "https://charts.example.org", "web", "1.2.0", false,
        ["--version=1.2.0", "--repo=https://charts.example.org", "--", "web"]
      ),
      (
        "https://user:secret@charts.example.org/stable/", "web", ">=1.0, <2", true,
        ["--version=>=1.0, <2", "--", "muster/web"]
      ),
      (
        "oci://registry.example.org:5000/charts", "web", "1.*", false,
        ["--version=1.*", "--", "oci://registry.example.org:5000/charts/web"]
      ),
      (
        "registry.example.org/charts", "team/web", digest, false,
        ["--", "oci://registry.example.org/charts/team/web@" + digest]
      ),
    ]
    for (repository, chart, version, isListed, expected) in table {
      let reference = try HelmChartReference(source(repository, chart, version))
      #expect(
        reference.pullArguments(into: "/d", isListed: isListed, access: GitAccess()) == ["pull"] + folder + expected)
      #expect(!reference.repository.contains("secret") && !reference.description.contains("secret"))
    }
    let reference = try HelmChartReference(source("https://c.example.org", "web", "1.0.0"), passesCredentials: true)
    let access = GitAccess(authorityFile: "/ca.pem", insecureTLS: true)
    #expect(
      reference.pullArguments(into: "/d", isListed: true, access: access) == ["pull"] + folder + [
        "--version=1.0.0", "--pass-credentials", "--ca-file=/ca.pem", "--insecure-skip-tls-verify", "--", "muster/web",
      ])
  }

  @Test func whatCannotBeAChartIsRefused() throws {
    let table = [
      ("--post-renderer=x", "web", "1.0.0"), ("file:///etc", "web", "1.0.0"), ("git://h/x", "web", "1.0.0"),
      ("https://", "web", "1.0.0"), ("https://h", "--version", "1.0.0"), ("https://h", "../../other", "1.0.0"),
      ("https://h", "/etc/passwd", "1.0.0"), ("https://h", "a b", "1.0.0"), ("https://h", "web", ""),
      ("https://h", "web", "--post-renderer"), ("https://h", "web", "1.0;reboot"), ("https://-h/x", "web", "1.0.0"),
      ("https://h?x=1", "web", "1.0.0"),
    ]
    for (repository, chart, version) in table {
      let source = try source(repository, chart, version)
      #expect(throws: Failure.self, "\(repository) \(chart) \(version)") { try HelmChartReference(source) }
    }
  }

  @Test func pinnedVersions() throws {
    let table = [
      "1.2.3": true, "v1.2.3": true, "1.2.3-rc.1": true, "sha256:abc": true, "1.2": false, "1.x.3": false,
      "^1.2.3": false,
      "*": false,
    ]
    for (version, isPinned) in table {
      #expect(try HelmChartReference(source("https://h", "web", version)).isPinned == isPinned, "\(version)")
    }
  }

  // MARK: Variables

  @Test func variablesAreFilledIn() throws {
    let application = try #require(
      Application.read(
        try node(
          """
          apiVersion: argoproj.io/v1alpha1
          kind: Application
          metadata: {name: web}
          spec:
            project: team
            destination: {name: edge-1, namespace: shop}
            sources:
            - {repoURL: 'https://u:secret@h/x.git', path: apps/web, targetRevision: main}
            - {repoURL: 'https://h/values.git', ref: values}
          """), file: "web.yaml"
      ).value)
    let environment = BuildEnvironment(
      application, application.sources[0], revision: "0123456789abcdef",
      cluster: ClusterCapabilities(kubeVersion: "1.33.2", apiVersions: ["apps/v1", "v1"]))
    let table = [
      "plain": "plain", "$ARGOCD_APP_NAME": "web", "${ARGOCD_APP_NAME}-x": "web-x", "$ARGOCD_APP_NAMESPACE/": "shop/",
      "$ARGOCD_APP_PROJECT_NAME": "team", "$ARGOCD_APP_REVISION": "0123456789abcdef",
      "$ARGOCD_APP_REVISION_SHORT": "0123456", "$ARGOCD_APP_REVISION_SHORT_8": "01234567",
      "$ARGOCD_APP_SOURCE_PATH": "apps/web", "$ARGOCD_APP_SOURCE_TARGET_REVISION": "main",
      "$ARGOCD_APP_SOURCE_REPO_URL": "https://h/x.git", "$KUBE_VERSION": "1.33.2", "$KUBE_API_VERSIONS": "apps/v1,v1",
      "$$ARGOCD_APP_NAME": "$ARGOCD_APP_NAME", "a$": "a$", "$-": "$-", "<$NOWHERE>": "<>", "${HOME}": "",
    ]
    for (text, expected) in table { #expect(environment.substitute(text) == expected, "\(text)") }
    let helm = try node(
      """
      valueFiles: ['$values/$ARGOCD_APP_NAME.yaml', '$ARGOCD_APP_NAME.yaml']
      parameters: [{name: '$ARGOCD_APP_NAME', value: '$ARGOCD_APP_NAME'}]
      fileParameters: [{name: f, path: '$values/${ARGOCD_APP_NAME}.txt'}]
      values: '$ARGOCD_APP_NAME'
      """)
    let expected = try node(
      """
      valueFiles: ['$values/web.yaml', 'web.yaml']
      parameters: [{name: '$ARGOCD_APP_NAME', value: 'web'}]
      fileParameters: [{name: f, path: '$values/web.txt'}]
      values: '$ARGOCD_APP_NAME'
      """)
    #expect(environment.substitute(.helm(helm), references: ["values"]) == .helm(expected))
    let kustomize = try node(
      """
      images: ['web:$ARGOCD_APP_REVISION_SHORT']
      commonLabels: {a: $ARGOCD_APP_NAME}
      commonAnnotations: {b: $ARGOCD_APP_NAME}
      """)
    let filled = try node(
      "{images: ['web:0123456'], commonLabels: {a: web}, commonAnnotations: {b: $ARGOCD_APP_NAME}}")
    #expect(environment.substitute(.kustomize(kustomize), references: []) == .kustomize(filled))
  }
}
