package import Manifest

/// Short names for Pod templates and lists of steps.
package enum TemplateHash {
  private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".unicodeScalars)

  /// FNV-1a of 32 bits, as a word without vowels (apimachinery's SafeEncodeString).
  static func word(of bytes: [UInt8]) -> String {
    var sum: UInt32 = 0x811C_9DC5
    for byte in bytes { sum = (sum ^ UInt32(byte)) &* 0x0100_0193 }
    var word = ""
    for scalar in String(sum).unicodeScalars {
      word.unicodeScalars.append(alphabet[Int(scalar.value) % alphabet.count])
    }
    return word
  }

  /// The hash of a Pod template. Not the bits of Argo Rollouts' one, which depend on the version of Kubernetes'
  /// libraries: ReplicaSets that it made are known by their templates.
  package static func of(template: Node, collisions: Int?) -> String {
    var bytes = JSON.write(template.pruned, JSON.WriteOptions(sortsKeys: true, escapesHTML: true))
    if let collisions {
      for shift in stride(from: 0, to: 32, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: UInt32(truncatingIfNeeded: collisions) >> UInt32(shift)))
      }
      bytes += [0, 0, 0, 0]
    }
    return word(of: bytes)
  }

  /// The hash of a list of steps, as Argo Rollouts has it (`utils/conditions`, ComputeStepHash).
  static func of(steps: [Node]) -> String {
    // Go writes no list as null.
    if steps.isEmpty { return word(of: Array("null".utf8)) }
    return word(of: JSON.write(.sequence(steps.map(GoField.written(step:))), JSON.WriteOptions(escapesHTML: true)))
  }

  /// The hash that earlier versions of Muster gave a list of steps.
  static func sorted(steps: [Node]) -> String {
    steps.isEmpty
      ? word(of: Array("null".utf8))
      : word(of: JSON.write(.sequence(steps), JSON.WriteOptions(sortsKeys: true, escapesHTML: true)))
  }
}

extension Node {
  /// Without members that say nothing: null, and empty lists and mappings of a member that a server may leave out.
  fileprivate var pruned: Node {
    switch value {
    case .mapping(let mapping):
      var kept = Mapping()
      for member in mapping where !member.value.isNull { kept[member.key] = member.value.pruned }
      return .mapping(kept)
    case .sequence(let nodes): return .sequence(nodes.map(\.pruned))
    default: return self
    }
  }
}

/// Whether two Pod templates mean the same.
package enum PodTemplate {
  private static let kind = GroupVersionKind(group: "apps", version: "v1", kind: "ReplicaSet")
  private static let form = ComparedForm(kind)

  /// Compares with the defaults that a server fills in, without what Rollouts put into a ReplicaSet's template
  /// (`utils/replicaset`, PodTemplateEqualIgnoreHash).
  /// - Parameter injected: metadata that was put into `live`.
  package static func areEqual(live: Node, desired: Node, injected: PodMetadata? = nil) -> Bool {
    comparable(withoutAntiAffinity(without(injected, live))) == comparable(desired)
  }

  /// Without the rule by which Argo Rollouts keeps versions off each other's nodes (`utils/replicaset`,
  /// CreateInjectedAntiAffinityRule).
  private static func withoutAntiAffinity(_ template: Node) -> Node {
    guard var spec = template["spec"], var affinity = spec["affinity"], var rules = affinity["podAntiAffinity"],
      rules.mapping != nil
    else { return template }
    var isChanged = false
    for field in ["requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"] {
      let terms = rules[field]?.sequence ?? []
      let kept = terms.filter { !namesVersion($0["podAffinityTerm"] ?? $0) }
      guard kept.count < terms.count else { continue }
      isChanged = true
      rules[field] = kept.isEmpty ? nil : .sequence(kept)
    }
    guard isChanged else { return template }
    affinity["podAntiAffinity"] = rules.mapping?.isEmpty == true ? nil : rules
    spec["affinity"] = affinity.mapping?.isEmpty == true ? nil : affinity
    var template = template
    template["spec"] = spec
    return template
  }

  private static func namesVersion(_ term: Node) -> Bool {
    term["labelSelector"]?["matchExpressions"]?.sequence?.contains { $0["key"]?.string == Rollout.hashLabel } ?? false
  }

  private static func comparable(_ template: Node) -> Node {
    var template = template
    template.removeLabel(Rollout.hashLabel)
    var node = form.of([
      "apiVersion": .string("apps/v1"), "kind": .string("ReplicaSet"), "spec": .mapping(["template": template]),
    ])
    form.fillDefaults(&node)
    var result = node["spec"]?["template"] ?? .null
    var spec = result["spec"]
    spec?["serviceAccount"] = nil
    result["spec"] = spec
    var metadata = result["metadata"]
    metadata?["creationTimestamp"] = nil
    for key in ["labels", "annotations"] where metadata?[key]?.mapping?.isEmpty == true { metadata?[key] = nil }
    result["metadata"] = metadata?.mapping?.isEmpty == true ? nil : metadata
    return result
  }

  /// The template as the Rollout has it, from that of a ReplicaSet.
  package static func original(of set: RolloutReplicaSet) -> Node {
    var template = without(set.injectedMetadata, set.template)
    template.removeLabel(Rollout.hashLabel)
    var metadata = template["metadata"]
    metadata?["creationTimestamp"] = nil
    template["metadata"] = metadata
    return template
  }

  private static func without(_ injected: PodMetadata?, _ template: Node) -> Node {
    guard let injected else { return template }
    return template.replacingMetadata(injected, by: nil)
  }
}

extension Node {
  mutating func removeLabel(_ key: String) {
    guard var metadata = self["metadata"], var labels = metadata["labels"]?.mapping else { return }
    labels[key] = nil
    metadata["labels"] = .mapping(labels)
    self["metadata"] = metadata
  }

  /// An object or template with `new` in the place of `old` among its labels and annotations.
  func replacingMetadata(_ old: PodMetadata?, by new: PodMetadata?) -> Node {
    var node = self
    var metadata = node["metadata"]?.mapping ?? Mapping()
    for (key, before, after) in [
      ("labels", old?.labels, new?.labels), ("annotations", old?.annotations, new?.annotations),
    ] {
      var members = metadata[key]?.mapping ?? Mapping()
      let had = metadata[key] != nil
      for name in (before ?? [:]).keys where after?[name] == nil { members[name] = nil }
      for (name, text) in (after ?? [:]).sorted(by: { $0.key < $1.key }) { members[name] = .string(text) }
      if had || !members.isEmpty { metadata[key] = .mapping(members) }
    }
    node["metadata"] = .mapping(metadata)
    return node
  }
}
