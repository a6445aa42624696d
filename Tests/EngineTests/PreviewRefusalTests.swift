import Fleet
import HTTPClient
import Manifest
import Testing

@testable import Engine

/// What projects do not permit is told by a preview.
@Suite struct PreviewRefusalTests {
  private func cluster(_ name: String, _ spec: String = "") -> String {
    """
    apiVersion: muster.dev/v1alpha1
    kind: Cluster
    metadata: {name: \(name), labels: {tier: edge}}
    spec: {server: 'https://\(name).example.org', credentials: {registered: true}, \(spec)}

    """
  }

  private func set(_ url: String) -> String {
    """
    apiVersion: argoproj.io/v1alpha1
    kind: ApplicationSet
    metadata: {name: web}
    spec:
      generators: [{clusters: {selector: {matchLabels: {tier: edge}}}}]
      template:
        metadata: {name: 'web-{{name}}'}
        spec:
          project: edge
          source: {repoURL: \(url), path: web}
          destination: {name: '{{name}}', namespace: shop}

    """
  }

  private func project(_ spec: String) -> String {
    "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: edge}\nspec: \(spec)\n"
  }

  @Test func tellsWhatTheHubWouldRefuse() async throws {
    let open = "sourceRepos: ['*'], destinations: [{server: '*', namespace: '*'}]"
    let two = "the same goes for 1 more applications of set 'web'"
    let table: [(project: String, messages: [String], notes: [String])] = [
      ("{\(open)}", [], []),
      (
        "{sourceRepos: ['https://elsewhere/**'], destinations: [{server: '*', namespace: '*'}]}",
        ["is not permitted in project 'edge'"], [two]
      ),
      (
        "{sourceRepos: ['*'], destinations: [{name: edge-1, namespace: '*'}]}",
        ["'web-edge-2' would not be synced: application destination server 'edge-2'"], []
      ),
      (
        "{\(open), namespaceResourceBlacklist: [{group: '', kind: ConfigMap}]}",
        ["ConfigMap shop/settings: resource :ConfigMap is not permitted in project 'edge'"], [two]
      ),
      ("7", ["spec must be a mapping", "project 'edge' is not known yet: "], [two]),
    ]
    let fleet = try await TestRepository()
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    for (spec, messages, notes) in table {
      let commit = try await fleet.commit([
        "clusters/a.yaml": cluster("edge-1") + "---\n" + cluster("edge-2"), "templates/web.yaml": set(fleet.path),
        "templates/project.yaml": project(spec), "web/settings.yaml": WebSource.settings(),
      ])
      let mirrors = try TestMirrors()
      let reader = PreviewReader(
        mirrors: mirrors.mirrors, world: OutsideWorld(mirrors: mirrors.mirrors, transport: transport))
      let side = try await reader.read(.git(try GitURL(fleet.path), folder: .root), at: commit.hex)
      #expect(side.failures.isEmpty, "\(side.failures)")
      #expect(side.fleet.applications.count == 2)
      let told = side.diagnostics.filter { $0.severity == .error }
      #expect(told.count == messages.count, "\(spec): \(told.map(\.message))")
      for (diagnostic, words) in zip(told, messages) {
        #expect(diagnostic.message.contains(words), "\(spec): \(diagnostic.message)")
      }
      let refusals = told.filter { $0.code == "project.not-permitted" }
      #expect(refusals.flatMap { $0.notes.map(\.message) } == notes, "\(spec)")
      for refusal in refusals { #expect(refusal.location?.file.hasSuffix("templates/web.yaml") == true) }
    }
  }

  @Test func tellsWhatLiesOutsideOfWhatClustersAreKeptTo() async throws {
    let fleet = try await TestRepository()
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    let commit = try await fleet.commit([
      "clusters/a.yaml": cluster("edge-1", "namespaces: [shop]") + "---\n" + cluster("edge-2", "namespaces: [other]"),
      "templates/web.yaml": set(fleet.path).replacing("project: edge", with: "project: default"),
      "web/settings.yaml": WebSource.settings(),
    ])
    let mirrors = try TestMirrors()
    let reader = PreviewReader(
      mirrors: mirrors.mirrors, world: OutsideWorld(mirrors: mirrors.mirrors, transport: transport))
    let side = try await reader.read(.git(try GitURL(fleet.path), folder: .root), at: commit.hex)
    let told = side.diagnostics.filter { $0.severity == .error }
    #expect(told.map(\.code) == ["cluster.not-managed"])
    let words = "ConfigMap shop/settings: namespace 'shop' is not managed in cluster 'edge-2', which is kept to"
    #expect(told.first?.message.contains("'web-edge-2' would not be synced: \(words)") == true, "\(told)")
  }

  /// What the hub alone knows is no refusal of the project.
  @Test func aClusterThatIsOnlyRegisteredIsADoubt() async throws {
    let fleet = try await TestRepository()
    let transport = try CurlTransport()
    defer { transport.shutdown() }
    let application = """
      apiVersion: argoproj.io/v1alpha1
      kind: Application
      metadata: {name: web}
      spec:
        project: default
        source: {repoURL: \(fleet.path), path: web}
        destination: {name: sim-0001, namespace: shop}

      """
    let commit = try await fleet.commit([
      "clusters/a.yaml": cluster("edge-1"), "templates/web.yaml": application,
      "templates/project.yaml": project("{sourceRepos: ['*']}"), "web/settings.yaml": WebSource.settings(),
    ])
    let mirrors = try TestMirrors()
    let reader = PreviewReader(
      mirrors: mirrors.mirrors, world: OutsideWorld(mirrors: mirrors.mirrors, transport: transport))
    let side = try await reader.read(.git(try GitURL(fleet.path), folder: .root), at: commit.hex)
    #expect(side.isSound, "\(side.diagnostics.map(\.message))")
    let doubts = side.diagnostics.filter { $0.code == "application.unknown-cluster" }
    #expect(doubts.count == 1 && doubts.first?.severity == .warning)
    #expect(doubts.first?.message.contains("no cluster of the fleet repository is 'sim-0001'") == true)
  }
}
