/// When in a sync something happens; ordinary objects belong to ``sync``. Argo CD's names.
package enum HookPhase: String, Sendable, Codable, CaseIterable, Comparable {
  case preSync = "PreSync"
  case sync = "Sync"
  case postSync = "PostSync"
  /// Only when a sync fails.
  case syncFail = "SyncFail"
  /// Before anything of a deleted Application goes.
  case preDelete = "PreDelete"
  /// After everything of a deleted Application is gone.
  case postDelete = "PostDelete"

  package static func < (a: HookPhase, b: HookPhase) -> Bool { a.rank < b.rank }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
