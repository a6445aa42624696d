import Fleet
import Manifest
import Testing

@testable import Engine

struct ClusterIdentitiesTests {
  private func cluster(_ name: String, server: String? = nil, isRegistration: Bool = false) throws -> Cluster {
    Cluster(
      name: try #require(ClusterName(name)), connection: .init(server: server ?? "https://" + name),
      credentials: .registered,
      origin: SourceLocation(file: isRegistration ? Cluster.registrationFile : name + ".yaml"))
  }

  private func duplicates(_ identities: ClusterIdentities, _ clusters: [Cluster]) -> [String: String] {
    let found = identities.duplicates(in: Registry(clusters))
    return Dictionary(uniqueKeysWithValues: found.map { ($0.key.text, $0.value.text) })
  }

  @Test func manifestsComeBeforeRegistrationsAndThenNames() throws {
    let clusters = [
      try cluster("a", isRegistration: true), try cluster("b"), try cluster("c"),
      try cluster("d", isRegistration: true),
    ]
    // In whatever order they are heard of.
    for first in 0..<4 {
      var identities = ClusterIdentities()
      #expect(identities.note("1", of: clusters[first]) == false)
      for other in 1..<4 { #expect(identities.note("1", of: clusters[(first + other) % 4]) == true) }
      #expect(duplicates(identities, clusters) == ["a": "b", "c": "b", "d": "b"])
      #expect(duplicates(identities, [clusters[0], clusters[3]]) == ["d": "a"])
      #expect(duplicates(identities, [clusters[2]]).isEmpty)
    }
  }

  @Test func onlyWhatIsKnownOfTheServerCounts() throws {
    var identities = ClusterIdentities()
    let (a, b) = (try cluster("a"), try cluster("b"))
    #expect(identities.note("", of: a) == false, "an empty uid says nothing")
    for _ in 0..<2 { #expect(identities.note("1", of: a) == false) }
    #expect(identities.note("1", of: b) == true)
    #expect(duplicates(identities, [a, b]) == ["b": "a"])
    // At another server may be another cluster: nobody knows before it says so.
    let moved = try cluster("a", server: "https://elsewhere")
    #expect(!identities.knows(moved))
    #expect(duplicates(identities, [moved, b]).isEmpty)
    #expect(identities.note("2", of: moved) == true)
    #expect(duplicates(identities, [moved, b]).isEmpty)
    #expect(identities.name(of: "1", in: Registry([moved, b]), besides: a.name) == b.name)
    #expect(identities.name(of: "1", in: Registry([moved, b]), besides: b.name) == nil)
    identities.keep(only: [b.name])
    #expect(!identities.knows(moved) && identities.knows(b))
  }
}
