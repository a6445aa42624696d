extension SyncOperation {
  /// The state before this one, for a way back that names none: the newest sync of all objects that succeeded with another
  /// state, and was not itself taken back afterwards.
  /// - Parameters:
  ///   - history: the newest first.
  ///   - now: digest of the state that is to be left.
  package static func before(_ now: String?, in history: [SyncOperation]) -> SyncOperation? {
    let good = history.filter { $0.phase == .succeeded && $0.options.selection.isEmpty }
    var takenBack: Set<String> = []
    for (position, operation) in good.enumerated() {
      if operation.cause == .rollback {
        // What came between the state that was gone back to and the way back was left for a reason.
        let older = good[(position + 1)...]
        takenBack.formUnion(older.prefix { $0.digest != operation.digest }.map(\.digest))
      }
      if operation.digest != now, !takenBack.contains(operation.digest) { return operation }
    }
    return nil
  }
}
