/// Faults that change what a server knows.
extension APIServer {
  mutating func setFailingImages(_ markers: [String]) { options.failingImageMarkers = markers }

  mutating func setBrokenImages(_ markers: [String]) {
    guard markers != options.brokenImageMarkers else { return }
    options.brokenImageMarkers = markers
    recheckPods()
  }

  mutating func setMutations(_ mutations: [MutatingAdmission]) { options.mutations = mutations }

  /// Forgets every watch without telling it.
  mutating func forgetWatches() {
    watchers.endAll()
    _ = watchers.drain()
  }

  mutating func expireHistory() {
    store.compact()
    watchers.endAll(
      error: StatusError(
        code: 410, reason: "Expired",
        message: "too old resource version: \(store.revision) (\(store.revision))"))
  }

  mutating func rewind(by revisions: UInt64) {
    forgetWatches()
    store.rewind(to: store.revision - min(revisions, store.revision - 1))
  }
}
