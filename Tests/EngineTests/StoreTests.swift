import Fleet
import Foundation
import Manifest
import Testing

@testable import Engine

@Suite struct StoreTests {
  private func record(_ number: UInt64) -> AppliedRecord {
    AppliedRecord(
      uid: "uid-\(number)", desired: ContentDigest(high: number, low: .max), entry: ContentDigest(high: 1, low: number),
      entryTime: "2026-01-02T03:04:05Z", generation: Int64(number), managers: ["kubectl", "kube-controller-manager"])
  }

  private func object(_ name: String) -> ObjectID {
    ObjectID(group: "apps", kind: "Deployment", namespace: "web", name: name)
  }

  @Test func remembersWhatWasApplied() async throws {
    let applied = try Store.inMemory().appliedObjects
    let keys = ["a", "b", "c"].map { AppliedObjects.Key(application: "shop", cluster: "edge-01", object: object($0)) }
    try await applied.put([keys[0]: record(1), keys[1]: record(2)])
    try await applied.put([
      keys[1]: record(3), .init(application: "other", cluster: "edge-01", object: object("x")): record(4),
    ])
    #expect(
      try await applied.records(application: "shop", cluster: "edge-01") == [
        keys[0].object: record(1), keys[1].object: record(3),
      ])
    try await applied.remove([keys[0]])
    let all = try await applied.records(cluster: "edge-01")
    #expect(all == ["shop": [keys[1].object: record(3)], "other": [object("x"): record(4)]])
    try await applied.removeAll(application: "shop")
    #expect(try await applied.records(cluster: "edge-01").keys.sorted() == ["other"])
    try await applied.removeAll(cluster: "edge-01")
    #expect(try await applied.records(cluster: "edge-01").isEmpty)
  }

  @Test func remembersWhatSetsWereAndMade() async throws {
    let memories = try Store.inMemory().setMemories
    let now = Date(timeIntervalSince1970: 1_000_000)
    func kept(_ name: String, _ owner: String) -> KeptApplication {
      let root: Mapping = [
        "metadata": .mapping(["name": .string(name)]),
        "spec": .mapping(["source": .mapping(["path": .string("a\"b"), "big": Node(.int(123_456_789_012))])]),
      ]
      return KeptApplication(owner: owner, application: Application(root, origin: nil))
    }
    let policies = [
      "web": SetPolicy(policy: .createOnly, preservesResources: true),
      "old": SetPolicy(policy: .sync, preservesResources: false),
    ]
    try await memories.record(
      policies: policies, kept: ["a": kept("a", "web"), "b": kept("b", "web")], released: [], now: now)
    #expect(try await memories.policies() == policies)
    // Where it stood in a file is not remembered.
    func read() async throws -> [String: [String]] {
      try await memories.kept().mapValues {
        [$0.owner, JSON.text(.mapping($0.application.root)), $0.application.sources.first?.path ?? ""]
      }
    }
    func words(_ kept: KeptApplication) -> [String] {
      [kept.owner, JSON.text(.mapping(kept.application.root)), "a\"b"]
    }
    #expect(try await read() == ["a": words(kept("a", "web")), "b": words(kept("b", "web"))])
    try await memories.record(
      policies: ["web": SetPolicy(policy: .sync, preservesResources: false)], kept: ["b": kept("b", "other")],
      released: ["a"], now: now)
    #expect(try await read() == ["b": words(kept("b", "other"))])
    try await memories.trim(seenBefore: now.addingTimeInterval(50), present: ["web"], now: now.addingTimeInterval(100))
    #expect(try await memories.policies() == ["web": SetPolicy(policy: .sync, preservesResources: false)])
  }

  @Test func manyWritersShareTransactionsAndNoneIsLost() async throws {
    let folder = try TemporaryFolder()
    let store = try Store.open(directory: folder.path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<2_000 {
        group.addTask {
          let key = AppliedObjects.Key(application: "a\(number % 10)", cluster: "c", object: self.object("o\(number)"))
          try await store.appliedObjects.put([key: self.record(UInt64(number))])
        }
      }
      try await group.waitForAll()
    }
    #expect(try await store.appliedObjects.records(cluster: "c").values.map(\.count).reduce(0, +) == 2_000)
  }

  @Test func aFailedWriteTakesNoNeighbourWithIt() async throws {
    let registrations = try Store.inMemory().registrations
    func registration(_ name: String, uid: String) -> Registration {
      Registration(
        name: name, server: "https://" + name, clusterUID: uid, labels: ["tier": "edge"], insecureSkipTLSVerify: true,
        proxy: [2], credentials: [1], registeredAt: Date(timeIntervalSince1970: 1),
        renewedAt: Date(timeIntervalSince1970: 2))
    }
    try await registrations.put(registration("first", uid: "same"))
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<50 {
        group.addTask {
          if index == 25 {
            let failure = await expectFailure("registration.duplicate") {
              try await registrations.put(registration("second", uid: "same"))
            }
            #expect(failure?.message.contains("'first'") == true)
          } else {
            await #expect(throws: Never.self) {
              try await registrations.put(registration("c\(index)", uid: "u\(index)"))
            }
          }
        }
      }
    }
    #expect(try await registrations.all().count == 50)
    #expect(try await registrations["first"] == registration("first", uid: "same"))
    #expect(try await registrations.remove("first"))
    #expect(try await registrations.remove("first") == false)
  }

  @Test func keepsFactsForEverAndTellsThePast() async throws {
    let facts = try Store.inMemory().facts
    func at(_ seconds: Double) -> Date { Date(timeIntervalSince1970: seconds) }
    try await facts.append([
      Fact(
        time: at(1), kind: .sync, application: "shop", cluster: "c", actor: "hub", cause: "revision", outcome: "Synced"),
      Fact(
        time: at(2), kind: .health, application: "shop", cluster: "c", actor: "hub", cause: "watch", outcome: "Healthy"),
      Fact(
        time: at(3), kind: .sync, application: "shop", cluster: "c", actor: "anna", cause: "requested",
        outcome: "Failed"),
      Fact(time: at(4), kind: .cluster, cluster: "d", actor: "hub", cause: "timeout", outcome: "Unreachable"),
    ])
    #expect(try await facts.state(at: at(2.5)).map(\.outcome) == ["Healthy", "Synced"])
    #expect(try await facts.state(at: at(9)).map(\.outcome) == ["Healthy", "Failed"])
    #expect(try await facts.newest(limit: 2).map(\.outcome) == ["Unreachable", "Failed"])
    let older = try await facts.newest(.init(application: "shop", before: 3), limit: 10)
    #expect(older.map(\.outcome) == ["Healthy", "Synced"])
    #expect(
      try await facts.newest(.init(cluster: "c", kinds: [.sync], since: at(2), until: at(3)), limit: 9).map(\.actor)
        == ["anna"])
  }

  @Test func retentionKeepsTheLastOfEachKind() async throws {
    let facts = try Store.inMemory().facts
    let health = Fact(
      time: Date(timeIntervalSince1970: 0), kind: .health, application: "a", actor: "hub", cause: "x",
      outcome: "Healthy")
    try await facts.append([health])
    for number in 1...50 {
      try await facts.append([
        Fact(
          time: Date(timeIntervalSince1970: Double(number)), kind: .sync, application: "a", actor: "hub", cause: "x",
          outcome: "Synced", revision: "\(number)")
      ])
    }
    #expect(try await facts.trim(olderThan: .distantPast, perApplication: 10) == 40)
    #expect(try await facts.newest(limit: 99).map(\.kind).filter { $0 == .health }.count == 1)
    #expect(try await facts.trim(olderThan: .distantFuture, perApplication: 10) == 9)
    #expect(try await facts.newest(limit: 99).map(\.revision) == ["50", ""])
  }

  @Test func overridesGoOverLabels() async throws {
    let overrides = try Store.inMemory().clusterOverrides
    let time = Date(timeIntervalSince1970: 5)
    let override = ClusterOverride(
      name: "c", labels: ["tier": "cloud", "old": nil], cordoned: true, actor: "anna", time: time)
    try await overrides.put(override)
    #expect(try await overrides.all() == ["c": override])
    #expect(override.applied(to: ["tier": "edge", "old": "1", "kept": "2"]) == ["tier": "cloud", "kept": "2"])
    try await overrides.put(ClusterOverride(name: "c", actor: "anna", time: time))
    #expect(try await overrides.all().isEmpty)
  }

  @Test func givesTheFirstTokenInAFile() async throws {
    let folder = try TemporaryFolder()
    let tokens = try Store.inMemory().tokens
    let now = Date(timeIntervalSince1970: 1000)
    func inFile() throws -> APIToken {
      APIToken(
        try String(contentsOfFile: folder.path + "/api-token", encoding: .utf8).trimmingCharacters(
          in: .whitespacesAndNewlines))
    }
    try await tokens.provideLocalToken(directory: folder.path, now: now)
    let first = try inFile()
    #expect(try await tokens.holder(of: first, now: now) == "local")
    let mode = try FileManager.default.attributesOfItem(atPath: folder.path + "/api-token")[.posixPermissions] as? Int
    #expect(mode == 0o600)
    try await tokens.provideLocalToken(directory: folder.path, now: now)
    #expect(try inFile().hash == first.hash)
    try folder.remove("api-token")
    try await tokens.provideLocalToken(directory: folder.path, now: now)
    #expect(try await tokens.holder(of: first, now: now) == nil)
    #expect(try await tokens.holder(of: try inFile(), now: now) == "local")

    let short = try await tokens.make(name: "ci", now: now, expiresAt: now.addingTimeInterval(60))
    #expect(try await tokens.holder(of: short, now: now) == "ci")
    #expect(try await tokens.holder(of: short, now: now.addingTimeInterval(61)) == nil)
    await expectFailure("token.exists") { try await tokens.make(name: "ci", now: now) }
    #expect(try await tokens.remove("ci"))
    #expect(try await tokens.all().map(\.name) == ["local"])
    #expect(try await tokens.holder(of: APIToken(""), now: now) == nil)
  }

  @Test func aDamagedCacheIsBegunAnewAndLosesNoData() async throws {
    let folder = try TemporaryFolder()
    let key = AppliedObjects.Key(application: "a", cluster: "c", object: object("o"))
    for rubbish in [Data("rubbish, not a database".utf8), Data(repeating: 0xFF, count: 8192)] {
      do {
        let store = try Store.open(directory: folder.path)
        try await store.appliedObjects.put([key: record(1)])
        try await store.clusterOverrides.put(ClusterOverride(name: "c", cordoned: true, actor: "x", time: .now))
      }
      try rubbish.write(to: URL(fileURLWithPath: folder.path + "/cache.db"))
      for suffix in ["-wal", "-shm"] { try? folder.remove("cache.db" + suffix) }
      let store = try Store.open(directory: folder.path)
      #expect(try await store.appliedObjects.records(cluster: "c").isEmpty)
      #expect(try await store.clusterOverrides.all().count == 1)
      #expect(FileManager.default.fileExists(atPath: folder.path + "/cache.db.damaged"))
      try await store.appliedObjects.put([key: record(2)])
    }
    #expect(try await Store.open(directory: folder.path).appliedObjects.records(cluster: "c")["a"]?.count == 1)
  }

  @Test func damagedDataIsNeverThrownAway() throws {
    let folder = try TemporaryFolder()
    let rubbish = Data(repeating: 0xFF, count: 8192)
    try rubbish.write(to: URL(fileURLWithPath: folder.path + "/muster.db"))
    let failure = #expect(throws: Failure.self) { try Store.open(directory: folder.path) }
    #expect(failure?.code == "store.data-damaged")
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/muster.db")) == rubbish)
  }

  @Test func oneHubPerDirectory() throws {
    let folder = try TemporaryFolder()
    let first = try DirectoryLock(directory: folder.path)
    let failure = #expect(throws: Failure.self) { try DirectoryLock(directory: folder.path) }
    #expect(failure?.code == "store.in-use")
    withExtendedLifetime(first) {}
  }
}
