/// What an ApplicationSet says about its Applications' end, to be remembered for when the set itself is gone.
package struct SetPolicy: Sendable, Equatable {
  package var policy: ApplicationSet.Policy
  /// What its Applications applied stays when they go.
  package var preservesResources: Bool

  package init(policy: ApplicationSet.Policy, preservesResources: Bool) {
    self.policy = policy
    self.preservesResources = preservesResources
  }

  package init(_ set: ApplicationSet) {
    self.init(policy: set.policy, preservesResources: set.preserveResourcesOnDeletion)
  }
}

/// An Application as its set made it, where the set does not update what it made (`create-only`, `create-delete`).
package struct KeptApplication: Sendable, Equatable {
  /// The set's name.
  package var owner: String
  package var application: Application

  package init(owner: String, application: Application) {
    self.owner = owner
    self.application = application
  }
}
