import Manifest
import Templating

extension GeneratorRun {
  /// Every set of the first child with every set that the second gives once it is filled in with the first's parameters.
  mutating func matrix(_ children: [Generator.Entry], _ mark: SourceMark) -> [ParameterSet]? {
    guard children.count == 2 else {
      report("generator.matrix-count", "matrix supports only two generators", mark)
      return nil
    }
    guard let outer = sets(of: children[0]) else { return nil }
    var product: [ParameterSet] = []
    for first in outer {
      guard let second = interpolated(children[1], first), let inner = sets(of: second) else { return nil }
      for set in inner {
        guard let combined = combined(first, set, mark) else { return nil }
        product.append(combined)
      }
      guard product.count <= Self.maximumSets else {
        report("generator.too-many", "the matrix gives more than the limit of \(Self.maximumSets) sets", mark)
        return nil
      }
    }
    return product
  }

  private mutating func combined(
    _ first: ParameterSet, _ second: ParameterSet, _ mark: SourceMark
  ) -> ParameterSet? {
    var result = first
    result.origins += second.origins
    if isGo {
      result.parameters.root = ParameterMerge.keepingFirst(first.parameters.root, second.parameters.root)
      result.parameters.textMaps.formUnion(second.parameters.textMaps)
      return result
    }
    // Both sides become text, what `elementsYaml` gave the first child included.
    let numbers = numbers
    result.parameters.root.updateValues { _, value in value = Node(.string(GoText.of(value, numbers)), mark: value.mark)
    }
    for member in second.parameters.root {
      let text = GoText.of(member.value, numbers)
      if let existing = first.parameters.root[member.key], GoText.of(existing, numbers) != text {
        report(
          "generator.duplicate-key",
          "found duplicate key '\(DNSName.shown(member.key))' with different value in the matrix: "
            + "'\(DNSName.shown(GoText.of(existing, numbers)))' and '\(DNSName.shown(text))'", mark)
        return nil
      }
      result.parameters.root[member.key] = .string(text)
    }
    return result
  }

  /// The second child with every text of its specification rendered, but its selector and templates.
  private mutating func interpolated(_ entry: Generator.Entry, _ set: ParameterSet) -> Generator.Entry? {
    // Like a template, a generator is not filled in from an empty set.
    guard !set.parameters.root.isEmpty else { return entry }
    var node = entry.node
    let selector = node["selector"]
    node["selector"] = nil
    guard let rendered = interpolated(node, set) else { return nil }
    var result = rendered
    if let selector { result["selector"] = selector }
    return Generator.entry(result)
  }

  private mutating func interpolated(_ node: Node, _ set: ParameterSet) -> Node? {
    guard case .mapping(let mapping) = node.value else { return rendered(node, set) }
    var result = Mapping(minimumCapacity: mapping.count)
    for member in mapping {
      guard let value = interpolated(member, set) else { return nil }
      result.append(Mapping.Member(key: member.key, keyMark: member.keyMark, value: value))
    }
    return Node(.mapping(result), mark: node.mark)
  }

  /// A member of the entry: one generator's specification.
  private mutating func interpolated(_ member: Mapping.Member, _ set: ParameterSet) -> Node? {
    guard var specification = member.value.mapping else { return rendered(member.value, set) }
    let values = specification["values"]
    let template = specification["template"]
    specification["values"] = nil
    specification["template"] = nil
    guard var result = rendered(Node(.mapping(specification), mark: member.value.mark), set) else { return nil }
    if let values { result["values"] = interpolatedValues(values, set) }
    if let template { result["template"] = template }
    return result
  }

  private mutating func rendered(_ node: Node, _ set: ParameterSet) -> Node? {
    var templateProblems: [PlacedTemplateError] = []
    let template = NodeTemplate(node, language, problems: &templateProblems)
    for problem in templateProblems { report(problem, set) }
    return templateProblems.isEmpty ? render(template, set) : nil
  }

  /// A value that the first child cannot fill is left for the second child's own parameters.
  private func interpolatedValues(_ values: Node, _ set: ParameterSet) -> Node {
    guard case .mapping(var mapping) = values.value else { return values }
    let strict: TemplateLanguage = isGo ? .go(.error) : .fast
    let data = data(set)
    mapping.updateValues { _, value in
      guard let text = value.string, let template = try? TextTemplate(text, strict),
        let rendered = try? template.render(data)
      else { return }
      value = Node(.string(rendered), mark: value.mark)
    }
    return Node(.mapping(mapping), mark: values.mark)
  }
}
