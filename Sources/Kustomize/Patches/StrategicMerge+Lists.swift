import Manifest

extension StrategicMerge {
  /// The most elements of a merged list that needs the slow way, which is quadratic.
  private static let maximumIrregularElements = 2000

  func mergeList(
    _ old: Node?, _ patch: Node?, keys: [String], elements: MergeSchema.Field?
  ) throws(MergeError) -> Node? {
    var patchNodes = patch?.sequence
    var base: Node
    if let old, !old.isNull {
      base = old
      if let patch, patch.isNull { return nil }
      if var nodes = patchNodes {
        let directive = try Self.takeDirective(from: &nodes)
        patchNodes = nodes
        if directive == .delete { return nil }
        if directive == .replace { base.value = .sequence(nodes) }
      }
    } else {
      guard let patch, !patch.isNull else { return nil }
      base = patch
    }
    let lists = (old: base.sequence ?? [], patch: patchNodes)
    base.value = .sequence(
      keys.isEmpty
        ? try mergeScalars(lists.old, lists.patch)
        : try mergeElements(lists.old, lists.patch, keys: keys, elements: elements))
    return base
  }

  /// Takes an element that holds nothing but a directive out of a list.
  private static func takeDirective(from nodes: inout [Node]) throws(MergeError) -> MergeDirective.Action {
    let first = nodes.first { $0.mapping?[MergeDirective.key] != nil }
    guard let mapping = first?.mapping, mapping.count == 1 else { return .merge }
    let directive = try MergeDirective(of: mapping)
    ListSetter(keys: [MergeDirective.key], values: [directive.action.rawValue]).remove(from: &nodes)
    return directive.action
  }

  // MARK: Elements with keys

  private func mergeElements(
    _ old: [Node], _ patch: [Node]?, keys: [String], elements: MergeSchema.Field?
  ) throws(MergeError) -> [Node] {
    if let merged = try mergeRegular(old, patch, keys: keys, elements: elements) { return merged }
    guard old.count + (patch?.count ?? 0) <= Self.maximumIrregularElements else {
      throw MergeError(
        message: "a list merged by \(keys.joined(separator: ", ")) has more than \(Self.maximumIrregularElements) "
          + "elements, some without a key or with the same one", mark: patch?.first?.mark ?? .none)
    }
    return try mergeIrregular(old, patch, keys: keys, elements: elements)
  }

  /// The usual case, in linear time: every element is a mapping, and its keys are there and unique.
  /// - Returns: nil when it is not that case.
  private func mergeRegular(
    _ old: [Node], _ patch: [Node]?, keys: [String], elements: MergeSchema.Field?
  ) throws(MergeError) -> [Node]? {
    let used = keys.filter { key in (old + (patch ?? [])).contains { $0[key] != nil } }
    guard !used.isEmpty, let oldIndex = index(old, by: used), let patchIndex = index(patch ?? [], by: used) else {
      return nil
    }
    var result: [Node] = []
    for element in patch ?? [] {
      let match = oldIndex[values(of: element, used)].map { old[$0] }
      // What replaces an element of the old list is itself replaced by that element afterwards, as in kustomize.
      if let match, element.mapping?[MergeDirective.key]?.scalarText == "replace" {
        result.append(match)
        continue
      }
      guard let merged = try merge(match, element, known: elements), merged.mapping?.isEmpty != true else { continue }
      result.append(merged)
    }
    for element in old where patchIndex[values(of: element, used)] == nil {
      guard let merged = try merge(element, nil, known: elements), merged.mapping?.isEmpty != true else { continue }
      result.append(merged)
    }
    return result
  }

  /// Whether a merged list can be put together again without a change.
  func isRegular(_ nodes: [Node], _ keys: [String]) -> Bool {
    let used = keys.filter { key in nodes.contains { $0[key] != nil } }
    return !used.isEmpty && index(nodes, by: used) != nil
  }

  private func values(of element: Node, _ keys: [String]) -> [String] { keys.map { element[$0]?.scalarText ?? "" } }

  private func index(_ nodes: [Node], by keys: [String]) -> [[String]: Int]? {
    var index: [[String]: Int] = [:]
    for (position, node) in nodes.enumerated() {
      guard node.mapping != nil else { return nil }
      let values = values(of: node, keys)
      guard !values.contains(""), index.updateValue(position, forKey: values) == nil else { return nil }
    }
    return index
  }

  /// Every other case, step by step as kustomize goes.
  private func mergeIrregular(
    _ old: [Node], _ patch: [Node]?, keys: [String], elements: MergeSchema.Field?
  ) throws(MergeError) -> [Node] {
    var old = old
    var wanted = distinctValues(in: (patch ?? []) + old, keys)
    if keys.count > 1 { Self.completeValues(&wanted) }
    var added: [Node] = []
    var validKeys: [String] = []
    for values in wanted {
      let (usedKeys, usedValues) = Self.usable(keys, values, among: wanted)
      validKeys = usedKeys
      let setter = ListSetter(keys: usedKeys, values: usedValues)
      let (oneKeys, oneValues) = Self.usable(usedKeys, usedValues, among: [usedValues])
      let match = ListMatcher(keys: oneKeys, values: oneValues)
      let oldPosition = match.position(in: old)
      let merged = try merge(
        oldPosition.map { old[$0] }, match.position(in: patch ?? []).flatMap { patch?[$0] }, known: elements)
      guard var merged, !merged.isNull, merged.mapping?.isEmpty != true else {
        setter.remove(from: &old)
        continue
      }
      for (key, value) in zip(usedKeys, usedValues) where merged[key] == nil && !value.isEmpty {
        merged[key] = Node.untyped(value)
      }
      if let oldPosition { old[oldPosition] = merged }
      setter.set(merged, in: &added)
    }
    return wanted.isEmpty ? old : Self.append(old, to: added, keys: validKeys)
  }

  private func distinctValues(in nodes: [Node], _ keys: [String]) -> [[String]] {
    var seen: Set<[String]> = []
    return nodes.map { values(of: $0, keys) }.filter { seen.insert($0).inserted }
  }

  /// Fills values that one side leaves out from the other, where another key is equal.
  private static func completeValues(_ lists: inout [[String]]) {
    for first in lists.indices {
      for second in lists.indices {
        guard let common = common(lists[first], lists[second]) else { continue }
        lists[first] = common
        lists[second] = common
      }
    }
  }

  private static func common(_ a: [String], _ b: [String]) -> [String]? {
    var sharesOne = false
    var result: [String] = []
    for (first, second) in zip(a, b) {
      if first == second { sharesOne = true }
      if first != second && !first.isEmpty && !second.isEmpty { return nil }
      result.append(first.isEmpty ? second : first)
    }
    return sharesOne ? result : nil
  }

  /// The keys that some element has, with the values for them.
  private static func usable(
    _ keys: [String], _ values: [String], among lists: [[String]]
  ) -> (keys: [String], values: [String]) {
    let valid = keys.indices.filter { key in lists.contains { key < $0.count && !$0[key].isEmpty } }
    if valid.isEmpty { return (keys, values) }
    return (valid.map { keys[$0] }, valid.map { $0 < values.count ? values[$0] : "" })
  }

  /// Puts the old elements behind the added ones, each in the place of the added one with its keys.
  private static func append(_ old: [Node], to added: [Node], keys: [String]) -> [Node] {
    var result = added
    for element in old {
      var values: [String] = []
      for key in keys {
        guard let node = element[key], !node.isNull else {
          result.append(element)
          continue
        }
        values.append(node.scalarText ?? "")
      }
      let setter = ListSetter(keys: keys, values: values)
      if keys.count > 1 { setter.remove(from: &result) }
      setter.set(element, in: &result)
    }
    return result
  }

  // MARK: Scalars

  /// The union, what the patch names first.
  private func mergeScalars(_ old: [Node], _ patch: [Node]?) throws(MergeError) -> [Node] {
    var seen: Set<String> = []
    return ((patch ?? []) + old).filter { node in
      guard let text = node.scalarText else { return false }
      return seen.insert(text).inserted
    }
  }
}

/// Finds the first element with some values at some keys.
struct ListMatcher {
  let keys: [String]
  let values: [String]

  func position(in nodes: [Node]) -> Int? {
    nodes.firstIndex { node in
      guard let mapping = node.mapping, keys.count == values.count else { return false }
      return zip(keys, values).allSatisfy { key, value in
        guard let field = mapping[key] else { return false }
        return (field.scalarText ?? field.spelling ?? (field.isNull ? "null" : "")) == value
      }
    }
  }
}

/// Sets and removes elements of a list by the values at their keys; an empty value stands for any.
struct ListSetter {
  let keys: [String]
  let values: [String]

  func set(_ element: Node, in nodes: inout [Node]) {
    if !replaceMatches(in: &nodes, by: element) { nodes.append(element) }
  }

  func remove(from nodes: inout [Node]) { replaceMatches(in: &nodes, by: nil) }

  /// Also drops nulls, empty mappings, and, without values, what does not match.
  @discardableResult
  private func replaceMatches(in nodes: inout [Node], by element: Node?) -> Bool {
    var found = false
    var result: [Node] = []
    for node in nodes {
      if node.isNull || node.mapping?.isEmpty == true { continue }
      guard let mapping = node.mapping else {
        result.append(node)
        continue
      }
      if matches(mapping) {
        found = true
        if let element { result.append(element) }
      } else if !values.isEmpty {
        result.append(node)
      }
    }
    nodes = result
    return found
  }

  private func matches(_ mapping: Mapping) -> Bool {
    var last = false
    for (position, key) in keys.enumerated() {
      if position < values.count {
        guard let field = mapping[key] else { return false }
        last = values[position].isEmpty || field.scalarText == values[position]
      }
      if !last { return false }
    }
    return true
  }
}
