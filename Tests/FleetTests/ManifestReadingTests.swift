import Manifest
import Testing

@testable import Fleet

@Suite struct ManifestReadingTests {
  private func diagnostics(_ text: String) -> [String] {
    FleetContents.read([FleetFile(name: "f.yaml", bytes: Array(text.utf8))]).diagnostics.map {
      let mark = $0.location?.mark ?? .none
      return "\($0.severity.rawValue) \($0.code) \(mark.line):\(mark.column) \($0.help ?? "")"
    }
  }

  private func cluster(_ text: String) throws -> Cluster {
    let answer = FleetContents.read([FleetFile(name: "f.yaml", bytes: Array(text.utf8))])
    return try #require(answer.known.registry.clusters.first, "\(answer.diagnostics)")
  }

  private func application(_ spec: String) -> String {
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  project: default\n" + spec
  }

  @Test func mistakesHaveTheirPlaceAndAGuess() {
    let source = "  source: {repoURL: r, path: p}\n"
    let destination = "  destination: {name: in-cluster}\n"
    let table: [(String, [String])] = [
      (application(source + destination), []),
      (
        application("  source: {repoURL: r, path: p, targetRevison: v1}\n" + destination),
        ["error manifest.unknown-field 6:33 did you mean 'targetRevision'?"]
      ),
      (application(source), ["error manifest.missing-field 5:3 "]),
      (application(destination), ["error application.no-source 5:3 "]),
      (
        application(source + "  destination: {name: a, server: https://b}\n"),
        ["error application.destination-twice 7:16 keep one of them"]
      ),
      (
        application(source + destination + "  syncPolicy: {automated: {prune: maybe}}\n"),
        ["error manifest.wrong-type 8:35 "]
      ),
      (
        application("  source: {repoURL: r, path: p, targetRevision: 1.10}\n" + destination),
        ["warning manifest.not-text 6:49 put it in quotes: \"1.10\""]
      ),
      (application("  source: {repoURL: r, path: ../x}\n" + destination), ["error application.path-outside 6:30 "]),
      (
        application(
          "  source: {repoURL: r, path: p, helm: {releaseName: x}, kustomize: {namePrefix: p-}}\n" + destination),
        ["error application.several-tools 6:11 "]
      ),
      (
        application("  source: {repoURL: r, path: p, directory: {include: '{a,{b'}}\n" + destination),
        ["error application.bad-pattern 6:54 "]
      ),
      (
        application(source + destination + "  syncPolicy: {retry: {backoff: {duration: soon}}}\n"),
        ["error application.bad-duration 8:44 write it like 30s, 5m or 1h"]
      ),
      (
        "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: p}\nspec:\n  destinations: [{server: '*', namespace: a}, {server: '*', namespace: a}]\n",
        ["error project.repeated 5:47 "]
      ),
      (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n  generators: [{lists: {}}]\n  template: {}\n",
        [
          "error manifest.unknown-field 5:17 did you mean 'list'?",
          "error applicationset.no-generator 5:16 known: list, clusters, git, scmProvider, clusterDecisionResource, pullRequest, plugin, matrix, merge",
        ]
      ),
      (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n  goTemplateOptions: [missingkey=errr]\n  generators: []\n  template: {}\n",
        [
          "error template.unknown-option 5:23 known options: missingkey=default, missingkey=invalid, missingkey=zero, missingkey=error"
        ]
      ),
      ("apiVersion: v1\nkind: ConfigMap\n", []),
    ]
    for (text, expected) in table { #expect(diagnostics(text) == expected, "\(text)") }
  }

  @Test func applicationsAreReadWhole() throws {
    let text = application(
      """
        sources: [{repoURL: r, path: p, ref: x}, {repoURL: c, chart: h, targetRevision: 1.x, helm: {releaseName: n}}]
        destination: {server: "https://b/", namespace: ns}
        syncPolicy:
          automated: {prune: true}
          syncOptions: [CreateNamespace=true]
          retry: {limit: 3, backoff: {duration: 1m30s, maxDuration: 10}}
        ignoreDifferences: [{kind: Secret, jsonPointers: [/data]}]
        revisionHistoryLimit: -4

      """)
    let answer = FleetContents.read([FleetFile(name: "f.yaml", bytes: Array(text.utf8))])
    let application = try #require(answer.known.applications.first, "\(answer.diagnostics)")
    #expect(application.hasMultipleSources && application.sources.map(\.ref) == ["x", ""])
    #expect(application.destination == Destination(server: "https://b", namespace: "ns"))
    #expect(application.syncPolicy.automated == SyncPolicy.Automated(prune: true))
    #expect(application.syncPolicy.has("CreateNamespace"))
    #expect(application.syncPolicy.retry?.duration == 90 && application.syncPolicy.retry?.maxDuration == 10)
    #expect(application.ignoreDifferences.first?.jsonPointers == ["/data"])
    #expect(application.revisionHistoryLimit == 0)
  }

  @Test func clustersOfOurKind() throws {
    let cluster = try cluster(
      """
      apiVersion: muster.dev/v1alpha1
      kind: Cluster
      metadata:
        name: edge-01
        labels: {tier: edge}
      spec:
        server: https://10.0.0.1:6443/
        caFile: /etc/ca.pem
        tlsServerName: api
        credentials: {kubeconfig: {path: /etc/kubeconfig, context: edge}}
        cordoned: true
      """)
    #expect(cluster.name.text == "edge-01" && cluster.server == "https://10.0.0.1:6443" && cluster.cordoned)
    #expect(cluster.labels == ["tier": "edge"] && cluster.labelsMark.line == 5)
    #expect(cluster.credentials == .kubeconfig(path: "/etc/kubeconfig", context: "edge"))
  }

  @Test func clusterSecrets() throws {
    let cluster = try cluster(
      """
      apiVersion: v1
      kind: Secret
      metadata: {name: s, labels: {argocd.argoproj.io/secret-type: cluster, tier: edge}}
      data: {name: ZWRnZQ==}
      stringData:
        server: https://e.example.com
        config: '{"bearerToken": "t0p-secret", "tlsClientConfig": {"insecure": true, "serverName": "n"}}'
      """)
    #expect(cluster.name.text == "edge" && cluster.connection.insecureSkipTLSVerify)
    #expect(cluster.connection.tlsServerName == "n")
    guard case .inline(let credentials) = cluster.credentials else {
      Issue.record("the credentials of a Secret are its own")
      return
    }
    #expect(credentials.bearerToken?.reveal() == "t0p-secret")
    #expect(!"\(cluster)".contains("t0p-secret"))
  }

  @Test func clusterMistakesNeverQuoteSecrets() {
    let secret =
      "apiVersion: v1\nkind: Secret\nmetadata: {name: s, labels: {argocd.argoproj.io/secret-type: cluster}}\nstringData:\n"
    let table: [(String, String)] = [
      ("  name: a\n  server: gopher://x\n", "cluster.bad-server"),
      ("  name: a\n  server: https://u:CANARY@x\n", "cluster.bad-server"),
      ("  name: a\n  server: https://x:99999\n", "cluster.bad-server"), ("  name: a\n", "cluster.no-server"),
      ("  name: a\n  server: https://x\n  config: '{\"bearerToken\": CANARY}'\n", "cluster.bad-config"),
      ("  name: a\n  server: https://x\n  config: '{\"bearerToken\": \"CANARY\\n\"}'\n", "cluster.bad-token"),
      ("  name: a\n  server: https://x\n  config: '{\"pasword\": \"CANARY\"}'\n", "manifest.unknown-field"),
      (
        "  name: a\n  server: https://x\n  config: '{\"tlsClientConfig\": {\"insecure\": true, \"caData\": \"eA==\"}}'\n",
        "cluster.insecure-with-ca"
      ), ("  name: \"\\x07\"\n  server: https://x\n", "cluster.bad-name"),
    ]
    for (text, code) in table {
      let answer = FleetContents.read([FleetFile(name: "f.yaml", bytes: Array((secret + text).utf8))])
      #expect(answer.diagnostics.contains { $0.code == code }, "\(text): \(answer.diagnostics)")
      #expect(!"\(answer.diagnostics)".contains("CANARY"), "\(text)")
      guard case .incomplete = answer else {
        Issue.record("\(text) was accepted")
        continue
      }
    }
  }

  @Test func twoClaimsOnOneClusterShowBothPlaces() {
    func file(_ name: String, _ cluster: String, _ server: String) -> FleetFile {
      let text =
        "apiVersion: muster.dev/v1alpha1\nkind: Cluster\nmetadata: {name: \(cluster)}\nspec: {server: \"\(server)\", credentials: {registered: true}}\n"
      return FleetFile(name: name, bytes: Array(text.utf8))
    }
    let answer = FleetContents.read([
      file("a.yaml", "one", "https://1"), file("b.yaml", "one", "https://2"), file("c.yaml", "two", "https://1/"),
    ])
    #expect(answer.diagnostics.map(\.code) == ["cluster.duplicate-name", "cluster.duplicate-server"])
    #expect(answer.diagnostics.map { $0.notes.first?.location?.file } == ["a.yaml", "a.yaml"])
    #expect(answer.known.registry.clusters.map(\.name.text) == ["one"])
  }
}
