import Fleet
import Manifest
import Testing

/// Claims of clusters on names and servers, whatever is said of them later.
struct RegistryTests {
  private func cluster(_ name: String, _ server: String, labels: [String: String] = [:]) throws -> Cluster {
    Cluster(
      name: try #require(ClusterName(name)), connection: .init(server: server), credentials: .registered,
      labels: labels, origin: SourceLocation(file: name + ".yaml"))
  }

  /// Every list of up to four clusters of two names and two servers: refusals stay as they are, with labels or
  /// without, and with another cluster behind them.
  @Test func whatIsRefusedStaysRefused() throws {
    let kinds = try [("a", "https://1"), ("a", "https://2"), ("b", "https://1"), ("b", "https://2")].map {
      try cluster($0.0, $0.1)
    }
    var lists: [[Cluster]] = [[]]
    var last = lists
    for _ in 0..<4 {
      last = last.flatMap { list in kinds.map { list + [$0] } }
      lists += last
    }
    let more = try cluster("z", "https://9")
    for list in lists {
      let plain = Registry(list)
      let labelled = plain.adding([more]) { cluster in
        var cluster = cluster
        cluster.labels["x"] = "y"
        return cluster
      }
      #expect(labelled.ambiguousNames == plain.ambiguousNames)
      #expect(labelled.sharedServers.map(\.name) == plain.sharedServers.map(\.name))
      #expect(labelled.conflicts == plain.conflicts)
      #expect(labelled.clusters.map(\.name) == plain.clusters.map(\.name) + [more.name])
      #expect((labelled.clusters + labelled.sharedServers).allSatisfy { $0.labels == ["x": "y"] })
    }
    #expect(lists.count == 341)
  }

  @Test func whatIsAddedIsJudgedToo() throws {
    let first = Registry([try cluster("a", "https://1")])
    let taken = first.adding([try cluster("b", "https://1/")]) { $0 }
    #expect(taken.clusters.map(\.name.text) == ["a"])
    #expect(taken.sharedServers.map(\.name.text) == ["b"])
    #expect(taken.conflicts.map(\.code) == ["cluster.duplicate-server"])
    let twin = first.adding([try cluster("a", "https://2")]) { $0 }
    #expect(twin.ambiguousNames.map(\.text) == ["a"])
  }
}
