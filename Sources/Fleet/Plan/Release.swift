package import Manifest

/// Which paths of which objects are left to others (DESIGN §3.2, "Release").
package struct ReleaseRules: Sendable {
  private struct Workload: Hashable {
    var group: String
    var kind: String
    var namespace: String
    var name: String
  }

  private let ignored: [IgnoreDifference]
  private let scaled: Set<Workload>

  /// - Parameters:
  ///   - ignored: the Application's `ignoreDifferences`.
  ///   - objects: all that it renders; what a HorizontalPodAutoscaler among them scales keeps its replicas.
  package init(ignored: [IgnoreDifference], objects: [Object]) {
    self.ignored = ignored
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
  package func desired(_ object: Object) -> DesiredObject {
    var pointers: [[String]] = []
    let workload = Workload(
      group: object.gvk.group, kind: object.gvk.kind, namespace: object.namespace, name: object.name)
    if scaled.contains(workload) { pointers.append(["spec", "replicas"]) }
    for rule in ignored where matches(rule, object) {
      pointers += rule.jsonPointers.compactMap { FieldPath.path(ofPointer: $0)?.map { String($0.dropFirst(2)) } }
    }
    var released: [[String]] = []
    var object = object
    for pointer in pointers where !pointer.isEmpty {
      var removed = false
      object.edit { removed = Self.remove(pointer[...], from: &$0) }
      if removed || pointer == ["spec", "replicas"] { released.append(pointer.map { "f:" + $0 }) }
    }
    return DesiredObject(object, released: released)
  }

  /// What the rules say that is not done yet: never ignored in silence.
  package var unsupported: [Condition] {
    ignored.filter { !$0.jqPathExpressions.isEmpty || !$0.managedFieldsManagers.isEmpty }.map {
      Condition(
        "IgnoreDifferenceUnsupported",
        "ignoreDifferences of \($0.kind): jqPathExpressions and managedFieldsManagers are not supported yet")
    }
  }

  private func matches(_ rule: IgnoreDifference, _ object: Object) -> Bool {
    (rule.group == "*" || rule.group == object.gvk.group) && (rule.kind == "*" || rule.kind == object.gvk.kind)
      && (rule.name.isEmpty || rule.name == object.name)
      && (rule.namespace.isEmpty || rule.namespace == object.namespace)
  }

  private static func remove(_ path: ArraySlice<String>, from mapping: inout Mapping) -> Bool {
    guard let first = path.first, let below = mapping[first] else { return false }
    if path.count == 1 {
      mapping[first] = nil
      return true
    }
    guard case .mapping(var child) = below.value else { return false }
    let removed = remove(path.dropFirst(), from: &child)
    if removed { mapping[first]?.value = .mapping(child) }
    return removed
  }
}
