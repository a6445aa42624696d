import Fleet
import Manifest

/// Which Application of the hub has which object of one cluster: with one field manager the server reports no conflict between
/// two of ours.
struct ObjectClaims: Sendable {
  private var claimants: [ObjectID: String] = [:]
  /// The desired states that Applications last claimed for.
  private var states: [String: ContentDigest] = [:]

  /// Makes `application` the claimant of what nobody else has claimed, and of nothing else.
  ///
  /// Where an object is a member of an ApplySet already, that decides, not who comes first after a restart.
  /// - Parameters:
  ///   - state: digest of what the ids are of.
  ///   - owner: the Application of an ApplySet, where that is known.
  /// - Returns: the claimants of the rest, in words; where an ApplySet has it whose Application is not known, its label tells.
  mutating func claim(
    _ ids: [ObjectID], of state: ContentDigest, for application: String, applySet: String, in index: LiveIndex,
    owner: (String) -> String? = { _ in nil }
  ) -> [ObjectID: String] {
    if states.updateValue(state, forKey: application) != state {
      let wanted = Set(ids)
      for (id, claimant) in claimants where claimant == application && !wanted.contains(id) { claimants[id] = nil }
    }
    var taken: [ObjectID: String] = [:]
    for id in ids {
      let member = index[id].flatMap { $0.ownsPartOf ? $0.partOf : nil }
      if let member, member != applySet {
        if claimants[id] == application { claimants[id] = nil }
        if let owner = owner(member) { taken[id] = "application " + owner }
      } else if member == nil, let other = claimants[id], other != application {
        taken[id] = "application " + other
      } else {
        claimants[id] = application
      }
    }
    return taken
  }

  mutating func drop(_ application: String) {
    claimants = claimants.filter { $0.value != application }
    states[application] = nil
  }
}
