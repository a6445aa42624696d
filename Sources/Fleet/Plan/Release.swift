package import Manifest

/// Which paths of which objects are left to others (DESIGN §3.2, "Release").
package struct ReleaseRules: Sendable {
  private struct Workload: Hashable {
    var group: String
    var kind: String
    var namespace: String
    var name: String
  }

  private let rules: IgnoreRules
  private let scaled: Set<Workload>

  /// - Parameters:
  ///   - ignored: the Application's `ignoreDifferences`.
  ///   - objects: all that it renders; what a HorizontalPodAutoscaler among them scales keeps its replicas.
  /// - Throws: ``Diagnostics`` `diff.jq-syntax`, `diff.jq-unsupported`: what cannot be followed must not be overwritten.
  package init(ignored: [IgnoreDifference], objects: [Object]) throws(Diagnostics) {
    rules = try IgnoreRules(ignored)
    scaled = Set(
      objects.filter { $0.gvk.groupKind == GroupKind(group: "autoscaling", kind: "HorizontalPodAutoscaler") }
        .compactMap { autoscaler in
          guard let target = autoscaler["spec"]?["scaleTargetRef"], let kind = target["kind"]?.string,
            let name = target["name"]?.string
          else { return nil }
          let gvk = GroupVersionKind(apiVersion: target["apiVersion"]?.string ?? "", kind: kind)
          return Workload(group: gvk.group, kind: kind, namespace: autoscaler.namespace, name: name)
        })
  }

  /// Takes the released paths out of a normalised object.
  /// - Throws: ``Diagnostics`` `diff.jq-budget`.
  package func desired(_ object: Object) throws(Diagnostics) -> DesiredObject {
    var places = try rules.places(in: object)
    let workload = Workload(
      group: object.gvk.group, kind: object.gvk.kind, namespace: object.namespace, name: object.name)
    if scaled.contains(workload) { places.append([.key("spec"), .key("replicas")]) }
    let managers = rules.managers(of: object)
    if places.isEmpty { return DesiredObject(object, ignoredManagers: managers) }
    let root = Node.mapping(object.root)
    var reduced = object
    let kept = reduced.edit { mapping in
      var node = Node.mapping(mapping)
      node.removeAll(places)
      mapping = node.mapping ?? mapping
    }
    // What would take its very identity away takes nothing.
    guard kept else { return DesiredObject(object, ignoredManagers: managers) }
    let released = places.compactMap { ReleasedPath(place: $0, in: root) }
    return DesiredObject(reduced, original: object, released: released, ignoredManagers: managers)
  }
}

extension ReleasedPath {
  /// Nil for a place in the middle of nowhere: a list item that is none.
  init?(place: [QueryItem.Step], in root: Node) {
    var steps: [Step] = []
    var node: Node? = root
    for step in place {
      switch step {
      case .key(let key):
        steps.append(.member(key))
        node = node?[key]
      case .index(let index):
        guard let items = node?.sequence, items.indices.contains(index) else { return nil }
        var keys: [String: Node] = [:]
        for member in items[index].mapping ?? Mapping()
        where member.value.mapping == nil && member.value.sequence == nil {
          keys[member.key] = member.value
        }
        steps.append(.item(keys))
        node = items[index]
      case .slice: return nil
      }
    }
    self.init(steps)
  }
}
