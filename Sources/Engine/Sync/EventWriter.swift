import Fleet
import Foundation
import Kubernetes
import Logging
import Manifest

/// Tells a cluster's own users what syncs did there, as Kubernetes Events on the ApplySet's parent.
///
/// They are a service to people with kubectl: where they cannot be written nothing else suffers.
struct EventWriter: Sendable {
  private static let longestMessage = 1_000

  let application: String
  let session: ClusterSession
  let logger: Logger

  /// - Parameter parentUID: the parent's; an Event without one is not listed by `kubectl describe`.
  func tell(_ operation: SyncOperation, parentUID: String) async {
    let isGood = operation.phase != .failed
    let time = Node.string(HubServices.timestamp())
    let parent: Mapping = [
      "apiVersion": .string("v1"), "kind": .string("ConfigMap"), "namespace": .string(ApplySetParent.namespace),
      "name": .string(ApplySetParent.objectName(of: application)), "uid": .string(parentUID),
    ]
    let event: Mapping = [
      "apiVersion": .string("v1"), "kind": .string("Event"),
      "metadata": .mapping([
        "generateName": .string(String(ApplySetParent.objectName(of: application).prefix(200)) + "."),
        "namespace": .string(ApplySetParent.namespace),
      ]),
      "involvedObject": .mapping(parent), "reason": .string("OperationCompleted"),
      "type": .string(isGood ? "Normal" : "Warning"),
      "message": .string(
        String(
          "sync \(operation.number) to \(operation.revision.prefix(12))\(operation.request == nil ? "" : " by " + operation.actor) \(operation.phase.rawValue): \(operation.message)"
            .prefix(Self.longestMessage))),
      "firstTimestamp": time, "lastTimestamp": time, "count": Node(.int(1)),
      "source": .mapping(["component": .string("muster")]), "reportingComponent": .string("muster"),
      "reportingInstance": .string(""),
    ]
    do {
      _ = try await session.client.send(
        .create(.events, namespace: ApplySetParent.namespace, body: event, manager: FieldManager.name))
    } catch {
      let failure = KubernetesClient.failure(from: error, subject: "application \(application)", stage: "event")
      logger.debug(
        "event not written", metadata: ["application": "\(application)", "reason": "\(failure.message)"])
    }
  }
}
