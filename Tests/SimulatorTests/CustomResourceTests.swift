import Manifest
import Testing

@testable import Simulator

@Suite struct CustomResourceTests {
  private let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
  private let definition = #"""
    {"metadata":{"name":"widgets.example.dev"},"spec":{"group":"example.dev","scope":"Namespaced",
    "names":{"plural":"widgets","singular":"widget","kind":"Widget"},"versions":[{"name":"v1","served":true,
    "storage":true,"subresources":{"status":{},"scale":{"specReplicasPath":".spec.size","statusReplicasPath":".status.size"}},
    "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
    """#
  private let widgets = "/apis/example.dev/v1/namespaces/default/widgets"

  @Test func aKindIsServedWhileItsDefinitionIsThere() {
    var harness = ServerHarness()
    let widget = #"{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":3}}"#
    #expect(harness.send("POST", definitions, definition).status == 201)
    #expect(harness.send("POST", widgets, widget).status == 404)
    harness.pass(.seconds(1))
    #expect(harness.send("POST", widgets, widget).status == 201)
    let groups = harness.get("/apis")["groups"]?.sequence ?? []
    #expect(groups.contains { $0["name"]?.string == "example.dev" })
    #expect(harness.get(widgets + "/w/scale")["spec"]?["replicas"]?.int == 3)
    let watch = harness.send("GET", widgets + "?watch=true")
    #expect(harness.events(of: watch).types == ["ADDED"])
    #expect(harness.send("DELETE", definitions + "/widgets.example.dev").status == 200)
    let events = harness.events(of: watch)
    #expect(events.types == ["DELETED"] && events.ended)
    #expect(harness.send("GET", widgets + "/w").status == 404)
    #expect(harness.send("GET", "/apis/example.dev/v1").contentType.hasPrefix("text/plain"))
  }

  @Test func statusAndSpecAreWrittenApart() {
    var harness = ServerHarness()
    _ = harness.send("POST", definitions, definition)
    harness.pass(.seconds(1))
    func widget(_ size: Int, _ phase: String) -> String {
      #"{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"size":\#(size)},"status":{"phase":"\#(phase)"}}"#
    }
    #expect(harness.json(harness.send("POST", widgets, widget(1, "New")))["status"] == nil)
    let status = harness.json(harness.send("PUT", widgets + "/w/status", widget(9, "Ready")))
    #expect(status["status"]?["phase"]?.string == "Ready" && status["spec"]?["size"]?.int == 1)
    #expect(status["metadata"]?["generation"]?.int == 1)
    let spec = harness.json(harness.send("PUT", widgets + "/w", widget(2, "Lost")))
    #expect(spec["status"]?["phase"]?.string == "Ready" && spec["spec"]?["size"]?.int == 2)
    #expect(spec["metadata"]?["generation"]?.int == 2)
  }
}
