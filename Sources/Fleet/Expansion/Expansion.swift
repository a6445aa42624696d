import Manifest

/// What became of an ApplicationSet.
package struct Expansion: Sendable {
  /// The Applications, sorted by name. Complete only when every generator and every element went well.
  package var applications: Answer<[Application]>
  /// What it asked of the world; complete is only what had an answer to all of it.
  package var inquiries: Set<Inquiry>
  /// How many parameter sets the generators gave.
  package var parameterSets: Int

  package init(applications: Answer<[Application]>, inquiries: Set<Inquiry> = [], parameterSets: Int = 0) {
    self.applications = applications
    self.inquiries = inquiries
    self.parameterSets = parameterSets
  }
}
