import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

/// Phases and waves of a sync, in clusters.
@Suite(.serialized) struct SyncOrderTests {
  private let application = "web-edge-1"

  private func job(
    _ name: String, phase: String, image: String = "job:1", generates: Bool = false,
    policy: String = "BeforeHookCreation"
  ) -> String {
    """
    apiVersion: batch/v1
    kind: Job
    metadata:
      \(generates ? "generateName: \(name)-" : "name: \(name)")
      annotations:
        argocd.argoproj.io/hook: \(phase)
        argocd.argoproj.io/hook-delete-policy: \(policy)
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers:
          - name: job
            image: \(image)

    """
  }

  private func waved(_ name: String, wave: Int) -> String {
    WebSource.settings(name).replacing("purpose: test", with: "argocd.argoproj.io/sync-wave: '\(wave)'")
  }

  private func history(_ fleet: TestFleet) async throws -> [SyncOperation] {
    try await fleet.hub.engine.syncs(of: application, limit: 100)
  }

  private func untilOver(_ fleet: TestFleet, _ number: Int64 = 1) async throws -> SyncOperation {
    var found: SyncOperation?
    try await fleet.until("sync \(number) is over") {
      found = try await history(fleet).first { $0.number == number && $0.phase.isOver }
      return found != nil
    }
    return try #require(found)
  }

  /// The names of what the hub applied or created, in order, each once.
  private func order(_ fleet: TestFleet) throws -> [String] {
    var names: [String] = []
    for write in try fleet.writes("edge-1") where write.hasPrefix("PATCH") && !write.contains("muster-system") {
      let name = write.split(separator: "?")[0].split(separator: "/").last.map(String.init) ?? ""
      if !names.contains(name) { names.append(name) }
    }
    return names
  }

  @Test func runsHooksAndWavesInOrderAndRemembersThem() async throws {
    try await TestFleet.with { fleet in
      let revision = try await fleet.commit([
        "web/pre.yaml": job("migrate", phase: "PreSync", policy: "HookSucceeded"),
        "web/post.yaml": job("smoke", phase: "PostSync", generates: true),
        "web/never.yaml": job("never", phase: "Skip"), "web/alarm.yaml": job("alarm", phase: "SyncFail"),
        "web/late.yaml": waved("late", wave: 3), "web/first.yaml": waved("first", wave: -1),
        "web/deployment.yaml": WebSource.deployment(), "web/settings.yaml": WebSource.settings(),
      ])
      try fleet.writeSet()
      try fleet.startHub()
      let sync = try await untilOver(fleet)
      #expect(sync.phase == .succeeded, "\(sync.message)")
      #expect(sync.revision == revision)
      let smoke = "smoke-\(revision.prefix(7))-postsync-\(Int(sync.startedAt))"
      #expect(
        try order(fleet).filter { $0 != TestFleet.namespace } == ["migrate", "first", "settings", "web", "late", smoke])
      #expect(
        sync.results[
          .init(.preSync, ObjectID(group: "batch", kind: "Job", namespace: TestFleet.namespace, name: "migrate"))]?
          .status == .succeeded)
      try await fleet.until("the hook that succeeded goes") { try await job(fleet, "migrate") == nil }
      let left = try #require(await job(fleet, smoke))
      #expect(left["metadata"]?["finalizers"] == nil)
      #expect(try await job(fleet, "never") == nil)
      #expect(try await job(fleet, "alarm") == nil)
      try await fleet.untilConverged([application], revision: revision)
      // Hooks are no part of what is compared, and nothing runs them again.
      let writes = try fleet.writes("edge-1").count
      try await fleet.settle(application)
      #expect(try fleet.writes("edge-1").count == writes)
      #expect(try await fleet.status(application).resources.allSatisfy { $0.id.kind != "Job" })
      #expect(try await history(fleet).count == 1)
    }
  }

  private func job(_ fleet: TestFleet, _ name: String) async throws -> Node? {
    let path = "/apis/batch/v1/namespaces/\(TestFleet.namespace)/jobs/\(name)"
    let answer = try await fleet.send("GET", path, to: "edge-1")
    return answer.status == 404 ? nil : answer.body
  }

  @Test func aWaveWaitsForTheOneBeforeIt() async throws {
    try await TestFleet.with { fleet in
      try await fleet.setFaults("edge-1") { $0.brokenImages = ["slow:1"] }
      try await fleet.commit([
        "web/deployment.yaml": WebSource.deployment(image: "slow:1"), "web/late.yaml": waved("late", wave: 1),
      ])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.until("waits") {
        try await fleet.status(application).message.contains("waiting for healthy state of apps/Deployment/web")
      }
      #expect(try await fleet.object("edge-1", "configmaps/late") == nil)
      // What is there is healed all the same, and a newer commit does not wait.
      let revision = try await fleet.commit(["web/deployment.yaml": WebSource.deployment(image: "quick:1")])
      try await fleet.untilConverged([application], revision: revision)
      #expect(try await fleet.exists("edge-1", "configmaps/late"))
      let syncs = try await history(fleet)
      #expect(syncs.map(\.phase).prefix(2) == [.succeeded, .superseded])
    }
  }

  @Test func aFailedHookStopsTheSync() async throws {
    try await TestFleet.with { fleet in
      try await fleet.setFaults("edge-1") { $0.failingImages = ["crashing:1"] }
      try await fleet.commit([
        "web/pre.yaml": job("migrate", phase: "PreSync", image: "crashing:1"),
        "web/alarm.yaml": job("alarm", phase: "SyncFail"), "web/settings.yaml": WebSource.settings(),
      ])
      try fleet.writeSet(
        syncPolicy: "{automated: {prune: true, selfHeal: true}, syncOptions: [CreateNamespace=true], retry: {limit: 0}}"
      )
      try fleet.startHub()
      let sync = try await untilOver(fleet)
      #expect(sync.phase == .failed)
      #expect(sync.message.contains("batch/Job/migrate"), "\(sync.message)")
      #expect(try await fleet.object("edge-1", "configmaps/settings") == nil)
      #expect(try await job(fleet, "alarm") != nil)
      try await fleet.settle(application)
      #expect(try await history(fleet).count == 1, "the same state is not tried again")
      #expect(try await fleet.status(application).conditions.contains { $0.type == "SyncError" })
      // A newer commit is.
      let revision = try await fleet.commit(["web/pre.yaml": job("migrate", phase: "PreSync")])
      try await fleet.untilConverged([application], revision: revision)
    }
  }

  /// Nothing of a sync with hooks or waves is done where the server would refuse a part of it.
  @Test func nothingIsBegunForWhatTheServerRefuses() async throws {
    let unfit = WebSource.deployment(replicas: -1)
    let unvalidated = unfit.replacing(
      "name: web\nspec", with: "name: web\n  annotations: {argocd.argoproj.io/sync-options: Validate=false}\nspec")
    #expect(unvalidated != unfit)
    let table: [(name: String, files: [String: String], denials: [WiretappedTransport.Denial], refused: String?)] = [
      ("an object beside a hook", ["web/deployment.yaml": unfit], [], "apps/Deployment/web"),
      (
        "an object of a later wave", ["web/late.yaml": waved("late", wave: 3)],
        [("PATCH", "/configmaps/late")], "ConfigMap/late"
      ),
      ("a hook that may not be made", [:], [("PATCH", "/jobs/migrate")], "batch/Job/migrate"),
      ("what is not to be validated", ["web/deployment.yaml": unvalidated], [], nil),
    ]
    for (name, files, denials, refused) in table {
      try await TestFleet.with { fleet in
        let base = ["web/pre.yaml": job("migrate", phase: "PreSync"), "web/settings.yaml": WebSource.settings()]
        try await fleet.commit(base.merging(files) { $1 })
        try fleet.writeSet(
          syncPolicy: "{automated: {}, syncOptions: [CreateNamespace=true], retry: {limit: 0}}")
        try fleet.startHub(denials: denials)
        let sync = try await untilOver(fleet)
        #expect(sync.phase == .failed, "\(name)")
        guard let refused else {
          #expect(try await job(fleet, "migrate") != nil, "\(name)")
          return
        }
        #expect(
          sync.message.hasPrefix("one or more objects failed to apply (dry run), reason: \(refused): "),
          "\(name): \(sync.message)")
        #expect(sync.failures.map(\.key.name) == [refused.split(separator: "/").last.map(String.init)], "\(name)")
        #expect(try await job(fleet, "migrate") == nil, "\(name)")
        #expect(try await fleet.object("edge-1", "configmaps/settings") == nil, "\(name)")
        try await fleet.settle(application)
        #expect(try await history(fleet).count == 1, "\(name): the same state is not tried again")
        // A commit that mends it is synced, hooks first.
        if denials.isEmpty {
          let revision = try await fleet.commit(["web/deployment.yaml": WebSource.deployment()])
          try await fleet.untilConverged([application], revision: revision)
          #expect(try await job(fleet, "migrate") != nil)
        }
      }
    }
  }

  private let definition = """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: widgets.shop.test}
    spec:
      group: shop.test
      scope: Namespaced
      names: {plural: widgets, singular: widget, kind: Widget}
      versions:
      - name: v1
        served: true
        storage: true
        schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}

    """

  private let widget = "apiVersion: shop.test/v1\nkind: Widget\nmetadata: {name: w}\nspec: {}\n"

  @Test func whatComesWithTheSyncIsNoReasonToRefuseIt() async throws {
    try await TestFleet.with { fleet in
      let revision = try await fleet.commit([
        "web/pre.yaml": job("migrate", phase: "PreSync"), "web/settings.yaml": WebSource.settings(),
        "web/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: annex}\n",
        "web/annex.yaml": WebSource.settings("annexed").replacing(
          "name: annexed", with: "name: annexed\n  namespace: annex"),
        "web/definition.yaml": definition, "web/widget.yaml": widget,
      ])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application], revision: revision)
      #expect(try await fleet.object("edge-1", "configmaps/annexed", namespace: "annex") != nil)
      #expect(try await history(fleet).count == 1)
    }
  }

  @Test func aKindThatIsMissingHoldsHooksBackUnlessItMay() async throws {
    for mayBeMissing in [false, true] {
      try await TestFleet.with { fleet in
        try await fleet.commit([
          "web/pre.yaml": job("migrate", phase: "PreSync"), "web/settings.yaml": WebSource.settings(),
          "web/widget.yaml": widget,
        ])
        let options = "CreateNamespace=true" + (mayBeMissing ? ", SkipDryRunOnMissingResource=true" : "")
        try fleet.writeSet(syncPolicy: "{syncOptions: [\(options)]}")
        try fleet.startHub()
        try await fleet.until("told") {
          try await fleet.status(application).conditions.contains { $0.type == "UnknownKind" }
        }
        _ = try await fleet.hub.engine.sync(
          application, .init(), approvedPrunes: 0, confirmed: false, actor: "somebody")
        let sync = try await untilOver(fleet)
        #expect(sync.phase == (mayBeMissing ? .succeeded : .failed), "\(sync.message)")
        #expect(try await (job(fleet, "migrate") != nil) == mayBeMissing)
        if !mayBeMissing { #expect(sync.message.contains("shop.test/Widget/w: the cluster has no kind Widget")) }
      }
    }
  }

  @Test func aSyncThatIsTerminatedTakesItsRunningHookAlong() async throws {
    try await TestFleet.with { fleet in
      try await fleet.setFaults("edge-1") { $0.brokenImages = ["stuck:1"] }
      try await fleet.commit([
        "web/pre.yaml": job("migrate", phase: "PreSync", image: "stuck:1"), "web/settings.yaml": WebSource.settings(),
      ])
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.until("the hook runs") { try await job(fleet, "migrate") != nil }
      #expect(try await fleet.hub.engine.terminate(application) == true)
      let sync = try await untilOver(fleet)
      #expect(sync.phase == .failed && sync.message == "Operation terminated", "\(sync.message)")
      try await fleet.until("the hook goes") { try await job(fleet, "migrate") == nil }
      #expect(try await fleet.object("edge-1", "configmaps/settings") == nil)
      #expect(try await fleet.hub.engine.terminate(application) == false, "nothing is under way")
    }
  }

  @Test func aHubThatIsKilledRunsNoHookTwice() async throws {
    let files = [
      "web/pre.yaml": job("migrate", phase: "PreSync", generates: true), "web/first.yaml": waved("first", wave: -1),
      "web/sync.yaml": job("mid", phase: "Sync", generates: true), "web/settings.yaml": WebSource.settings(),
      "web/late.yaml": waved("late", wave: 2), "web/post.yaml": job("smoke", phase: "PostSync", generates: true),
    ]
    for number in 1...14 {
      for point in [WiretappedTransport.Death.beforeWrite(number), .afterWrite(number)] {
        try await TestFleet.with { fleet in
          let revision = try await fleet.commit(files)
          try fleet.writeSet()
          let hub = try fleet.startHub(death: point)
          try await fleet.until("killed or done") {
            if hub.transport.isDead { return true }
            return try await fleet.status(application).operation?.phase == .succeeded
          }
          await fleet.killHub()
          try fleet.startHub()
          try await fleet.untilConverged([application], revision: revision)
          let sync = try await untilOver(fleet)
          #expect(sync.phase == .succeeded, "\(point): \(sync.message)")
          let jobs =
            try await fleet.send(
              "GET", "/apis/batch/v1/namespaces/\(TestFleet.namespace)/jobs", to: "edge-1"
            ).body["items"]?.sequence ?? []
          let names = jobs.compactMap { $0["metadata"]?["name"]?.string }.map { $0.split(separator: "-")[0] }.sorted()
          #expect(names == ["mid", "migrate", "smoke"], "\(point)")
          #expect(jobs.allSatisfy { $0["metadata"]?["finalizers"] == nil }, "\(point)")
          #expect(try await history(fleet).count == 1, "\(point)")
        }
      }
    }
  }

  @Test func aRollbackIsRevertedInGit() async throws {
    try await TestFleet.with { fleet in
      let files = [
        "web/settings.yaml": WebSource.settings(), "web/other.yaml": WebSource.settings("other"), "docs/a.txt": "one\n",
      ]
      try await fleet.commit(files)
      // People push to a bare repository.
      try await fleet.source.git("clone", "--quiet", "--bare", fleet.source.path, fleet.source.path + "/bare.git")
      let bare = fleet.source.path + "/bare.git"
      try await fleet.source.git("remote", "add", "origin", bare)
      try fleet.writeSet()
      let text = try String(contentsOfFile: fleet.repository.path + "/templates/web.yaml", encoding: .utf8)
      try fleet.repository.write(text.replacing(fleet.source.path, with: bare), to: "templates/web.yaml")
      try fleet.source.folder.write("bare.git\n", to: ".gitignore")
      try fleet.startHub()
      func push(_ files: [String: String], _ message: String) async throws -> String {
        let id = try await fleet.source.commit(files, message: message)
        try await fleet.source.git("push", "--quiet", "origin", "main")
        let seen = try await fleet.hub.mirrors.resolve(try GitURL(bare), revision: "main", freshness: .now)
        #expect(seen.commit == id)
        return id.hex
      }
      let good = try await push(["docs/a.txt": "two\n"], "Say two")
      try await fleet.untilConverged([application], revision: good)
      _ = try await untilOver(fleet)
      _ = try await push(["web/settings.yaml": WebSource.settings(color: "broken")], "Break the color")
      let bad = try await push(["docs/a.txt": "three\n"], "Say three")
      try await fleet.untilConverged([application], revision: bad)
      _ = try await untilOver(fleet, 2)
      let engine = try fleet.hub.engine
      _ = try await engine.rollBack(application, to: nil, actor: "somebody")
      let reverted = try await engine.revertInGit(application, actor: "somebody")
      let pushed = try #require(reverted)
      // What concerns others stays.
      #expect(try await fleet.source.git("--git-dir", bare, "show", "main:docs/a.txt") == "three")
      #expect(try await fleet.source.git("--git-dir", bare, "show", "main:web/settings.yaml").contains("green"))
      let message = try await fleet.source.git("--git-dir", bare, "log", "-1", "--format=%B", "main")
      #expect(message.hasPrefix("Revert \"Break the color\"") && message.contains("Muster-Application: web-edge-1"))
      try await fleet.untilConverged([application], revision: pushed)
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green")
      try await fleet.until("followed again") {
        try await !fleet.status(application).conditions.contains { $0.type == "RolledBack" }
      }
    }
  }

  @Test func goesBackAndStaysThereUntilGitMovesOn() async throws {
    try await TestFleet.with { fleet in
      let good = try await fleet.commit(WebSource.base)
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged([application], revision: good)
      _ = try await untilOver(fleet)
      let bad = try await fleet.commit(["web/settings.yaml": WebSource.settings(color: "broken")])
      try await fleet.untilConverged([application], revision: bad)
      _ = try await untilOver(fleet, 2)
      let engine = try fleet.hub.engine
      #expect(try await engine.rollBack(application, to: nil, actor: "somebody") == good)
      try await fleet.untilConverged([application], revision: good)
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green")
      #expect(try await fleet.status(application).conditions.contains { $0.type == "RolledBack" })
      // A hub that starts anew keeps it there.
      await fleet.stopHub()
      try fleet.startHub()
      try await fleet.untilConverged([application], revision: good)
      try await fleet.settle(application)
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "green")
      await #expect(throws: Failure.self) {
        try await fleet.hub.engine.rollBack(application, to: "99", actor: "somebody")
      }
      let next = try await fleet.commit(["web/settings.yaml": WebSource.settings(color: "mended")])
      try await fleet.untilConverged([application], revision: next)
      #expect(try await fleet.value("edge-1", "configmaps/settings", "data", "color")?.string == "mended")
      #expect(try await !fleet.status(application).conditions.contains { $0.type == "RolledBack" })
      let syncs = try await history(fleet)
      #expect(syncs.map(\.cause) == [.automated, .rollback, .automated, .automated])
      #expect(syncs[1].actor == "somebody")
    }
  }
}
