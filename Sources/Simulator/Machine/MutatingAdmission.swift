package import Manifest

/// A stand-in for a mutating webhook: every object of a kind that is written gets a value of its own at one place.
package struct MutatingAdmission: Sendable, Equatable {
  package var kind: String
  package var path: JSONPointer
  package var value: Node

  package init(kind: String, path: JSONPointer, value: Node) {
    self.kind = kind
    self.path = path
    self.value = value
  }

  /// Objects without such a place stay as they are.
  func admit(_ object: inout Mapping) {
    guard object["kind"]?.string == kind,
      let changed = try? JSONPatch([.init(.add(value), path)]).apply(to: .mapping(object)).mapping
    else { return }
    object = changed
  }
}
