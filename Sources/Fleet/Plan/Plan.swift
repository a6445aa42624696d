package import Manifest

/// Why an object is applied.
package enum ApplyReason: Sendable, Equatable {
  /// It is not in the cluster.
  case missing
  /// It is there, and we have no record of an apply of ours: adopted, or our memory is new.
  case unrecorded
  /// Git says something new.
  case changed
  /// Paths of ours were changed or removed by another writer.
  case drifted(lost: [[String]])
  /// Our whole entry is gone.
  case ownershipGone
  /// Somebody deleted and created it again.
  case recreated
  /// Somebody else applied under our name: a second hub.
  case secondHub
  /// A person asked for everything to be applied again.
  case forced
}

/// What a dry run told about an object that changed in a way that ownership does not show, or that was due for its audit.
package enum Verdict: Sendable, Equatable {
  /// An apply would change nothing; the record says how it stands now.
  case same
  /// An apply would change these paths, as ``FieldPath`` writes them; none where they cannot be told.
  case differs([[String]])
  /// It could not be asked.
  case failed(Failure)
}

/// What a plan says about one object.
package enum Decision: Sendable, Equatable {
  case unchanged
  case apply(ApplyReason)
  /// It changed without a lost path, a new writer came, or its audit is due: a dry run tells whether that matters.
  case check
  /// It is being deleted; it will be created again once it is gone.
  case awaitDeletion
  /// Another Application has it; its ApplySet, or its name where the hub knows it.
  case claimed(by: String)
  case prune
  /// It left Git, and stays: why.
  case keep(KeepReason)

  package var isClaimed: Bool { if case .claimed = self { true } else { false } }
}

package enum KeepReason: String, Sendable, Equatable {
  /// `syncPolicy.automated.prune` is off.
  case pruneDisabled = "PruneDisabled"
  /// The object's own options forbid it.
  case forbidden = "PruneForbidden"
  /// Carries our label, but our entry does not own it: a copied label (DESIGN §3.3).
  case notOurs = "NotOurs"
  /// The breaker refused the pass.
  case breaker = "Breaker"
  /// A person has to agree first: its options say so, or it is of a kind that takes much more with it.
  case unconfirmed = "PruneUnconfirmed"
  /// Its project does not permit the kind, or the namespace.
  case notPermitted = "NotPermitted"
}

package struct PlannedObject: Sendable, Equatable {
  package var id: ObjectID
  package var gvk: GroupVersionKind
  package var decision: Decision
  /// Where it stands among the desired objects; nil for what Git no longer has.
  package var position: Int?

  package init(id: ObjectID, gvk: GroupVersionKind, decision: Decision, position: Int? = nil) {
    self.id = id
    self.gvk = gvk
    self.decision = decision
    self.position = position
  }
}

/// What must change in one cluster for one Application.
package struct Plan: Sendable, Equatable {
  /// Every desired object, in apply order, then every object of ours that Git no longer has, by id.
  package var objects: [PlannedObject]
  /// Indices into the desired objects of what is applied, one inner array for each step.
  package var steps: [[Int]]
  /// Indices of what a dry run has to tell of; planned again once it has.
  package var checks: [Int] = []
  package var prunes: [LiveObject]
  /// What of ours is not wanted and on its way out.
  package var leaving: [LiveObject] = []

  package var isEmpty: Bool { steps.isEmpty && prunes.isEmpty }

  package init(objects: [PlannedObject], steps: [[Int]], prunes: [LiveObject]) {
    self.objects = objects
    self.steps = steps
    self.prunes = prunes
  }
}
