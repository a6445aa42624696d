import Manifest

/// Which resources are not as they should be, since a step that would have changed them failed.
struct Doubt {
  private var resources: Set<ResourceID> = []
  private var isTotal = false

  /// Whether an error of a step that reaches these may only follow from an earlier one.
  /// - Parameter reach: nil for all resources.
  func covers(_ reach: Set<ResourceID>?) -> Bool {
    if isTotal { return true }
    guard let reach else { return !resources.isEmpty }
    return !resources.isDisjoint(with: reach)
  }

  mutating func add(_ reach: Set<ResourceID>?) {
    guard let reach else { return isTotal = true }
    resources.formUnion(reach)
  }
}

extension TransformerStep {
  /// The resources that it is about, as they are now; nil for all.
  func reach(in set: ResourceSet) -> Set<ResourceID>? {
    guard let patches else { return nil }
    // To look one up by its id makes an index.
    var set = set
    var reach: Set<ResourceID> = []
    for patch in patches {
      if let target = patch.target {
        // A selector that cannot be read selects nothing.
        guard let selector = try? target.compiled() else { continue }
        for position in set.indices where selector.selects(set[position]) { reach.insert(set[position].id) }
      } else if case .merge(let documents) = patch.content {
        for document in documents {
          let id = Resource(document.root, origin: patch.location).id
          for position in set.positions(withAnyID: id) { reach.insert(set[position].id) }
        }
      }
    }
    return reach
  }
}
