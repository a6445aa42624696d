package import Manifest
import Synchronization

/// Kubeconfigs as last read, for fleets whose clusters stand in a few large files: each is read anew when it changed.
package final class KubeconfigCache: Sendable {
  private struct Entry {
    var stamps: [LocalFiles.Stamp?]
    var kubeconfig: Kubeconfig
  }

  /// More lists of files than this are not kept; a fleet with a file for each cluster gains nothing from it.
  private static let most = 16

  private let files: LocalFiles
  private let entries = Mutex<[[String]: Entry]>([:])

  package init(files: LocalFiles) { self.files = files }

  /// - Throws: as ``Kubeconfig/load(paths:from:)``.
  package func load(paths: [String]) throws(Diagnostics) -> Kubeconfig {
    // Before reading: a change in between is seen at the next look.
    let stamps = paths.map { files.stamp($0) }
    if let known = entries.withLock({ $0[paths] }), known.stamps == stamps { return known.kubeconfig }
    let kubeconfig = try Kubeconfig.load(paths: paths, from: files)
    // A file without a stamp may change unseen.
    if !stamps.contains(nil) { keep(Entry(stamps: stamps, kubeconfig: kubeconfig), for: paths) }
    return kubeconfig
  }

  private func keep(_ entry: Entry, for paths: [String]) {
    entries.withLock { entries in
      if entries.count >= Self.most, entries[paths] == nil { entries.removeAll() }
      entries[paths] = entry
    }
  }
}
