package import Manifest

/// An object's own sync options, from its annotations (Argo CD's names).
package struct SyncOptions: OptionSet, Sendable, Hashable {
  package static let annotation = "argocd.argoproj.io/sync-options"
  package static let compareAnnotation = "argocd.argoproj.io/compare-options"
  package static let waveAnnotation = "argocd.argoproj.io/sync-wave"
  /// Helm's hooks go by weight where they have no wave.
  package static let weightAnnotation = "helm.sh/hook-weight"

  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Never pruned when it leaves Git: `Prune=false`, or `helm.sh/resource-policy: keep`.
  package static let keptOnPrune = SyncOptions(rawValue: 1 << 0)
  /// Pruned only when a person has agreed: `Prune=confirm`.
  package static let confirmsPrune = SyncOptions(rawValue: 1 << 1)
  /// Stays when its Application is deleted: `Delete=false`, or `helm.sh/resource-policy: keep`.
  package static let keptOnDelete = SyncOptions(rawValue: 1 << 2)
  /// Deleted with its Application only when a person has agreed: `Delete=confirm`.
  package static let confirmsDelete = SyncOptions(rawValue: 1 << 3)
  /// Pruned after everything else: `PruneLast=true`.
  package static let pruneLast = SyncOptions(rawValue: 1 << 4)
  /// Put in the place of what is there instead of applied: `Replace=true`.
  package static let replace = SyncOptions(rawValue: 1 << 5)
  /// What cannot be applied is deleted and created: `Force=true`.
  package static let force = SyncOptions(rawValue: 1 << 6)
  /// Taken over from another tool that still claims it: `Adopt=true`.
  package static let adopt = SyncOptions(rawValue: 1 << 7)
  /// `Prune=true` said in so many words.
  package static let pruneSaid = SyncOptions(rawValue: 1 << 8)

  /// Not tried by a dry run before a sync: `Validate=false`.
  package static let unvalidated = SyncOptions(rawValue: 1 << 9)
  /// A sync may begin before its kind is served: `SkipDryRunOnMissingResource=true`.
  package static let skipsMissing = SyncOptions(rawValue: 1 << 10)

  /// Does not make its Application OutOfSync when Git does not have it: `IgnoreExtraneous`.
  package static let ignoredWhenExtra = SyncOptions(rawValue: 1 << 11)

  private static let words: [(String, SyncOptions)] = [
    ("Prune=false", .keptOnPrune), ("Prune=confirm", .confirmsPrune), ("Prune=true", .pruneSaid),
    ("Delete=false", .keptOnDelete), ("Delete=confirm", .confirmsDelete), ("PruneLast=true", .pruneLast),
    ("Replace=true", .replace), ("Force=true", .force), ("Adopt=true", .adopt),
    ("Validate=false", .unvalidated), ("SkipDryRunOnMissingResource=true", .skipsMissing),
  ]

  /// - Parameter annotations: `metadata.annotations`, or nil.
  package init(annotations: Node?) {
    self = []
    guard let annotations else { return }
    let said = Self.said(annotations[Self.annotation])
    if !said.isEmpty { for (word, option) in Self.words where said.contains(word) { insert(option) } }
    if Self.said(annotations[Self.compareAnnotation]).contains("IgnoreExtraneous") { insert(.ignoredWhenExtra) }
    if annotations["helm.sh/resource-policy"]?.string == "keep" { formUnion([.keptOnPrune, .keptOnDelete]) }
  }

  private static func said(_ node: Node?) -> Set<String> {
    guard let text = node?.string else { return [] }
    return Set(text.split(separator: ",").map { $0.filter { $0 != " " } })
  }

  /// What an Application says for all of its objects (`spec.syncPolicy.syncOptions`).
  package init(application: SyncPolicy) {
    self = []
    for (word, option) in Self.words where application.syncOptions.contains(word) { insert(option) }
  }

  /// With what the Application says for all; what an object says of itself counts for more.
  package func within(_ application: SyncOptions) -> SyncOptions {
    var options = application
    if !isDisjoint(with: [.keptOnPrune, .confirmsPrune, .pruneSaid]) {
      options.subtract([.keptOnPrune, .confirmsPrune, .pruneSaid])
    }
    if !isDisjoint(with: [.keptOnDelete, .confirmsDelete]) { options.subtract([.keptOnDelete, .confirmsDelete]) }
    return options.union(self)
  }

  /// `argocd.argoproj.io/sync-wave`, else `helm.sh/hook-weight`; 0 where neither is a number.
  package static func wave(annotations: Node?) -> Int {
    let text = annotations?[waveAnnotation]?.string ?? annotations?[weightAnnotation]?.string
    return text.flatMap { Int($0) } ?? 0
  }
}
