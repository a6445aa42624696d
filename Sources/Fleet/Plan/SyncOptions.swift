package import Manifest

/// An object's own sync options, from its annotations (Argo CD's names).
package struct SyncOptions: Sendable, Equatable {
  package static let annotation = "argocd.argoproj.io/sync-options"
  package static let waveAnnotation = "argocd.argoproj.io/sync-wave"

  private var words: Set<Substring>
  private var keepsByHelm: Bool
  /// `argocd.argoproj.io/sync-wave`; 0 where absent or not a number.
  package var wave: Int

  /// - Parameter annotations: `metadata.annotations`, or nil.
  package init(annotations: Node?) {
    let text = annotations?[Self.annotation]?.string ?? ""
    words = Set(text.split(separator: ",").map { $0.trimmingPrefix(" ") })
    keepsByHelm = annotations?["helm.sh/resource-policy"]?.string == "keep"
    wave = annotations?[Self.waveAnnotation]?.string.flatMap(Int.init) ?? 0
  }

  /// Never pruned when it leaves Git. `Prune=confirm` waits for a confirmation that nobody has given, so it forbids too.
  package var forbidsPrune: Bool { words.contains("Prune=false") || words.contains("Prune=confirm") || keepsByHelm }
}
