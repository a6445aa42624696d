import Manifest

/// What became of an ApplicationSet.
package struct Expansion: Sendable {
  /// The Applications, sorted by name. Complete only when every generator and every element went well.
  package var applications: Answer<[Application]>
  /// What must be found out before the expansion can be complete.
  package var inquiries: Set<Inquiry>
  /// How many parameter sets the generators gave.
  package var parameterSets: Int
}
