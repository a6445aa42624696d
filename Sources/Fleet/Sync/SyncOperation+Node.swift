import Foundation
package import Manifest

extension SyncOperation {
  /// Whether it failed, or a try of it did.
  package var isInTrouble: Bool { phase == .failed || retryAt != nil }

  /// As the API gives it out: Argo CD's `status.operationState`.
  package var node: Node {
    var state: Mapping = [
      "id": Node(.int(number)), "phase": .string(phase.rawValue), "message": .string(message),
      "startedAt": .string(Self.text(startedAt)),
    ]
    if let finishedAt { state["finishedAt"] = .string(Self.text(finishedAt)) }
    if let retryAt { state["retryAt"] = .string(Self.text(retryAt)) }
    state["retryCount"] = Node(.int(Int64(clamping: retries)))
    state["operation"] = .mapping([
      "initiatedBy": .mapping(["username": .string(actor), "automated": Node(.bool(cause == .automated))]),
      "sync": .mapping([
        "revision": .string(revision), "prune": Node(.bool(options.prune)), "force": Node(.bool(options.force)),
        "resources": .sequence(
          options.selection.map {
            .mapping([
              "group": .string($0.group), "kind": .string($0.kind), "namespace": .string($0.namespace),
              "name": .string($0.name),
            ])
          }),
      ]),
    ])
    state["syncResult"] = .mapping([
      "revision": .string(revision),
      "resources": .sequence(results.sorted { $0.key < $1.key }.map { $0.value.node(of: $0.key) }),
    ])
    return .mapping(state)
  }

  private static func text(_ seconds: Double) -> String {
    Date(timeIntervalSince1970: seconds).formatted(.iso8601)
  }
}

extension SyncOperation.Result {
  fileprivate func node(of key: SyncOperation.Key) -> Node {
    var node: Mapping = [
      "group": .string(key.group), "kind": .string(key.kind), "namespace": .string(key.namespace),
      "name": .string(key.name), "syncPhase": .string(key.phase.rawValue), "message": .string(message),
    ]
    node[isHook ? "hookPhase" : "status"] = .string(isHook && status == .failed ? "Failed" : status.rawValue)
    if isHook { node["hookType"] = .string(key.phase.rawValue) }
    return .mapping(node)
  }
}
