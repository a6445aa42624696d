package import Fleet
package import Manifest

/// What a sync would do, told before anybody asks for it.
package struct SyncForecast: Sendable {
  package enum Action: String, Sendable, CaseIterable {
    case created, configured, unchanged, pruned
    /// It left Git, and stays.
    case kept
    /// The server, the project or another claimant says no.
    case refused
    /// It would run at its phase.
    case hook
  }

  package struct Item: Sendable {
    package var id: ObjectID
    package var version: String
    package var action: Action
    /// Why it is refused or kept; a hook's phases.
    package var message: String
  }

  /// The commit.
  package var revision: String
  /// Sorted by id, hooks last.
  package var items: [Item]
  /// What would keep the sync from beginning.
  package var problems: [String]
  /// What is to be told of the objects as a whole.
  package var conditions: [Condition]

  /// Whether a sync would change anything, or could not be made.
  package var differs: Bool {
    !problems.isEmpty || items.contains { [.created, .configured, .pruned, .refused].contains($0.action) }
  }
}
