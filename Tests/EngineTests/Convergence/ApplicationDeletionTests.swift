import Foundation
import Manifest
import Testing

@testable import Engine

/// What becomes of the objects when an Application leaves the fleet repository.
@Suite(.serialized) struct ApplicationDeletionTests {
  private let objects = ["configmaps/settings", "services/web", "deployments/web"]

  private func parent(_ fleet: TestFleet, _ cluster: String = "edge-1") async throws -> Node? {
    try await fleet.object(cluster, "configmaps/muster-app-web-\(cluster)", namespace: "muster-system")
  }

  private func converge(_ fleet: TestFleet, finalizer: Bool) async throws {
    try await fleet.commit(WebSource.base)
    try fleet.writeApplication(finalizer: finalizer)
    try fleet.startHub()
    try await fleet.untilConverged(["web-edge-1"])
    #expect(try await parent(fleet) != nil)
  }

  private func untilForgotten(_ fleet: TestFleet) async throws {
    try await fleet.until("forgotten") {
      let (view, parent) = (try await fleet.hub.engine.applicationView("web-edge-1"), try await parent(fleet))
      return view == nil && parent == nil
    }
  }

  private func expectObjects(_ fleet: TestFleet, stay: Bool, cluster: String = "edge-1") async throws {
    for name in objects { #expect(try await fleet.exists(cluster, name) == stay, "\(name)") }
    #expect(try await fleet.exists(cluster, "namespaces/shop"), "the namespace is nobody's")
  }

  @Test func withTheFinalizerItsObjectsGoToo() async throws {
    try await TestFleet.with { fleet in
      try await converge(fleet, finalizer: true)
      try await fleet.create(
        "edge-1", "configmaps", #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bystander"}}"#)
      try fleet.repository.remove("templates/web.yaml")
      try await untilForgotten(fleet)
      try await expectObjects(fleet, stay: false)
      #expect(try await fleet.exists("edge-1", "configmaps/bystander"))
    }
  }

  /// A pass that was under way when the removal came ends well, and is no deletion.
  @Test func aPassUnderWayIsNotTakenForTheDeletion() async throws {
    try await TestFleet.with { fleet in
      try await converge(fleet, finalizer: true)
      let passes = Task {
        while !Task.isCancelled {
          _ = try await fleet.hub.engine.refresh("web-edge-1")
          try await Task.sleep(for: .milliseconds(1))
        }
      }
      defer { passes.cancel() }
      try fleet.repository.remove("templates/web.yaml")
      try await fleet.until("forgotten") { try await fleet.hub.engine.applicationView("web-edge-1") == nil }
      try await expectObjects(fleet, stay: false)
    }
  }

  @Test func withoutItTheyStayAndAreAdoptedAgain() async throws {
    try await TestFleet.with { fleet in
      try await converge(fleet, finalizer: false)
      try fleet.repository.remove("templates/web.yaml")
      try await untilForgotten(fleet)
      try await expectObjects(fleet, stay: true)
      let deletions = try fleet.deletions("edge-1")
      #expect(deletions.allSatisfy { $0.contains("muster-system") }, "\(deletions)")
      let uid = try await fleet.value("edge-1", "deployments/web", "metadata", "uid")
      try fleet.writeApplication(finalizer: false)
      try await fleet.untilConverged(["web-edge-1"])
      #expect(try await fleet.value("edge-1", "deployments/web", "metadata", "uid") == uid)
    }
  }

  @Test func aSetKeepsOrRemovesAsItsPolicySays() async throws {
    for preserves in [true, false] {
      try await TestFleet.with { fleet in
        try await fleet.commit(WebSource.base)
        try fleet.writeSet(policy: "{preserveResourcesOnDeletion: \(preserves)}")
        try fleet.startHub()
        try await fleet.untilConverged(["web-edge-1"])
        try fleet.repository.remove("templates/web.yaml")
        try await untilForgotten(fleet)
        try await expectObjects(fleet, stay: preserves)
      }
    }
  }

  @Test func leftWhileTheHubWasDown() async throws {
    for finalizer in [true, false] {
      try await TestFleet.with { fleet in
        try await converge(fleet, finalizer: finalizer)
        await fleet.killHub()
        try fleet.repository.remove("templates/web.yaml")
        try fleet.startHub()
        try await fleet.until("the parent is gone") { try await parent(fleet) == nil }
        try await untilForgotten(fleet)
        try await expectObjects(fleet, stay: !finalizer)
      }
    }
  }

  @Test func leftWhileTheHubWasDownBesideABrokenFile() async throws {
    try await TestFleet.with { fleet in
      try await converge(fleet, finalizer: true)
      let uid = try await fleet.value("edge-1", "deployments/web", "metadata", "uid")
      await fleet.killHub()
      try fleet.repository.remove("templates/web.yaml")
      try fleet.repository.write("kind: [\n", to: "templates/other.yaml")
      try fleet.startHub()
      try await fleet.until("found in the cluster, and kept") {
        try await fleet.status("web-edge-1").message.contains("kept")
      }
      try await fleet.settle("web-edge-1")
      #expect(try await fleet.hub.engine.applicationView("web-edge-1")?.isDeleting == false)
      #expect(try fleet.writes("edge-1").isEmpty)
      try await expectObjects(fleet, stay: true)
      // It comes back by itself when the file does.
      try fleet.writeApplication(finalizer: true)
      try fleet.repository.remove("templates/other.yaml")
      try await fleet.untilConverged(["web-edge-1"])
      #expect(try await fleet.value("edge-1", "deployments/web", "metadata", "uid") == uid)
      try fleet.repository.remove("templates/web.yaml")
      try await untilForgotten(fleet)
      try await expectObjects(fleet, stay: false)
    }
  }

  @Test func leftWhileItsClusterWasOffline() async throws {
    try await TestFleet.with { fleet in
      try await converge(fleet, finalizer: true)
      try await fleet.setFaults("edge-1") { $0.outage = .refuse }
      try await fleet.until("marked") { try await fleet.status("web-edge-1").stage == "connect" }
      try fleet.repository.remove("templates/web.yaml")
      try await fleet.until("being deleted") {
        try await fleet.hub.engine.applicationView("web-edge-1")?.isDeleting == true
      }
      try await fleet.heal("edge-1")
      try await untilForgotten(fleet)
      try await expectObjects(fleet, stay: false)
    }
  }
}
