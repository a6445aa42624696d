import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

@Suite struct FleetRepositoryTests {
  private func cluster(_ name: String, tier: String = "edge") -> String {
    """
    apiVersion: muster.dev/v1alpha1
    kind: Cluster
    metadata:
      name: \(name)
      labels:
        tier: \(tier)
    spec:
      server: https://\(name).example.org
      credentials:
        registered: true

    """
  }

  private func application(_ name: String) -> String {
    """
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata:
      name: \(name)
    spec:
      project: default
      source:
        repoURL: https://example.org/org/app
        path: base
        targetRevision: main
      destination:
        name: edge-01
        namespace: apps

    """
  }

  private func fleet() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(cluster("edge-01") + "---\n" + cluster("edge-02"), to: "clusters/edge.yaml")
    try folder.write(cluster("cloud-01", tier: "cloud"), to: "clusters/cloud/one.yml")
    try folder.write(application("shop"), to: "templates/shop.yaml")
    try folder.write("not yaml: [", to: "clusters/.hidden.yaml")
    try folder.write("nothing to see", to: "templates/README.md")
    return folder
  }

  private func names(_ snapshot: FleetSnapshot) -> [String] {
    snapshot.content.registry.clusters.map(\.name.text) + snapshot.content.applications.map(\.name)
  }

  private let everything = ["cloud-01", "edge-01", "edge-02", "shop"]

  @Test func tellsWhatMayBeAProject() async throws {
    let project = "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: edge}\nspec: SPEC\n"
    let sound = project.replacing("SPEC", with: "{sourceRepos: ['*']}")
    // What stands in the file at first, what becomes of it, the names of the gaps then ("*" for any), the place.
    let table: [(first: String?, now: String, gaps: [String], place: String)] = [
      (nil, sound, [], ""),
      (nil, project.replacing("SPEC", with: "7"), ["edge"], "templates/p.yaml:4:7"),
      (nil, project.replacing("SPEC", with: "["), ["*"], "templates/p.yaml:5:1"),
      (nil, project.replacing("AppProject", with: "appproject").replacing("SPEC", with: "{}"), ["edge"], "p.yaml:2:7"),
      (nil, project.replacing("{name: edge}", with: "{}").replacing("SPEC", with: "{}"), ["*"], "templates/p.yaml:"),
      (nil, "a: [\n", [], ""),
      (sound, project.replacing("SPEC", with: "7"), [], ""),
      (sound, project.replacing("SPEC", with: "["), [], ""),
      ("a: 1\n", project.replacing("SPEC", with: "["), ["*"], "templates/p.yaml:5:1"),
    ]
    for (first, now, gaps, place) in table {
      let folder = try fleet()
      let repository = FleetRepository(.directory(folder.path))
      if let first {
        try folder.write(first, to: "templates/p.yaml")
        await repository.load()
      }
      try folder.write(now, to: "templates/p.yaml")
      let snapshot = await repository.load()
      let found = snapshot.content.projectGaps
      #expect(found.map { $0.name ?? "*" } == gaps, "\(now)")
      if let gap = found.first {
        #expect(gap.reason.contains(place) && gap.reason.contains(" says: "), "\(gap.reason)")
        #expect(!snapshot.isComplete)
      }
    }
  }

  @Test func readsADirectory() async throws {
    let folder = try fleet()
    let repository = FleetRepository(.directory(folder.path))
    let snapshot = await repository.load()
    #expect(names(snapshot) == everything)
    #expect(snapshot.isComplete, "\(snapshot.diagnostics) \(snapshot.failures)")
    #expect(await repository.load().number == snapshot.number, "nothing changed")
    try folder.remove("clusters/cloud/one.yml")
    let next = await repository.load()
    #expect(names(next) == ["edge-01", "edge-02", "shop"])
    #expect(next.isComplete)
    #expect(next.revision != snapshot.revision)
  }

  @Test func aBrokenFileKeepsWhatItLastSaid() async throws {
    let broken: [(name: String, text: String, line: UInt32)] = [
      ("syntax", "apiVersion: [\n", 2), ("a tab", "apiVersion: v1\n\tkind: x\n", 2),
      ("no kind", "a: 1\n", 1), ("empty mapping", "{}\n", 1),
      ("misspelt kind", "apiVersion: muster.dev/v1alpha1\nkind: Clutser\n", 2),
      ("unlabelled secret", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n", 2),
      ("bad spec", "apiVersion: muster.dev/v1alpha1\nkind: Cluster\nmetadata: {name: edge-01}\nspec: {server: 7}\n", 4),
    ]
    for (name, text, line) in broken {
      let folder = try fleet()
      let repository = FleetRepository(.directory(folder.path))
      await repository.load()
      try folder.write(text, to: "clusters/edge.yaml")
      let snapshot = await repository.load()
      #expect(names(snapshot) == everything, "\(name)")
      #expect(!snapshot.isComplete, "\(name)")
      let diagnostic = try #require(snapshot.diagnostics.first { $0.severity == .error }, "\(name)")
      #expect(diagnostic.location?.file.hasSuffix("clusters/edge.yaml") == true, "\(name)")
      #expect((1...line).contains(diagnostic.location?.mark.line ?? 0), "\(name): \(diagnostic)")
      // Still broken, other files changing: it goes on.
      try folder.write(application("second"), to: "templates/second.yaml")
      let later = await repository.load()
      #expect(names(later).contains("edge-02") && names(later).contains("second"), "\(name)")
      try folder.write(cluster("edge-01"), to: "clusters/edge.yaml")
      let mended = await repository.load()
      #expect(!names(mended).contains("edge-02") && mended.isComplete, "\(name)")
    }
  }

  @Test func theGoodDocumentsOfABrokenFileCount() async throws {
    let folder = try fleet()
    let repository = FleetRepository(.directory(folder.path))
    await repository.load()
    let bad = "apiVersion: muster.dev/v1alpha1\nkind: Cluster\nmetadata: {name: edge-02}\nspec: {}\n"
    try folder.write(cluster("edge-01", tier: "changed") + "---\n" + bad, to: "clusters/edge.yaml")
    let snapshot = await repository.load()
    #expect(names(snapshot) == everything)
    let edge = try #require(ClusterName("edge-01"))
    #expect(snapshot.content.registry[edge]?.labels == ["tier": "changed"])
    let notes = snapshot.diagnostics.flatMap(\.notes).map(\.message)
    #expect(notes.contains("cluster 'edge-02' stays as it was"))
    #expect(!snapshot.isComplete)
  }

  @Test func anUnreadableOrMissingFolderTakesNothingAway() async throws {
    let folder = try fleet()
    let repository = FleetRepository(.directory(folder.path))
    await repository.load()
    let away = folder.path + "-away"
    defer { try? FileManager.default.removeItem(atPath: away) }
    for victim in ["clusters", "templates", ""] {
      try FileManager.default.moveItem(atPath: folder.path + "/" + victim, toPath: away)
      let snapshot = await repository.load()
      #expect(names(snapshot) == everything, "\(victim)")
      #expect(!snapshot.isComplete && !snapshot.failures.isEmpty, "\(victim)")
      // A hub that starts now must not take the rest for all there is.
      let started = await FleetRepository(.directory(folder.path)).load()
      #expect(!started.isComplete, "\(victim)")
      try FileManager.default.moveItem(atPath: away, toPath: folder.path + "/" + victim)
      #expect(await repository.load().isComplete, "\(victim)")
    }
    try FileManager.default.moveItem(atPath: folder.path + "/clusters", toPath: away)
    try Data("a file".utf8).write(to: URL(fileURLWithPath: folder.path + "/clusters"))
    let snapshot = await repository.load()
    #expect(names(snapshot) == everything && !snapshot.isComplete)
    let empty = try TemporaryFolder()
    let nothing = await FleetRepository(.directory(empty.path + "/none")).load()
    #expect(!nothing.isComplete && nothing.failures.first?.code == "files.no-directory")
  }

  @Test func aFileThatCannotBeReadKeepsWhatItSaid() async throws {
    let folder = try fleet()
    let repository = FleetRepository(.directory(folder.path))
    await repository.load()
    let file = folder.path + "/clusters/edge.yaml"
    try FileManager.default.removeItem(atPath: file)
    try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "/etc/hostname")
    let snapshot = await repository.load()
    #expect(names(snapshot) == everything && !snapshot.isComplete)
    #expect(snapshot.diagnostics.map(\.code) == ["fleet.file-unreadable"])
  }

  @Test func oneThingIsSaidOnce() async throws {
    let folder = try fleet()
    try folder.write(application("shop"), to: "templates/again.yaml")
    try folder.write(cluster("edge-01"), to: "clusters/again.yaml")
    try folder.write("apiVersion: v1\nkind: Service\nmetadata: {name: x}\n", to: "templates/other.yaml")
    let snapshot = await FleetRepository(.directory(folder.path)).load()
    #expect(names(snapshot) == everything)
    #expect(!snapshot.isComplete)
    #expect(
      Set(snapshot.diagnostics.map(\.code)) == ["fleet.duplicate", "cluster.duplicate-name", "fleet.unknown-kind"])
  }

  private func analysis(_ name: String, kind: String = "AnalysisTemplate", spec: String? = nil) -> String {
    let metric = "{name: a, successCondition: 'result[0] > 1', provider: {prometheus: {query: up}}}"
    return "apiVersion: argoproj.io/v1alpha1\nkind: \(kind)\nmetadata: {name: \(name)}\n"
      + "spec: {\(spec ?? "metrics: [\(metric)]")}\n"
  }

  @Test func readsAnalysisTemplates() async throws {
    let folder = try fleet()
    try folder.write(
      analysis("errors") + "---\n" + analysis("errors", kind: "ClusterAnalysisTemplate"), to: "templates/slo.yaml")
    let repository = FleetRepository(.directory(folder.path))
    let snapshot = await repository.load()
    #expect(snapshot.isComplete && snapshot.diagnostics.isEmpty, "\(snapshot.diagnostics)")
    let references = snapshot.content.analysisTemplates.map(\.reference)
    #expect(references == [.init(name: "errors"), .init(name: "errors", isClusterScoped: true)])
    // A second one of the same name is refused, in another namespace it is another one.
    try folder.write(analysis("errors"), to: "templates/again.yaml")
    try folder.write(
      analysis("errors").replacing("name: errors", with: "name: errors, namespace: other"), to: "templates/other.yaml")
    let doubled = await repository.load()
    #expect(doubled.content.analysisTemplates.count == 3)
    #expect(doubled.diagnostics.map(\.code) == ["fleet.duplicate"])
    #expect(doubled.diagnostics.first?.message == "there is another analysisTemplate 'errors'")
    #expect(doubled.diagnostics.first?.location?.file.hasSuffix("templates/slo.yaml") == true)
    // A broken one stays as it was.
    try folder.remove("templates/again.yaml")
    try folder.write(analysis("errors", spec: "metrics: [{name: a}]"), to: "templates/slo.yaml")
    let broken = await repository.load()
    #expect(broken.content.analysisTemplates.count == 3 && !broken.isComplete)
    #expect(broken.diagnostics.first?.location?.text.hasSuffix("templates/slo.yaml:4:18") == true)
  }

  @Test func doubtsAboutAnalysisTemplatesAreWarnings() async throws {
    let folder = try fleet()
    let table: [(String, [String])] = [
      ("templates: [{templateName: erors}]", ["analysis.no-template"]),
      ("templates: [{templateName: errors}]", []),
      (
        "metrics: [{name: a, failureCondition: 'result[0] > {{args.x}}', provider: {prometheus: {query: up}}}]",
        ["analysis.unknown-arg", "analysis.nan-passes"]
      ),
    ]
    try folder.write(analysis("errors"), to: "templates/errors.yaml")
    for (spec, codes) in table {
      try folder.write(analysis("other", spec: spec), to: "templates/other.yaml")
      let snapshot = await FleetRepository(.directory(folder.path)).load()
      #expect(snapshot.isComplete && snapshot.content.analysisTemplates.count == 2, "\(spec)")
      #expect(snapshot.diagnostics.map(\.code) == codes, "\(spec)")
      #expect(snapshot.diagnostics.allSatisfy { $0.location?.mark.isKnown == true }, "\(spec)")
    }
  }

  @Test func aThingMayMoveOutOfABrokenFile() async throws {
    let folder = try fleet()
    let repository = FleetRepository(.directory(folder.path))
    await repository.load()
    try folder.write("broken: [", to: "clusters/edge.yaml")
    try folder.write(cluster("edge-01", tier: "moved"), to: "clusters/moved.yaml")
    let snapshot = await repository.load()
    #expect(names(snapshot) == everything)
    let edge = try #require(ClusterName("edge-01"))
    #expect(snapshot.content.registry[edge]?.labels == ["tier": "moved"])
    #expect(!snapshot.diagnostics.contains { $0.code == "cluster.duplicate-name" })
  }

  @Test func flattensListsAndReadsJSON() async throws {
    let folder = try TemporaryFolder()
    try folder.write(
      #"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"muster.dev/v1alpha1","kind":"Cluster","metadata":{"name":"a"},"spec":{"server":"https://a","credentials":{"registered":true}}}]}"#,
      to: "clusters/a.json")
    try folder.write("", to: "templates/empty.yaml")
    let snapshot = await FleetRepository(.directory(folder.path)).load()
    #expect(names(snapshot) == ["a"])
    #expect(snapshot.isComplete, "\(snapshot.diagnostics)")
  }

  @Test func watchesADirectory() async throws {
    let folder = try fleet()
    var options = FleetRepository.Options()
    options.pollInterval = .milliseconds(20)
    options.settling = .milliseconds(5)
    let repository = FleetRepository(.directory(folder.path), options: options)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await repository.run() }
      var iterator = repository.snapshots().makeAsyncIterator()
      #expect(await iterator.next().map(names) == everything)
      #expect(throws: Never.self) { try folder.write(cluster("edge-03"), to: "clusters/new.yaml") }
      #expect(await iterator.next().map(names) == ["cloud-01", "edge-01", "edge-02", "edge-03", "shop"])
      #expect(throws: Never.self) { try folder.remove("clusters/new.yaml") }
      #expect(await iterator.next().map(names) == everything)
      group.cancelAll()
    }
  }

  @Test func followsAGitRepository() async throws {
    let origin = try await TestRepository()
    try origin.folder.write(cluster("edge-01"), to: "fleet/clusters/a.yaml")
    try origin.folder.write(application("shop"), to: "fleet/templates/a.yaml")
    let first = try await origin.commit()
    let test = try TestMirrors()
    let url = try GitURL(origin.path)
    let path = try #require(TreePath("fleet"))
    let repository = FleetRepository(.git(url, revision: "main"), path: path, mirrors: test.mirrors)
    let snapshot = await repository.load()
    #expect(names(snapshot) == ["edge-01", "shop"])
    #expect(snapshot.revision == first.hex && snapshot.isComplete)
    let second = try await origin.commit(["fleet/clusters/a.yaml": "broken: ["])
    _ = try await test.mirrors.resolve(url, revision: "main", freshness: .now)
    let broken = await repository.load()
    #expect(names(broken) == ["edge-01", "shop"])
    #expect(broken.revision == second.hex && !broken.isComplete)
    #expect(broken.diagnostics.first?.location?.file.contains("@\(second.short):fleet/clusters/a.yaml") == true)
    try FileManager.default.moveItem(atPath: origin.path, toPath: origin.path + "-away")
    _ = try await test.mirrors.resolve(url, revision: "main", freshness: .now)
    let away = await repository.load()
    try FileManager.default.moveItem(atPath: origin.path + "-away", toPath: origin.path)
    #expect(names(away) == ["edge-01", "shop"] && !away.isComplete)
    #expect(away.failures.map(\.code) == ["git.not-found"])
  }

  /// No push comes that would tell of a mirror that can be read again: a look at it found nothing new.
  @Test func triesAgainWhatCouldNotBeReadHere() async throws {
    let origin = try await TestRepository()
    try origin.folder.write(cluster("edge-01"), to: "clusters/a.yaml")
    try origin.folder.write(application("shop"), to: "templates/a.yaml")
    try await origin.commit()
    let test = try TestMirrors()
    let url = try GitURL(origin.path)
    _ = try await test.mirrors.resolve(url, revision: "main")
    // git cannot be run in a mirror whose configuration it does not understand.
    let configuration = test.folder.path + "/git/gitconfig"
    let sound = try String(contentsOfFile: configuration, encoding: .utf8)
    try "[broken".write(toFile: configuration, atomically: true, encoding: .utf8)
    var options = FleetRepository.Options()
    options.retryInterval = .milliseconds(20)
    options.longestRetry = .milliseconds(20)
    let repository = FleetRepository(.git(url, revision: "main"), mirrors: test.mirrors, options: options)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await repository.run() }
      var iterator = repository.snapshots().makeAsyncIterator()
      #expect(await iterator.next()?.isComplete == false)
      #expect(throws: Never.self) { try sound.write(toFile: configuration, atomically: true, encoding: .utf8) }
      while let snapshot = await iterator.next() {
        guard snapshot.isComplete else { continue }
        #expect(names(snapshot) == ["edge-01", "shop"])
        break
      }
      group.cancelAll()
    }
  }
}
