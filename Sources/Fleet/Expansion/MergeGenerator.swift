import Manifest
import Templating

extension GeneratorRun {
  /// The first child's sets, each with what the later children say about the same merge keys; later children win.
  mutating func merge(_ node: Node, _ keys: [String], _ children: [Generator.Entry]) -> [ParameterSet]? {
    guard !keys.isEmpty, children.count >= 2 else {
      report("generator.merge-count", "merge needs mergeKeys and two or more generators", node.mark)
      return nil
    }
    guard var base = sets(of: children[0]), let index = positions(of: base, keys, node.mark) else { return nil }
    for child in children.dropFirst() {
      guard let overrides = sets(of: child), positions(of: overrides, keys, node.mark) != nil else { return nil }
      for override in overrides {
        guard let position = index[Self.key(of: override, keys)] else { continue }
        base[position] = merged(base[position], override)
      }
    }
    return base
  }

  private mutating func positions(
    of sets: [ParameterSet], _ keys: [String], _ mark: SourceMark
  ) -> [String: Int]? {
    var positions: [String: Int] = [:]
    for (position, set) in sets.enumerated() {
      let key = Self.key(of: set, keys)
      if let first = positions[key] {
        report(
          "generator.duplicate-merge-key",
          "the parameters from a generator were not unique by the given mergeKeys: duplicate key was "
            + "\(DNSName.shown(key)), from \(sets[first].name) and \(set.name)", mark)
        return nil
      }
      positions[key] = position
    }
    return positions
  }

  /// The merge keys' values as JSON, so that 1 and "1" differ; an absent one is null.
  private static func key(of set: ParameterSet, _ keys: [String]) -> String {
    var mapping = Mapping()
    for key in keys { mapping[key] = set.parameters.root[key] ?? .null }
    return JSON.text(.mapping(mapping), JSON.WriteOptions(sortsKeys: true))
  }

  private func merged(_ base: ParameterSet, _ override: ParameterSet) -> ParameterSet {
    var result = base
    result.origins += override.origins
    result.parameters.textMaps.formUnion(override.parameters.textMaps)
    if isGo {
      result.parameters.root = ParameterMerge.keepingFirst(override.parameters.root, base.parameters.root)
    } else {
      for member in override.parameters.root { result.parameters.root[member.key] = member.value }
    }
    return result
  }
}
