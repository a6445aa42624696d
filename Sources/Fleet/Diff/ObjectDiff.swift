package import Manifest

/// Whether a live object is what a desired one asks for, and where not.
///
/// A three-way comparison, as `kubectl apply` and Argo CD do it: what the desired object says wins, what only the live
/// object has stays, what the last-applied annotation had and the desired object no longer has goes. Defaults, number
/// formats and what the server sets are no difference.
package struct ObjectDiff: Sendable, Equatable {
  /// Where the live object would change, sorted; the empty pointer where one of the two objects is not there.
  package let paths: [JSONPointer]
  /// The live object as far as it is compared; nil where there is none.
  package let live: Node?
  /// What the live object would be; nil where it would be gone.
  package let predicted: Node?

  package var isInSync: Bool { paths.isEmpty }

  /// - Parameters:
  ///   - live: nil for an object that is still to be created.
  ///   - desired: nil for one to be pruned.
  ///   - rules: fields that do not count.
  /// - Throws: ``Diagnostics`` `diff.…` where a rule cannot be followed.
  package init(live: Object?, desired: Object?, ignoring rules: IgnoreRules) throws(Diagnostics) {
    guard let live, let desired else {
      let form = ComparedForm((desired ?? live)?.gvk)
      self.live = live.map { form.of($0.root) }
      predicted = desired.map { form.of($0.root) }
      paths = live == nil && desired == nil ? [] : [JSONPointer(tokens: [])]
      return
    }
    let form = ComparedForm(desired.gvk)
    var sides = ComparedSides(
      live: form.of(live.root), desired: form.of(desired.root), lastApplied: LastApplied.of(live).map(form.of))
    try rules.apply(to: desired, managedFields: live.metadata["managedFields"], in: &sides)
    var predicted = ThreeWayMerge(form.types).merge(sides)
    form.fillDefaults(&predicted)
    form.fillDefaults(&sides.live)
    self.live = sides.live
    self.predicted = predicted
    paths = Differences.paths(from: sides.live, to: predicted)
  }
}

/// The three trees of a comparison, in compared form.
struct ComparedSides {
  var live: Node
  var desired: Node
  var lastApplied: Node?
}

/// What `kubectl apply` wrote down of the object that it applied last.
enum LastApplied {
  static let annotation = "kubectl.kubernetes.io/last-applied-configuration"
  private static let limits = TextLimits(bytes: 1 << 20, depth: 100)

  /// Nil where there is none, or none that can be read.
  static func of(_ live: Object) -> Mapping? {
    guard let text = live.annotations[annotation] else { return nil }
    return (try? JSON.parse(Array(text.utf8), limits: limits))?.mapping
  }
}
