package import Manifest

/// What makes an object a hook: it runs at its phases of a sync, and is otherwise no part of the Application.
///
/// Argo CD's annotations, and Helm's where there are none of Argo CD's (gitops-engine, `pkg/sync/hook`).
package struct Hook: Sendable, Hashable {
  package enum DeletePolicy: String, Sendable, CaseIterable {
    /// The one of an earlier sync goes before this one comes; the default.
    case beforeHookCreation = "BeforeHookCreation"
    /// It goes at the end of a sync that succeeded.
    case hookSucceeded = "HookSucceeded"
    /// It goes at the end of a sync that failed.
    case hookFailed = "HookFailed"
  }

  package static let annotation = "argocd.argoproj.io/hook"
  package static let deleteAnnotation = "argocd.argoproj.io/hook-delete-policy"
  package static let helmAnnotation = "helm.sh/hook"
  package static let helmDeleteAnnotation = "helm.sh/hook-delete-policy"
  /// How long a hook may run, as `10m`; an hour unless said otherwise.
  package static let timeoutAnnotation = "muster.dev/hook-timeout"
  /// Seconds.
  package static let usualTimeout = 3_600.0
  /// Keeps a hook that ended until its end was taken in. Argo CD's own, so that either tool lets go of the other's.
  package static let finalizer = "argocd.argoproj.io/hook-finalizer"
  /// Says on a live hook which run of it this is: ``SyncOperation/mark(of:)``.
  package static let markAnnotation = "muster.dev/hook-run"

  /// In order, each once; empty for one that never runs (`Skip`, or no phase that anybody knows).
  package var phases: [HookPhase]
  package var deletePolicies: Set<DeletePolicy>
  /// Seconds.
  package var timeout: Double

  /// - Parameter annotations: `metadata.annotations`, or nil.
  /// - Returns: nil for an ordinary object.
  package init?(annotations: Node?) {
    guard let annotations else { return nil }
    let words = Self.words(annotations[Self.annotation])
    var phases = (words ?? []).compactMap(HookPhase.init)
    let helm = Self.words(annotations[Self.helmAnnotation]).flatMap { $0 == ["crd-install"] ? nil : $0 }
    if phases.isEmpty, words?.contains("Skip") != true { phases = (helm ?? []).compactMap { Self.helmPhases[$0] } }
    guard words != nil || helm != nil else { return nil }
    self.phases = Set(phases).sorted()
    let policies =
      (Self.words(annotations[Self.deleteAnnotation]) ?? []).compactMap(DeletePolicy.init)
      + (Self.words(annotations[Self.helmDeleteAnnotation]) ?? []).compactMap { Self.helmPolicies[$0] }
    deletePolicies = policies.isEmpty ? [.beforeHookCreation] : Set(policies)
    timeout =
      annotations[Self.timeoutAnnotation]?.string.flatMap(GoDuration.seconds).flatMap { $0 > 0 ? $0 : nil }
      ?? Self.usualTimeout
  }

  private static func words(_ node: Node?) -> [String]? {
    node?.string?.split(separator: ",").map { $0.trimmingSpaces }
  }

  private static let helmPhases: [String: HookPhase] = [
    "pre-install": .preSync, "pre-upgrade": .preSync, "post-install": .postSync, "post-upgrade": .postSync,
    "pre-delete": .preDelete, "post-delete": .postDelete,
  ]

  private static let helmPolicies: [String: DeletePolicy] = [
    "before-hook-creation": .beforeHookCreation, "hook-succeeded": .hookSucceeded, "hook-failed": .hookFailed,
  ]
}

extension Substring {
  /// Without spaces at its ends.
  fileprivate var trimmingSpaces: String {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

/// What a live object tells of the hook that it is.
package struct LiveHook: Sendable, Equatable {
  package var mark: String
  /// Whether it waits for its end to be taken in.
  package var holdsFinalizer: Bool

  /// - Parameter metadata: a live object's; nil comes back for what no sync of ours made as a hook.
  init?(metadata: Node) {
    guard let mark = metadata["annotations"]?[Hook.markAnnotation]?.string else { return nil }
    self.mark = mark
    holdsFinalizer = metadata["finalizers"]?.sequence?.contains { $0.string == Hook.finalizer } ?? false
  }
}
