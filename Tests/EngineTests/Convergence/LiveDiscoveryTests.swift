import Fleet
import Foundation
import HTTPClient
import Manifest
import Synchronization
import Testing

@testable import Engine

/// Generators that look outside follow what they look at while the hub runs, and take nothing away when they cannot.
@Suite(.serialized) struct LiveDiscoveryTests {
  private static let settings = WebSource.settings()

  /// One Application for each of what `generator` gives, named by `name`, of the source's folder `web`.
  private func writeSet(
    _ fleet: TestFleet, _ set: String, generator: String, name: String, namespace: String = "{{ .path.basename }}"
  ) throws {
    try fleet.repository.write(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata:
        name: \(set)
      spec:
        goTemplate: true
        goTemplateOptions: ["missingkey=error"]
        generators:
      \(generator)
        template:
          metadata:
            name: '\(name)'
          spec:
            project: default
            source: {repoURL: \(fleet.source.path), path: 'apps/{{ index .path.segments 1 }}', targetRevision: main}
            destination: {name: edge-1, namespace: '\(namespace)'}
            syncPolicy: {automated: {prune: true, selfHeal: true}, syncOptions: [CreateNamespace=true]}

      """, to: "templates/\(set).yaml")
  }

  private func directories(_ fleet: TestFleet) -> String {
    """
        - git:
            repoURL: \(fleet.source.path)
            revision: main
            directories: [{path: apps/*}]
    """
  }

  private func names(_ fleet: TestFleet) async throws -> [String] {
    try await fleet.hub.engine.applicationViews().filter { !$0.isDeleting }.map(\.application.name)
  }

  @Test func aCommitBringsAndTakesApplications() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["apps/a/s.yaml": Self.settings, "apps/b/s.yaml": Self.settings])
      try writeSet(fleet, "dirs", generator: directories(fleet), name: "d-{{ .path.basename }}")
      try fleet.startHub()
      try await fleet.untilConverged(["d-a", "d-b"])
      try await fleet.commit(["apps/c/s.yaml": Self.settings])
      try await fleet.until("a folder more") { try await names(fleet) == ["d-a", "d-b", "d-c"] }
      try await fleet.untilConverged(["d-c"])
      try await fleet.commit(removing: ["apps/b"])
      try await fleet.until("a folder less") { try await names(fleet) == ["d-a", "d-c"] }
      #expect(try await fleet.object("edge-1", "configmaps/settings", namespace: "a") != nil)
      try await fleet.until("taken away") {
        try await fleet.object("edge-1", "configmaps/settings", namespace: "b") == nil
      }
    }
  }

  @Test func whatCannotBeDiscoveredStays() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["apps/a/s.yaml": Self.settings, "apps/b/s.yaml": Self.settings])
      try writeSet(fleet, "dirs", generator: directories(fleet), name: "d-{{ .path.basename }}")
      try fleet.startHub()
      try await fleet.untilConverged(["d-a", "d-b"])
      // The repository is gone, another one is named that was never there, and a file that is no YAML.
      let breaks = [
        directories(fleet).replacing(fleet.source.path, with: fleet.source.path + "-gone"),
        directories(fleet).replacing("revision: main", with: "revision: nowhere"),
        directories(fleet).replacing("directories: [{path: apps/*}]", with: "files: [{path: data/broken.json}]"),
      ]
      try await fleet.commit(["data/broken.json": "{"])
      for broken in breaks {
        try writeSet(fleet, "dirs", generator: broken, name: "d-{{ .path.basename }}")
        try await fleet.until("told") { try await fleet.hub.engine.setViews().first?.problems.isEmpty == false }
        #expect(try await names(fleet) == ["d-a", "d-b"])
      }
      try writeSet(fleet, "dirs", generator: directories(fleet), name: "d-{{ .path.basename }}")
      try await fleet.until("sound again") { try await fleet.hub.engine.setViews().first?.problems.isEmpty == true }
      try await fleet.commit(["apps/c/s.yaml": Self.settings])
      try await fleet.untilConverged(["d-a", "d-b", "d-c"])
      #expect(try fleet.deletions("edge-1").isEmpty)
    }
  }

  @Test func aPluginIsAskedAgainAndHangsAlone() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["apps/a/s.yaml": Self.settings, "apps/b/s.yaml": Self.settings])
      try fleet.repository.write(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: inventory}
        data: {baseUrl: "http://plugin.test", token: "$plugin:token", requestTimeout: "1"}

        """, to: "templates/inventory.yaml")
      let control = try TemporaryFolder()
      try control.write(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: plugin}\nstringData: {token: hush}\n", to: "plugin.yaml")
      let generator = """
            - plugin:
                configMapRef: {name: inventory}
                requeueAfterSeconds: 1
        """
      try writeSet(
        fleet, "plugged", generator: generator, name: "p-{{ .path.basename }}", namespace: "p-{{ .path.basename }}")
      let answer = PluginAnswer("a")
      try fleet.startHub(control: control.path, web: ("http://plugin.test/", { try await answer.reply(to: $0) }))
      try await fleet.untilConverged(["p-a"])
      #expect(answer.authorization == "Bearer hush")
      answer.say("a", "b")
      try await fleet.untilConverged(["p-a", "p-b"])

      answer.hang()
      try await fleet.until("told") {
        try await fleet.hub.engine.setViews().first?.problems.contains { $0.contains("plugin.test") } == true
      }
      try writeSet(fleet, "dirs", generator: directories(fleet), name: "d-{{ .path.basename }}")
      try await fleet.untilConverged(["d-a", "d-b"])
      #expect(try await names(fleet) == ["d-a", "d-b", "p-a", "p-b"])

      answer.say("b")
      try await fleet.until("gone") { try await names(fleet) == ["d-a", "d-b", "p-b"] }
    }
  }

  @Test func aWebhookBringsAPullRequestAtOnce() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["apps/a/s.yaml": Self.settings])
      let generator = "    - pullRequest: {github: {owner: Org, repo: app}, values: {x: y}}"
      try writeSet(fleet, "reviews", generator: generator, name: "p-{{ .number }}", namespace: "p-{{ .number }}")
      let file = fleet.repository.path + "/templates/reviews.yaml"
      let text = try String(contentsOfFile: file, encoding: .utf8)
      try fleet.repository.write(
        text.replacing("apps/{{ index .path.segments 1 }}", with: "apps/a"), to: "templates/reviews.yaml")
      let service = PullRequests(1)
      try fleet.startHub(web: ("https://api.github.com/", { try service.reply(to: $0) }))
      try await fleet.untilConverged(["p-1"])
      let asked = service.count
      #expect(try await names(fleet) == ["p-1"])

      service.open(1, 2)
      let engine = try fleet.hub.engine
      #expect(await engine.reviewPullRequests(of: [RepositoryName(host: "github.com", path: "org/other")]) == 0)
      let meant: Set = [RepositoryName(host: "github.com", path: "org/APP")]
      // Many at once are one or two questions.
      for _ in 0..<20 { #expect(await engine.reviewPullRequests(of: meant) == 1) }
      try await fleet.untilConverged(["p-1", "p-2"])
      #expect(service.count > asked && service.count <= asked + 3)

      service.open(2)
      #expect(await engine.reviewPullRequests(of: meant) == 1)
      try await fleet.until("closed") { try await names(fleet) == ["p-2"] }

      // A service that wants to be left alone is.
      service.refuse()
      #expect(await engine.reviewPullRequests(of: meant) == 1)
      try await fleet.until("told") {
        try await fleet.hub.engine.setViews().first?.problems.contains { $0.contains("no more requests") } == true
      }
      let refused = service.count
      for _ in 0..<5 {
        #expect(await engine.reviewPullRequests(of: meant) == 1)
        try await Task.sleep(for: .milliseconds(300))
      }
      #expect(service.count == refused)
      #expect(try await names(fleet) == ["p-2"])
    }
  }

  @Test func whoHasAnApplicationKeepsIt() async throws {
    try await TestFleet.with { fleet in
      try await fleet.commit(["apps/a/s.yaml": Self.settings])
      let list = "    - list: {elements: [{path: {basename: a, segments: [apps, a]}}]}"
      try writeSet(fleet, "zz", generator: list, name: "x-{{ .path.basename }}")
      try fleet.startHub()
      try await fleet.untilConverged(["x-a"])
      func owner() async throws -> String? { try await fleet.hub.engine.applicationView("x-a")?.owner }
      try writeSet(fleet, "aa", generator: list, name: "x-{{ .path.basename }}")
      try await fleet.until("refused by name") {
        try await fleet.hub.engine.setViews().contains { view in
          view.name == "aa" && view.problems.contains { $0.contains("'x-a' belongs to set zz") }
        }
      }
      #expect(try await owner() == "zz")
      // A set that cannot be read whole has not given anything up.
      try writeSet(
        fleet, "zz", generator: directories(fleet).replacing(fleet.source.path, with: "/nowhere"),
        name: "x-{{ .path.basename }}")
      try await fleet.until("broken") {
        try await fleet.hub.engine.setViews().contains { $0.name == "zz" && !$0.problems.isEmpty }
      }
      #expect(try await owner() == "zz")
      try writeSet(fleet, "zz", generator: "    - list: {elements: []}", name: "x-{{ .path.basename }}")
      try await fleet.until("handed over") { try await owner() == "aa" }
      #expect(try fleet.deletions("edge-1").isEmpty)
      #expect(try await fleet.object("edge-1", "configmaps/settings", namespace: "a") != nil)
    }
  }
}

/// A repository's open pull requests, as GitHub tells of them.
private final class PullRequests: Sendable {
  private let state: Mutex<(open: [Int]?, asked: Int)>

  init(_ numbers: Int...) { state = Mutex((numbers, 0)) }

  var count: Int { state.withLock { $0.asked } }

  func open(_ numbers: Int...) { state.withLock { $0.open = numbers } }

  func refuse() { state.withLock { $0.open = nil } }

  func reply(to request: HTTPRequest) throws -> HTTPResponse {
    #expect(request.url.hasPrefix("https://api.github.com/repos/Org/app/pulls?"))
    let numbers = state.withLock { state in
      state.asked += 1
      return state.open
    }
    guard let numbers else {
      return HTTPResponse(
        head: HTTPResponseHead(status: 429, headers: [HTTPHeader("Retry-After", "900")]), body: [])
    }
    let list = numbers.map { #"{"number":\#($0),"head":{"ref":"f","sha":"0123456789"},"base":{"ref":"main"}}"# }
    return HTTPResponse(
      head: HTTPResponseHead(status: 200, headers: []), body: Array("[\(list.joined(separator: ","))]".utf8))
  }
}

/// What a generator plugin answers.
private final class PluginAnswer: Sendable {
  private struct State {
    var names: [String]?
    var authorization = ""
  }

  private let state: Mutex<State>

  init(_ names: String...) { state = Mutex(State(names: names)) }

  var authorization: String { state.withLock { $0.authorization } }

  func say(_ names: String...) { state.withLock { $0.names = names } }

  func hang() { state.withLock { $0.names = nil } }

  func reply(to request: HTTPRequest) async throws -> HTTPResponse {
    let names = state.withLock { state in
      state.authorization = request.headers.first { $0.name == "Authorization" }?.value ?? ""
      return state.names
    }
    guard let names else {
      try await Task.sleep(for: .seconds(request.deadlines.total ?? 60))
      throw TransportError.deadline(.total, seconds: request.deadlines.total ?? 0)
    }
    let sets = names.map { #"{"path":{"basename":"\#($0)","segments":["apps","\#($0)"]}}"# }
    let body = #"{"output":{"parameters":[\#(sets.joined(separator: ","))]}}"#
    return HTTPResponse(head: HTTPResponseHead(status: 200, headers: []), body: Array(body.utf8))
  }
}
