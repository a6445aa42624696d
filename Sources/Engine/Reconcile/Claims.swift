import Fleet

/// Which set, or manifest, an Application belongs to where several ask for one of its name.
///
/// Who has it keeps it, as long as it asks for it or cannot say that it does not; else the first one has it.
struct Claims {
  /// Nil stands for a manifest of the Application's own.
  private typealias Owner = String?

  private var holders: [String: Owner]

  /// - Parameters:
  ///   - quiet: sets that ask for what they have and for nothing else; they are not gone through.
  ///   - owner: whose an Application is now; nil for one that nobody has.
  init(fleet: ExpandedFleet, quiet: Set<String> = [], owner: (String) -> String??) {
    var asked: [String: Set<Owner>] = [:]
    for application in fleet.plain { asked[application.name, default: []].insert(nil) }
    for result in fleet.sets where !quiet.contains(result.set.name) {
      for application in result.applications { asked[application.name, default: []].insert(result.set.name) }
    }
    let complete = Set(fleet.sets.filter(\.isComplete).map(\.set.name))
    let known = Set(fleet.sets.map(\.set.name))
    holders = [:]
    for (name, claimants) in asked {
      guard let owner = owner(name) else { continue }
      if let owner, quiet.contains(owner) {
        holders[name] = .some(owner)
        continue
      }
      let isGone = owner.map { known.contains($0) ? complete.contains($0) : fleet.isComplete } ?? fleet.isComplete
      if claimants.contains(owner) || !isGone { holders[name] = .some(owner) }
    }
  }

  /// - Returns: whether the Application is `owner`'s.
  mutating func grant(_ name: String, to owner: String?) -> Bool {
    if let holder = holders[name] { return holder == owner }
    holders[name] = .some(owner)
    return true
  }

  func holder(of name: String) -> String? { holders[name] ?? nil }
}
