import Foundation
import Manifest
import Testing

@testable import Fleet

/// The order of a sync, and what it does when something fails.
struct SyncMachineTests {
  /// A cluster that does what a sync says, and a protocol of it.
  private struct Lab {
    var machine = SyncMachine(settings: .init(retry: nil))
    var operation = SyncOperation(
      number: 7, cluster: "c", digest: "d", revision: "0123456789", sources: "", cause: .automated, actor: "hub",
      startedAt: 1_000)
    var scene: SyncScene
    var now = 1_000.0
    var log: [String] = []
    /// What the server does not accept in a dry run.
    var unfit: Set<String> = []

    init(_ items: [SyncScene.Item] = [], hooks: [SyncScene.HookItem] = [], prunes: [SyncScene.PruneItem] = []) {
      scene = SyncScene(items: items, hooks: hooks, prunes: prunes)
    }

    /// Runs until it waits or ends.
    mutating func run(failing: Set<String> = [], applied health: Health = .healthy) {
      for _ in 0..<1_000 {
        let turn = machine.turn(&operation, scene, now: now)
        switch turn {
        case .tryOut(let positions, let hooks): tryOut(positions.map { .init(.sync, scene.items[$0].id) } + hooks)
        case .apply(let positions):
          log.append("apply " + positions.map { scene.items[$0].id.name }.joined(separator: ","))
          for position in positions {
            let name = scene.items[position].id.name
            operation.results[.init(.sync, scene.items[position].id)] =
              failing.contains(name) ? .init(.failed, "refused") : .init(.synced)
            if !failing.contains(name) { scene.items[position].health = HealthReport(health) }
          }
        case .startHooks(let keys):
          log.append("start " + keys.map(\.name).joined(separator: ","))
          edit(keys) { $0.live = .ours(HealthReport(.progressing), isDeleting: false, holdsFinalizer: true) }
          for key in keys { operation.results[key] = .init(.running, isHook: true, began: now) }
        case .releaseHooks(let keys):
          log.append("release " + keys.map(\.name).joined(separator: ","))
          edit(keys) {
            if case .ours(let health, let isDeleting, _) = $0.live {
              $0.live = .ours(health, isDeleting: isDeleting, holdsFinalizer: false)
            }
          }
        case .removeHooks(let keys):
          log.append("remove " + keys.map(\.name).joined(separator: ","))
          edit(keys) { $0.live = .absent }
          for key in keys where operation.results[key]?.status == .running {
            operation.results[key] = .init(.failed, "terminated", isHook: true)
          }
        case .prune(let positions):
          log.append("prune " + positions.map { scene.prunes[$0].id.name }.joined(separator: ","))
          for position in positions {
            let prune = scene.prunes[position]
            operation.results[.init(.sync, prune.id)] = .init(.pruned, wave: prune.isLast ? nil : prune.wave)
            if !prune.isLast { scene.prunedWaves.insert(prune.wave) }
            scene.prunes[position].isDeleting = true
          }
        case .wait(let words, let seconds):
          log.append(words + (seconds.map { " (\(Int($0.rounded())) s)" } ?? ""))
          return
        case .finish:
          log.append(operation.phase.rawValue)
          return
        }
      }
      log.append("never ends")
    }

    private mutating func tryOut(_ keys: [SyncOperation.Key]) {
      let refused = keys.filter { unfit.contains($0.name) }
      for key in refused { operation.results[key] = .init(.failed, "unfit", isHook: key.phase != .sync) }
      operation.trial = refused.isEmpty ? .passed : .refused
      if !refused.isEmpty { log.append("refuse " + refused.map(\.name).joined(separator: ",")) }
    }

    mutating func end(_ hook: String, _ health: Health, _ message: String = "") {
      for index in scene.hooks.indices where scene.hooks[index].key.name == hook {
        scene.hooks[index].live = .ours(HealthReport(health, message), isDeleting: false, holdsFinalizer: true)
      }
    }

    mutating func gone(_ name: String) { scene.prunes.removeAll { $0.id.name == name } }

    private mutating func edit(_ keys: [SyncOperation.Key], _ body: (inout SyncScene.HookItem) -> Void) {
      for index in scene.hooks.indices where keys.contains(scene.hooks[index].key) { body(&scene.hooks[index]) }
    }
  }

  private func item(_ position: Int, _ name: String, wave: Int = 0, tier: Int = 1, due: Bool = true) -> SyncScene.Item {
    var item = SyncScene.Item(
      position: position, id: ObjectID(group: "", kind: "ConfigMap", namespace: "n", name: name), wave: wave,
      tier: tier, needsApply: due)
    if !due { item.health = HealthReport(.healthy) }
    return item
  }

  private func hook(
    _ phase: HookPhase, _ name: String, wave: Int = 0, policies: Set<Hook.DeletePolicy> = [.beforeHookCreation],
    live: SyncScene.HookItem.Live = .absent
  ) -> SyncScene.HookItem {
    var hook = Hook(annotations: .mapping([Hook.annotation: .string(phase.rawValue)])) ?? .init(never: ())
    hook.deletePolicies = policies
    let id = ObjectID(group: "batch", kind: "Job", namespace: "n", name: name)
    return SyncScene.HookItem(position: 0, key: .init(phase, id), wave: wave, hook: hook, live: live)
  }

  private func prune(_ position: Int, _ name: String, wave: Int = 0, last: Bool = false) -> SyncScene.PruneItem {
    SyncScene.PruneItem(
      position: position, id: ObjectID(group: "", kind: "ConfigMap", namespace: "n", name: name), wave: wave,
      isDeleting: false, isLast: last)
  }

  @Test func nothingBeginsForWhatIsRefusedLater() {
    let before = hook(.preSync, "before")
    let table:
      [(name: String, items: [SyncScene.Item], hooks: [SyncScene.HookItem], unfit: Set<String>, log: [String])] = [
        (
          "an object after a hook", [item(0, "a"), item(1, "b", wave: 3)], [before], ["b"],
          ["refuse b", "one or more objects failed to apply (dry run), reason: ConfigMap/b: unfit"]
        ),
        (
          "two waves", [item(0, "a"), item(1, "b", wave: 3)], [], ["a", "b"],
          ["refuse a,b", "one or more objects failed to apply (dry run), reason: ConfigMap/a: unfit and 1 more"]
        ),
        (
          "a hook", [item(0, "a", due: false)], [before, hook(.syncFail, "alarm")], ["before"],
          ["refuse before", "one or more objects failed to apply (dry run), reason: batch/Job/before: unfit"]
        ),
        ("one step needs no trial", [item(0, "a"), item(1, "b")], [], ["a", "b"], ["apply a,b", ""]),
        (
          "what is as it should be is not tried", [item(0, "a"), item(1, "b", wave: 1, due: false)], [], ["b"],
          ["apply a", ""]
        ),
      ]
    for (name, items, hooks, unfit, log) in table {
      var lab = Lab(items, hooks: hooks)
      lab.unfit = unfit
      lab.run()
      let isRefused = log[0].hasPrefix("refuse")
      #expect(lab.log == [log[0], isRefused ? "Failed" : "Succeeded"], "\(name)")
      #expect(lab.operation.phase == (isRefused ? .failed : .succeeded), "\(name)")
      if isRefused { #expect(lab.operation.message == log[1], "\(name)") }
    }
  }

  @Test func aRefusedTrialIsRepeatedAsOftenAsRetriesSay() {
    var lab = Lab([item(0, "a")], hooks: [hook(.preSync, "before")])
    lab.machine = SyncMachine(settings: .init(retry: SyncPolicy.Retry()))
    lab.unfit = ["a"]
    lab.run()
    #expect(lab.log.first == "refuse a" && lab.operation.retries == 1)
    #expect(lab.operation.results.isEmpty && lab.operation.trial == nil)
    lab.now += 5
    lab.unfit = []
    lab.run()
    #expect(lab.log[2] == "start before", "\(lab.log)")
    lab.end("before", .healthy)
    lab.run()
    #expect(lab.operation.phase == .succeeded)
  }

  @Test func goesThroughPhasesAndWavesInOrder() {
    var lab = Lab(
      [item(0, "late", wave: 5), item(1, "first", wave: -1), item(2, "second", tier: 0), item(3, "third", tier: 4)],
      hooks: [hook(.preSync, "before"), hook(.postSync, "after")])
    lab.run()
    lab.end("before", .healthy)
    lab.run()
    lab.end("after", .healthy)
    lab.run()
    #expect(
      lab.log == [
        "start before", "waiting for completion of hook batch/Job/before (3600 s)",
        "release before", "apply first", "apply second", "apply third", "apply late", "start after",
        "waiting for completion of hook batch/Job/after (3600 s)", "release after", "Succeeded",
      ])
  }

  @Test func waitsForHealthBetweenWaves() {
    var lab = Lab([item(0, "one"), item(1, "two", wave: 1)])
    lab.run(applied: .progressing)
    #expect(lab.log == ["apply one", "waiting for healthy state of ConfigMap/one"])
    lab.scene.items[0].health = HealthReport(.healthy)
    lab.run()
    #expect(lab.log.suffix(2) == ["apply two", "Succeeded"])
  }

  @Test func aDegradedObjectFailsTheSyncWhenItStaysSo() {
    var lab = Lab([item(0, "one"), item(1, "two", wave: 1)])
    lab.run(applied: .degraded)
    #expect(lab.log == ["apply one", "waiting for healthy state of ConfigMap/one (20 s)"])
    lab.now += 21
    lab.run()
    #expect(lab.operation.phase == .failed)
    #expect(lab.operation.message.contains("ConfigMap/one: degraded"))
    lab = Lab([item(0, "alone")])
    lab.run(applied: .degraded)
    #expect(lab.log.last == "waiting for healthy state of ConfigMap/alone (600 s)", "nothing stands on it")
  }

  /// Each step waits for its own time, however often those before it are looked at again.
  @Test func aDegradedObjectFailsAnyStep() {
    let before = hook(.preSync, "before")
    for (name, items, seconds) in [
      ("the last one", [item(0, "one")], 600.0), ("one in between", [item(0, "one"), item(1, "two", wave: 1)], 20),
    ] {
      var lab = Lab(items, hooks: [before])
      lab.run()
      lab.end("before", .healthy)
      lab.run(applied: .degraded)
      #expect(lab.log.last == "waiting for healthy state of ConfigMap/one (\(Int(seconds)) s)", "\(name)")
      for _ in 0..<3 {
        lab.now += seconds / 4
        lab.run()
      }
      #expect(lab.operation.phase == .running, "\(name)")
      lab.now += seconds / 3
      lab.run()
      #expect(lab.operation.phase == .failed, "\(name)")
      #expect(lab.operation.message.contains("ConfigMap/one: degraded"), "\(name)")
    }
  }

  @Test func aHookInSomebodyElsesPlaceStopsTheSync() {
    for phase in [HookPhase.preSync, .postSync, .syncFail] {
      var lab = Lab(
        [item(0, "object"), item(1, "late", wave: 1)], hooks: [hook(phase, "theirs", live: .claimed("it is theirs"))])
      lab.run()
      #expect(lab.operation.phase == .failed, "\(phase)")
      #expect(lab.operation.message.contains("batch/Job/theirs: it is theirs"), "\(phase): \(lab.operation.message)")
      #expect(lab.log == ["Failed"], "\(phase): nothing begins")
      // It may come between the look at everything and its turn.
      lab = Lab([item(0, "object"), item(1, "bad", wave: 1)], hooks: [hook(phase, "theirs")])
      lab.operation.trial = .passed
      lab.scene.hooks[0].live = .claimed("it is theirs")
      lab.run(failing: ["bad"])
      #expect(lab.operation.phase == .failed, "\(phase)")
      #expect(!lab.log.contains { $0.hasPrefix("start") || $0.hasPrefix("remove") }, "\(phase)")
    }
  }

  @Test func whateverAPolicySaysTheNextTryComesWithinADay() {
    for (duration, factor, longest) in [
      ("1e300", 2, "0"), ("5s", Int64.max, "0"), ("9000000000s", 2, "0"), ("nan", 2, "inf"),
    ] {
      var policy: Mapping = [:]
      policy["retry"] = .mapping([
        "limit": Node(.int(3)),
        "backoff": .mapping([
          "duration": .string(duration), "factor": Node(.int(Int64(factor))), "maxDuration": .string(longest),
        ]),
      ])
      var lab = Lab([item(0, "bad")])
      lab.machine.settings.retry = SyncPolicy(.mapping(policy)).retry
      for _ in 0..<4 {
        lab.run(failing: ["bad"])
        #expect((lab.operation.retryAt ?? lab.now) <= lab.now + 86_400, "\(duration)")
        lab.now += 86_401
      }
      #expect(lab.operation.phase == .failed, "\(duration)")
    }
  }

  @Test func aFailedHookStopsWhatFollowsAndRunsSyncFail() {
    var lab = Lab(
      [item(0, "object")],
      hooks: [hook(.preSync, "before"), hook(.syncFail, "alarm", policies: [.hookFailed]), hook(.postSync, "after")])
    lab.run()
    lab.end("before", .degraded, "exit code 1")
    lab.run()
    #expect(
      lab.log.suffix(3) == ["release before", "start alarm", "waiting for completion of hook batch/Job/alarm (5 s)"])
    lab.end("alarm", .healthy)
    lab.run()
    #expect(lab.log.suffix(3) == ["release alarm", "remove alarm", "Failed"])
    #expect(lab.operation.message.contains("batch/Job/before: exit code 1"))
    #expect(!lab.log.contains { $0.hasPrefix("apply") })
  }

  @Test func everyObjectOfAWaveIsTriedBeforeItFails() {
    var lab = Lab([item(0, "bad", tier: 0), item(1, "good", tier: 3), item(2, "next", wave: 1)])
    lab.run(failing: ["bad"])
    #expect(lab.log == ["apply bad", "apply good", "Failed"])
  }

  @Test func retriesAsThePolicySays() {
    var retry = SyncPolicy.Retry()
    retry.limit = 2
    var lab = Lab([item(0, "bad")])
    lab.machine.settings.retry = retry
    lab.run(failing: ["bad"])
    #expect(lab.operation.phase == .running)
    #expect(lab.operation.message.hasSuffix("Retrying attempt #1 in 5 seconds."))
    lab.run(failing: ["bad"])
    #expect(lab.log.last?.hasSuffix("(5 s)") == true, "not before its time")
    lab.now += 5
    lab.run(failing: ["bad"])
    #expect(lab.operation.message.hasSuffix("Retrying attempt #2 in 10 seconds."))
    lab.now += 10
    lab.run(failing: ["bad"])
    #expect(lab.operation.phase == .failed)
    #expect(lab.operation.message.hasSuffix("(retried 2 times)."))
  }

  @Test func delaysGrowToTheLongest() {
    let table: [(Int64, Double, Int64, Double, Int, Double)] = [
      (5, 5, 2, 180, 0, 5), (5, 5, 2, 180, 3, 40), (5, 5, 2, 180, 10, 180), (5, 5, 2, 0, 10, 5_120),
      (5, 1, 0, 10, 9, 1),
    ]
    for (limit, duration, factor, longest, retries, expected) in table {
      var retry = SyncPolicy.Retry()
      (retry.limit, retry.duration, retry.factor, retry.maxDuration) = (limit, duration, factor, longest)
      #expect(retry.delay(before: retries) == expected)
    }
  }

  @Test func hooksOfEarlierSyncsGoFirst() {
    var lab = Lab(hooks: [hook(.preSync, "job", live: .other(isDeleting: false))])
    lab.run()
    #expect(lab.log == ["remove job", "start job", "waiting for completion of hook batch/Job/job (3600 s)"])
    lab = Lab(hooks: [hook(.preSync, "job", live: .other(isDeleting: true))])
    lab.run()
    #expect(lab.log == ["waiting for deletion of hook batch/Job/job (1 s)"])
    lab = Lab(hooks: [hook(.preSync, "job", policies: [.hookSucceeded], live: .other(isDeleting: false))])
    lab.run()
    #expect(lab.log.first == "start job", "without that policy it stays")
  }

  @Test func aHookThatSucceededGoesAtTheEndWhereItSaysSo() {
    var lab = Lab([item(0, "object")], hooks: [hook(.preSync, "job", policies: [.hookSucceeded])])
    lab.run()
    lab.end("job", .healthy)
    lab.run()
    #expect(lab.log.suffix(4) == ["release job", "apply object", "remove job", "Succeeded"])
  }

  @Test func aHookThatVanishesOrNeverEndsFails() {
    var lab = Lab(hooks: [hook(.preSync, "job")])
    lab.run()
    lab.scene.hooks[0].live = .absent
    lab.run()
    #expect(lab.operation.message.contains("batch/Job/job is missing") || lab.operation.phase == .failed)
    lab = Lab(hooks: [hook(.preSync, "job")])
    lab.run()
    lab.now += 3_601
    lab.run()
    #expect(lab.operation.phase == .failed)
    #expect(lab.operation.message.contains("did not end within 3600 seconds"))
  }

  @Test func prunesGoThroughWavesTheOtherWayAndLastOnesLast() {
    var lab = Lab(
      [item(0, "kept", due: false), item(1, "new", wave: 2)],
      prunes: [prune(0, "base", wave: 0), prune(1, "top", wave: 2), prune(2, "last", wave: -5, last: true)])
    lab.run()
    #expect(lab.log == ["prune top", "waiting for deletion of ConfigMap/top"])
    lab.gone("top")
    lab.scene.prunes = lab.scene.prunes.enumerated().map { index, prune in
      var prune = prune
      prune.position = index
      return prune
    }
    lab.run()
    #expect(lab.log.suffix(3) == ["apply new", "prune base", "waiting for deletion of ConfigMap/base"])
    lab.gone("base")
    lab.scene.prunes[0].position = 0
    lab.run()
    #expect(lab.log.suffix(2) == ["prune last", "Succeeded"])
  }

  @Test func terminatingDeletesWhatRuns() {
    var lab = Lab([item(0, "object")], hooks: [hook(.preSync, "job")])
    lab.run()
    lab.operation.phase = .terminating
    lab.run()
    #expect(lab.log.suffix(2) == ["remove job", "Failed"])
    #expect(lab.operation.message == "Operation terminated")
  }

  @Test func aNamespaceComesWithWhatGoesIntoIt() {
    var scene = SyncScene(
      items: [
        SyncScene.Item(
          position: 0, id: ObjectID(group: "", kind: "Namespace", namespace: "", name: "n"), wave: 3, tier: 0,
          needsApply: true), item(1, "object", wave: 1),
      ], hooks: [hook(.preSync, "job", wave: -2)], prunes: [])
    scene.liftDependencies(defined: [:])
    #expect(scene.items[0].phase == .preSync && scene.items[0].wave == -2)
    #expect(scene.items[1].phase == .sync && scene.items[1].wave == 1)
  }

  /// Whatever happens in whatever order: no hook runs twice in one try, nothing is applied before what it stands on.
  @Test func keepsTheOrderUnderRandomEvents() throws {
    for seed in 0..<500 {
      var random = Numbers(seed: UInt64(seed))
      var lab = Lab(
        (0..<6).map { item($0, "o\($0)", wave: Int(random.next() % 3), tier: Int(random.next() % 3)) },
        hooks: [hook(.preSync, "pre"), hook(.sync, "mid", wave: 1), hook(.postSync, "post"), hook(.syncFail, "fail")])
      for _ in 0..<60 where !lab.operation.phase.isOver {
        lab.run(applied: random.next() % 4 == 0 ? .progressing : .healthy)
        // The hub is killed and comes back: what it knows is what was written down.
        lab.operation = try JSONDecoder().decode(SyncOperation.self, from: JSONEncoder().encode(lab.operation))
        for index in lab.scene.items.indices where lab.scene.items[index].health != nil && random.next() % 2 == 0 {
          lab.scene.items[index].health = HealthReport(.healthy)
        }
        for hook in ["pre", "mid", "post", "fail"] where random.next() % 3 == 0 && isRunning(hook, lab) {
          lab.end(hook, random.next() % 6 == 0 ? .degraded : .healthy)
        }
      }
      let starts = lab.log.filter { $0.hasPrefix("start") }
      #expect(Set(starts).count == starts.count, "seed \(seed): \(lab.log)")
      #expect(order(of: lab) == order(of: lab).sorted(), "seed \(seed): \(lab.log)")
      #expect(lab.operation.phase.isOver, "seed \(seed): \(lab.log)")
    }
  }

  private func isRunning(_ hook: String, _ lab: Lab) -> Bool {
    lab.operation.results.contains { $0.key.name == hook && $0.value.status == .running }
  }

  /// The place of each apply and hook, as the sync took them.
  private func order(of lab: Lab) -> [Int] {
    lab.log.compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 2, words[0] == "apply" || words[0] == "start" else { return nil }
      let name = String(words[1].split(separator: ",")[0])
      switch name {
      case "pre": return 0
      case "post": return 1_000
      case "fail": return 2_000
      case "mid": return 115
      default: return lab.scene.items.first { $0.id.name == name }.map { 100 + $0.wave * 10 + $0.tier } ?? -1
      }
    }
  }

  private struct Numbers {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
  }
}

extension Hook {
  fileprivate init(never: Void) { fatalError("the annotation makes a hook") }
}

/// What makes an object a hook.
struct HookTests {
  @Test func readsArgosAndHelmsAnnotations() {
    let table: [([String: String], [HookPhase]?, Set<Hook.DeletePolicy>)] = [
      ([:], nil, []),
      (["argocd.argoproj.io/hook": "PreSync"], [.preSync], [.beforeHookCreation]),
      (["argocd.argoproj.io/hook": "PostSync, PreSync"], [.preSync, .postSync], [.beforeHookCreation]),
      (["argocd.argoproj.io/hook": "Skip"], [], [.beforeHookCreation]),
      (["argocd.argoproj.io/hook": "Skip,Sync"], [.sync], [.beforeHookCreation]),
      (["argocd.argoproj.io/hook": "garbage"], [], [.beforeHookCreation]),
      (
        ["argocd.argoproj.io/hook": "Sync", "argocd.argoproj.io/hook-delete-policy": "HookSucceeded,HookFailed"],
        [.sync], [.hookSucceeded, .hookFailed]
      ),
      (["helm.sh/hook": "pre-install,pre-upgrade"], [.preSync], [.beforeHookCreation]),
      (
        ["helm.sh/hook": "post-upgrade", "helm.sh/hook-delete-policy": "hook-succeeded"], [.postSync], [.hookSucceeded]
      ),
      (["helm.sh/hook": "test"], [], [.beforeHookCreation]),
      (["helm.sh/hook": "crd-install"], nil, []),
      (["argocd.argoproj.io/hook": "PostSync", "helm.sh/hook": "pre-install"], [.postSync], [.beforeHookCreation]),
    ]
    for (annotations, phases, policies) in table {
      var mapping = Mapping()
      for (key, value) in annotations { mapping[key] = .string(value) }
      let hook = Hook(annotations: .mapping(mapping))
      #expect(hook?.phases == phases, "\(annotations)")
      if phases != nil { #expect(hook?.deletePolicies == policies, "\(annotations)") }
    }
  }

  @Test func namesAreTheSameForTheSameTry() {
    var operation = SyncOperation(
      number: 3, cluster: "c", digest: "d", revision: "ABCDEF0123456", sources: "", cause: .automated, actor: "hub",
      startedAt: 1_700_000_000.4)
    #expect(operation.generatedName("migrate-", phase: .preSync) == "migrate-abcdef0-presync-1700000000")
    let first = operation.mark(of: .preSync)
    operation.retries = 1
    #expect(operation.generatedName("migrate-", phase: .preSync) == "migrate-abcdef0-presync-1700000000-1")
    #expect(operation.mark(of: .preSync) != first)
    let long = operation.generatedName(String(repeating: "x", count: 200), phase: .postSync)
    #expect(long.utf8.count == 63)
  }

  @Test func selectionsNameObjects() {
    let id = ObjectID(group: "apps", kind: "Deployment", namespace: "prod", name: "web")
    let table: [(String, Bool?)] = [
      ("apps:Deployment:web", true), ("apps:Deployment:prod/web", true), ("apps:Deployment:dev/web", false),
      ("apps:Deployment:*", true), ("*:*:*", true), (":Service:web", false), ("web", nil), ("apps:Deployment:", nil),
    ]
    for (text, expected) in table { #expect(ObjectSelection(text)?.matches(id) == expected, "\(text)") }
  }

  @Test func anObjectsOwnOptionsCountForMore() {
    let all: SyncOptions = [.keptOnPrune, .pruneLast, .keptOnDelete]
    let own = SyncOptions(
      annotations: .mapping([SyncOptions.annotation: .string("Prune=confirm, Delete=confirm,Replace=true")]))
    #expect(own.within(all) == [.confirmsPrune, .pruneLast, .confirmsDelete, .replace])
    #expect(SyncOptions().within(all) == all)
    #expect(
      SyncOptions(annotations: .mapping(["helm.sh/resource-policy": .string("keep")])) == [.keptOnPrune, .keptOnDelete])
  }
}
