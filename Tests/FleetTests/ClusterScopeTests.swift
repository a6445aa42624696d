import Fleet
import Manifest
import Testing

struct ClusterScopeTests {
  private func scope(_ namespaces: [String], clusterResources: Bool) throws -> ClusterScope {
    Cluster(
      name: try #require(ClusterName("edge")), connection: .init(server: "https://edge"), credentials: .registered,
      namespaces: namespaces, clusterResources: clusterResources
    ).scope
  }

  @Test func whatIsOutsideIsDenied() throws {
    let many = (1...7).map { "n\($0)" }
    let table: [(namespaces: [String], clusterResources: Bool, namespace: String, denial: String?)] = [
      ([], true, "a", nil), ([], false, "a", nil), ([], false, "", nil),
      (["a"], false, "a", nil), (["a"], true, "a", nil), (["a"], true, "", nil),
      (["a"], false, "b", "namespace 'b' is not managed in cluster 'edge', which is kept to namespace a"),
      (["c", "a"], true, "b", "namespace 'b' is not managed in cluster 'edge', which is kept to namespaces a, c"),
      (
        ["a"], false, "",
        "cluster-scoped objects are not managed in cluster 'edge', which is kept to namespace a"
      ),
      (
        many, false, "b",
        "namespace 'b' is not managed in cluster 'edge', which is kept to namespaces n1, n2, n3, n4, n5 and 2 more"
      ),
    ]
    for (namespaces, clusterResources, namespace, denial) in table {
      let id = ObjectID(group: "", kind: "Thing", namespace: namespace, name: "x")
      #expect(
        try scope(namespaces, clusterResources: clusterResources).denial(of: id) == denial,
        "\(namespaces) \(clusterResources) \(namespace)")
    }
  }

  @Test func namedNamespacesMayBeMade() throws {
    let table: [(namespaces: [String], clusterResources: Bool, namespace: String, isPermitted: Bool)] = [
      ([], false, "a", true), (["a"], false, "a", true), (["a"], false, "b", false), (["a"], true, "b", true),
    ]
    for (namespaces, clusterResources, namespace, isPermitted) in table {
      let denial = try scope(namespaces, clusterResources: clusterResources).denial(ofMaking: namespace)
      #expect((denial == nil) == isPermitted, "\(namespaces) \(clusterResources) \(namespace)")
    }
  }
}
