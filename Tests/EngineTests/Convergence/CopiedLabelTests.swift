import Manifest
import Testing

@testable import Engine

/// The label nominates, ownership convicts: a copied ApplySet label is no reason to delete anything.
@Suite(.serialized) struct CopiedLabelTests {
  private let slice = """
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata:
      name: manual
    addressType: IPv4
    endpoints:
    - addresses: [10.1.2.3]
    ports:
    - name: web
      port: 80
      protocol: TCP

    """

  private func configMap(_ name: String, applySet: String) -> String {
    #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)","labels":{"applyset.kubernetes.io/part-of":"\#(applySet)"}},"data":{"a":"b"}}"#
  }

  private func slices(_ fleet: TestFleet) async throws -> [String] {
    let list = try await fleet.send(
      "GET", "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?labelSelector=applyset.kubernetes.io/part-of",
      to: "edge-1")
    return list.body["items"]?.sequence?.compactMap { $0["metadata"]?["name"]?.string } ?? []
  }

  @Test func isNeverPruned() async throws {
    try await TestFleet.with { fleet in
      // A kind that Git has, so that the hub follows all of it that carries the label.
      try await fleet.commit(
        WebSource.base.merging(["web/slice.yaml": slice, "web/extra.yaml": WebSource.settings("extra")]) { $1 })
      try fleet.writeSet()
      try fleet.startHub()
      try await fleet.untilConverged(["web-edge-1"])
      let applySet = try #require(
        await fleet.value("edge-1", "configmaps/settings", "metadata", "labels", "applyset.kubernetes.io/part-of")?
          .string)
      try await fleet.until("the slice controller has copied the Service's labels") {
        try await slices(fleet).count == 2
      }
      try await fleet.create("edge-1", "configmaps", configMap("foreign", applySet: applySet))
      // Our name alone, on an Update, is no ownership either.
      try await fleet.create("edge-1", "configmaps", configMap("impostor", applySet: applySet), manager: "muster")
      try await fleet.until("they are seen") {
        try await fleet.status("web-edge-1").resources.count {
          ["foreign", "impostor"].contains($0.id.name) && $0.message.contains("not ours")
        } == 2
      }
      try await fleet.commit(removing: ["web/extra.yaml", "web/slice.yaml"])
      try await fleet.until("what is ours is pruned") {
        let map = try await fleet.object("edge-1", "configmaps/extra")
        let slice = try await fleet.object("edge-1", "endpointslices/manual")
        return map == nil && slice == nil
      }
      try await fleet.settle("web-edge-1")
      #expect(try await slices(fleet).count == 1)
      try fleet.repository.remove("templates/web.yaml")
      try await fleet.until("deleted with all that is ours") {
        try await fleet.hub.engine.applicationView("web-edge-1") == nil
      }
      #expect(try await !fleet.exists("edge-1", "configmaps/settings"))
      #expect(try await fleet.exists("edge-1", "configmaps/foreign"))
      #expect(try await fleet.exists("edge-1", "configmaps/impostor"))
      #expect(try fleet.deletions("edge-1").filter { $0.contains("foreign") || $0.contains("impostor") }.isEmpty)
      #expect(try fleet.deletions("edge-1").filter { $0.contains("endpointslices") }.count == 1)
    }
  }
}
