/// A Kubernetes object: a mapping with `apiVersion`, `kind` and `metadata.name` or `metadata.generateName`, and the file it
/// came from.
///
/// The identity is read once, when the object is made; ``mapping`` may be edited through the methods that keep the two
/// together.
package struct Object: Sendable, Equatable {
  package private(set) var gvk: GroupVersionKind
  /// Empty for one whose name is generated.
  package private(set) var name: String
  package private(set) var namespace: String
  /// The whole object, a mapping.
  package private(set) var root: Mapping
  /// The file it was read from, as the user knows it, and the mark of its first line; nil when it was made.
  package var origin: SourceLocation?

  /// Nil unless `root` has text in `apiVersion`, `kind` and `metadata.name` (or `generateName`), and text or nothing in
  /// `metadata.namespace`.
  package init?(_ root: Mapping, origin: SourceLocation? = nil) {
    guard let apiVersion = root["apiVersion"]?.string, let kind = root["kind"]?.string, !kind.isEmpty,
      let metadata = root["metadata"]?.mapping
    else { return nil }
    let name = metadata["name"]?.string ?? ""
    guard !name.isEmpty || metadata["generateName"]?.string?.isEmpty == false else { return nil }
    switch metadata["namespace"]?.value {
    case nil, .null: namespace = ""
    case .string(let text): namespace = text
    default: return nil
    }
    self.root = root
    self.name = name
    gvk = GroupVersionKind(apiVersion: apiVersion, kind: kind)
    self.origin = origin
  }

  package var id: ObjectID {
    ObjectID(group: gvk.group, kind: gvk.kind, namespace: namespace, name: name)
  }

  package var metadata: Mapping { root["metadata"]?.mapping ?? Mapping() }

  package subscript(key: String) -> Node? { root[key] }

  /// `metadata.labels` whose values are text.
  package var labels: [String: String] { texts(in: metadata["labels"]) }
  /// `metadata.annotations` whose values are text.
  package var annotations: [String: String] { texts(in: metadata["annotations"]) }

  /// Changes the content. When the change takes the identity away, nothing is changed.
  /// - Returns: whether the change was kept.
  @discardableResult
  package mutating func edit(_ body: (inout Mapping) -> Void) -> Bool {
    var changed = root
    body(&changed)
    guard let object = Object(changed, origin: origin) else { return false }
    self = object
    return true
  }

  private func texts(in node: Node?) -> [String: String] {
    var texts: [String: String] = [:]
    for member in node?.mapping ?? Mapping() { texts[member.key] = member.value.string }
    return texts
  }
}
