import Fleet
import Manifest
import Testing

@testable import Engine

/// What each Application of a set is kept at, whatever happens meanwhile.
struct StagingTests {
  private static let rolling = """
    {steps: [{name: canary, matchExpressions: [{key: app, operator: In, values: [a1]}]},
      {name: rest, matchExpressions: [{key: app, operator: NotIn, values: [a1]}]}]}
    """
  private static let approved = """
    {steps: [{name: canary, matchExpressions: [{key: app, operator: In, values: [a1]}]},
      {name: rest, matchExpressions: [{key: app, operator: NotIn, values: [a1]}], pause: {}}]}
    """
  private static let clusters = ["a1", "a2", "a3"]

  private func begun(_ set: StagedSet) async throws {
    try await set.tell()
    try await set.until(1, .succeeded)
  }

  /// What was taken back does not come to clusters that join, and not without the first wave.
  @Test(arguments: [true, false])
  func whatIsHeldIsNotBroughtToAClusterThatJoins(_ isNew: Bool) async throws {
    let set = try StagedSet(Self.rolling, clusters: Self.clusters)
    try await set.run { set in
      try await begun(set)
      try await set.commit("c2", "B")
      try await set.until(2, .succeeded)
      try await set.heed(.rollback)
      try await set.until(2, .rolledBack)
      try await set.join("a9", isNew: isNew)
      if isNew {
        try await set.until("it has what the others have") { set.content("a9") == "A" }
        try await set.until("it is held as well") { try await set.view().held.contains("a9") }
      }
      try await set.settle()
      #expect(try await set.view().rollout?.number == 2)
      #expect(set.content("a9") == (isNew ? "A" : "-"))
      // What mends it goes over all of them, the first wave first.
      try await set.commit("c3", "C")
      let next = try await set.until(3, .succeeded)
      #expect(next.targets.map(\.application) == ["a1", "a2", "a3", "a9"])
      #expect(set.content("a9") == "C")
    }
  }

  /// Each Application says why it is at what it is, and what brings it further.
  @Test func whatIsKeptBackSaysWhy() async throws {
    let set = try StagedSet(Self.approved, clusters: Self.clusters)
    try await set.run { set in
      try await set.tell()
      try await set.until(1, .paused)
      #expect(try await set.word(on: "a1") == nil)
      try await set.heed(.approve)
      try await set.until(1, .succeeded)
      #expect(try await set.word(on: "a2") == nil)
      try await set.commit("c2", "B")
      try await set.until(2, .paused)
      #expect(
        try await set.word(on: "a2")
          == "kept at c1 until its turn in wave rest of web#2 to have c2; web#2 is Paused, ApprovalRequired: muster rollout get web"
      )
      try await set.heed(.rollback)
      try await set.until(2, .rolledBack)
      let held =
        "kept at c1: c2 was taken back by web#2 (RolledBack, Requested) and is held until something newer comes: muster rollout get web"
      for name in Self.clusters {
        let word = try await set.word(on: name)
        #expect(word == held, "\(name)")
      }
    }
  }

  /// One that joined while the rollout was under way, which then was broken off.
  @Test func whoJoinedMeanwhileIsHeldToo() async throws {
    let set = try StagedSet(Self.approved, clusters: Self.clusters)
    try await set.run { set in
      try await set.tell()
      try await set.until(1, .paused)
      try await set.heed(.approve)
      try await set.until(1, .succeeded)
      try await set.commit("c2", "B")
      try await set.until(2, .paused)
      try await set.join("a9")
      try await set.until("it has what was approved") { set.content("a9") == "A" }
      try await set.heed(.abort)
      try await set.until(2, .aborted)
      try await set.settle()
      #expect(try await set.view().rollout?.number == 2)
      #expect(try await set.view().held == ["a1", "a2", "a3", "a9"] && set.content("a9") == "A")
      // A person may have it rolled out again: to all of them.
      try await set.heed(.retry)
      let again = try await set.until(3, .paused)
      #expect(again.targets.map(\.application) == ["a1", "a2", "a3", "a9"])
    }
  }

  @Test func whoJoinedMeanwhileIsHeldByAHubThatStartsAgain() async throws {
    let set = try StagedSet(Self.approved, clusters: Self.clusters)
    try await set.run { set in
      try await set.tell()
      try await set.until(1, .paused)
      try await set.heed(.approve)
      try await set.until(1, .succeeded)
      try await set.commit("c2", "B")
      try await set.until(2, .paused)
      try await set.join("a9")
      try await set.until("it has what was approved") { set.content("a9") == "A" }
    }
    try await set.run { set in
      try await set.tell()
      try await set.until(2, .paused)
      try await set.settle()
      try await set.heed(.abort)
      try await set.until(2, .aborted)
      try await set.settle()
      #expect(try await set.view().rollout?.number == 2)
      #expect(try await set.view().held == ["a1", "a2", "a3", "a9"] && set.content("a9") == "A")
    }
  }

  /// A manifest is approved like a commit is.
  @Test func aManifestThatIsNotApprovedIsNotBroughtToAClusterThatJoins() async throws {
    let set = try StagedSet(Self.approved, clusters: Self.clusters)
    try await set.run { set in
      try await set.tell()
      try await set.until(1, .paused)
      try await set.heed(.approve)
      try await set.until(1, .succeeded)
      try await set.change(template: "x")
      try await set.until(2, .paused)
      #expect(set.template("a1") == "px-" && set.template("a2") == "p-")
      try await set.join("a9")
      try await set.until("it has what was approved") { set.template("a9") == "p-" }
      try await set.heed(.rollback)
      try await set.until(2, .rolledBack)
      try await set.join("a8")
      try await set.until("it has what was approved") { set.template("a8") == "p-" }
      try await set.settle()
      #expect(try await set.view().rollout?.number == 2)
      #expect(try await set.view().held == ["a1", "a2", "a3", "a8", "a9"])
      // When the manifest is as before, nothing is to be rolled out.
      try await set.change(template: "")
      try await set.until("nothing is held") { try await set.view().held.isEmpty }
      try await set.settle()
      #expect(try await set.view().rollout?.number == 2 && set.template("a9") == "p-")
    }
  }

  @Test func whoJoinedMeanwhileCatchesUpWithTheManifest() async throws {
    let set = try StagedSet(Self.approved, clusters: Self.clusters)
    try await set.run { set in
      try await set.tell()
      try await set.until(1, .paused)
      try await set.heed(.approve)
      try await set.until(1, .succeeded)
      try await set.change(template: "x")
      try await set.until(2, .paused)
      try await set.join("a9")
      try await set.until("it has what was approved") { set.template("a9") == "p-" }
      try await set.heed(.approve)
      try await set.until(2, .succeeded)
      try await set.until("it has what the others have") { set.template("a9") == "px-" }
      #expect(try await set.view().rollout?.number == 2)
    }
  }

  /// The wave that failed comes first again.
  @Test func aRetryBeginsWithWhatFailed() async throws {
    let set = try StagedSet(
      Self.rolling.replacing("{steps:", with: "{onFailure: Abort, steps:"), clusters: Self.clusters)
    try await set.run { set in
      try await begun(set)
      set.refuse(["B"])
      try await set.commit("c2", "B")
      try await set.until(2, .aborted)
      #expect(set.content("a1") == "B" && set.content("a2") == "A")
      try await set.heed(.retry)
      try await set.until(3, .aborted)
      #expect(set.content("a2") == "A", "it failed again, and stops what comes after it")
      set.refuse([])
      try await set.heed(.retry)
      let done = try await set.until(4, .succeeded)
      #expect(done.targets.map(\.application) == Self.clusters && set.content("a3") == "B")
      #expect(set.cluster("a1")?.requests.suffix(3) == ["web#2.1", "web#3.1", "web#4.1"])
    }
  }

  /// What others have is what most of them have: not what an accepted failure left behind.
  @Test func whoJoinsGetsWhatMostHave() async throws {
    let set = try StagedSet(Self.rolling, clusters: Self.clusters)
    try await set.run { set in
      try await begun(set)
      set.refuse(["B"])
      try await set.commit("c2", "B")
      try await set.until(2, .paused)
      set.refuse([])
      try await set.heed(.resume)
      try await set.until(2, .succeeded)
      try await set.join("a0")
      try await set.until("it has what was shown to be good") { set.content("a0") == "B" }
      #expect(try await set.view().rollout?.number == 2)
    }
  }

  // MARK: Clusters that are away

  /// Where nothing syncs by itself, what was missed is asked for when the cluster returns.
  @Test func whoWasAwayIsAskedToSyncWhenItReturns() async throws {
    let set = try StagedSet(Self.rolling, clusters: Self.clusters)
    try await set.run { set in
      try await begun(set)
      await set.set(reachable: false, "a3")
      try await set.commit("c2", "B")
      try await set.until(2, .succeeded)
      try await set.until("it is staged") { set.content("a3") == "B" }
      #expect(set.cluster("a3")?.requests == ["web#1.1"])
      await set.set(reachable: true, "a3")
      try await set.until("it caught up") { set.cluster("a3")?.requests == ["web#1.1", "web#2.late"] }
    }
  }

  @Test func whoWasAwayGoesBackWithTheOthers() async throws {
    let set = try StagedSet(Self.rolling, clusters: Self.clusters)
    try await set.run { set in
      try await begun(set)
      await set.set(reachable: false, "a3")
      try await set.commit("c2", "B")
      try await set.until(2, .succeeded)
      try await set.heed(.rollback)
      let back = try await set.until(2, .rolledBack)
      #expect(back.targets.map(\.phase) == [.rolledBack, .rolledBack, .away])
      #expect(set.content("a3") == "A")
      await set.set(reachable: true, "a3")
      try await set.until("it went back") { set.cluster("a3")?.requests.last == "web#2.back.late" }
      try await set.settle()
      #expect(set.content("a3") == "A" && set.cluster("a3")?.requests.contains("web#2.late") == false)
    }
  }

  /// A new cluster that was away gets nothing of what was taken back meanwhile.
  @Test func whoIsNewAndWasAwayGetsNothingThatWasTakenBack() async throws {
    let set = try StagedSet(Self.approved, clusters: Self.clusters)
    try await set.run { set in
      try await set.tell()
      try await set.until(1, .paused)
      await set.set(reachable: false, "a3")
      try await set.heed(.approve)
      try await set.until(1, .succeeded)
      try await set.until("it is to get it when it returns") { set.content("a3") == "A" }
      try await set.heed(.rollback)
      try await set.until(1, .rolledBack)
      try await set.until("it is to get nothing") { set.content("a3") == "-" }
      await set.set(reachable: true, "a3")
      try await set.settle()
      #expect(set.content("a3") == "-" && set.cluster("a3")?.requests == [])
      #expect(set.content("a2") == "A", "what is new has nothing to go back to")
    }
  }

  // MARK: Git

  /// While Git is asked, people are heard.
  @Test(.timeLimit(.minutes(1))) func aRepositoryThatDoesNotAnswerKeepsNobodyWaiting() async throws {
    let silent = try SilentServer()
    let set = try StagedSet(
      Self.rolling.replacing("{steps:", with: "{rollback: {mode: GitRevert}, steps:"), clusters: Self.clusters,
      repository: "http://127.0.0.1:\(silent.port)/r.git")
    try await set.run { set in
      try await begun(set)
      try await set.commit("c2", "B")
      try await set.until(2, .succeeded)
      try await set.heed(.rollback)
      try await set.until("only Git is left") { try await set.view().rollout?.revert?.phase == .wanted }
      try await set.settle()
      await expectFailure("rollout.refused") { try await set.heed(.pause) }
      #expect(try await set.view().rollout?.phase == .rollingBack)
      try await set.heed(.resume)
      let back = try await set.until(2, .rolledBack)
      #expect(back.revert?.phase == .refused && set.content("a1") == "A")
    }
  }

  // MARK: What is remembered

  /// A row for each commit would fill the disk.
  @Test func versionsThatNothingRefersToAreForgotten() async throws {
    let set = try StagedSet(Self.rolling, clusters: Self.clusters)
    try await set.run { set in
      try await begun(set)
      var ids: [String] = []
      for number in 2..<12 {
        try await set.commit("c\(number)", "A")
        try await set.until("it is refreshed") { set.cluster("a1")?.version?.commits == ["c\(number)"] }
        ids.append(try #require(set.cluster("a1")?.version?.id))
      }
      for id in ids.dropLast() { #expect(try await set.store.rollouts.version(id) == nil) }
      #expect(try await set.store.rollouts.version(try #require(ids.last)) != nil)
      #expect(try await set.view().rollout?.number == 1)
    }
  }
}
