package import Manifest

/// What a sync would do to one object.
package struct ObjectChange: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case create, update, prune
    /// The server would refuse it.
    case refused
  }

  package var id: ObjectID
  package var version: String
  package var kind: Kind
  /// A unified diff of the live object and what it would be, Secret values masked.
  package var diff: String
  /// Why it would be refused, or kept.
  package var message: String
}
