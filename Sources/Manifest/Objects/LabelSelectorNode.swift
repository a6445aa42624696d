extension LabelSelector {
  /// Reads the structure of `matchLabels` and `matchExpressions` (LabelSelector of meta/v1).
  ///
  /// Every problem is reported, each at its place: unknown fields, values that are not text, keys, values and operators
  /// that are none. An empty mapping selects everything; what a missing selector means is up to the caller.
  /// - Throws: ``Diagnostics`` with codes `selector.…`
  package init(_ node: Node, file: String) throws(Diagnostics) {
    var reader = LabelSelectorNodeReader(file: file)
    reader.read(node)
    guard reader.problems.isEmpty else { throw Diagnostics(reader.problems) }
    self.init(reader.requirements)
  }
}

private struct LabelSelectorNodeReader {
  let file: String
  var requirements: [LabelSelector.Requirement] = []
  var problems: [Diagnostic] = []

  init(file: String) { self.file = file }

  mutating func read(_ node: Node) {
    guard let mapping = node.mapping else {
      report("type", "a selector is a mapping, not a \(node.value.kindName)", node.mark)
      return
    }
    for member in mapping {
      switch member.key {
      case "matchLabels": readLabels(member.value)
      case "matchExpressions": readExpressions(member.value)
      default:
        report(
          "unknown-field", "a selector has no field '\(member.key)'", member.keyMark,
          help: "its fields are matchLabels and matchExpressions")
      }
    }
  }

  private mutating func readLabels(_ node: Node) {
    if node.isNull { return }
    guard let labels = node.mapping else {
      report("type", "matchLabels is a mapping, not a \(node.value.kindName)", node.mark)
      return
    }
    for label in labels {
      guard let value = text(label.value, "the value of '\(label.key)'") else { continue }
      add(label.key, .in, [value], keyMark: label.keyMark, valueMarks: [label.value.mark])
    }
  }

  private mutating func readExpressions(_ node: Node) {
    if node.isNull { return }
    guard let expressions = node.sequence else {
      report("type", "matchExpressions is a sequence, not a \(node.value.kindName)", node.mark)
      return
    }
    for expression in expressions { readExpression(expression) }
  }

  private mutating func readExpression(_ node: Node) {
    guard let mapping = node.mapping else {
      report("type", "an element of matchExpressions is a mapping, not a \(node.value.kindName)", node.mark)
      return
    }
    for member in mapping where !["key", "operator", "values"].contains(member.key) {
      report(
        "unknown-field", "an element of matchExpressions has no field '\(member.key)'", member.keyMark,
        help: "its fields are key, operator and values")
    }
    guard let key = required("key", of: mapping, at: node.mark),
      let word = required("operator", of: mapping, at: node.mark), let values = values(of: mapping)
    else { return }
    guard let `operator` = LabelSelector.Operator(rawValue: word.text), ![.greaterThan, .lessThan].contains(`operator`)
    else {
      let known = ["In", "NotIn", "Exists", "DoesNotExist"]
      let guess = NearestName.of(word.text, among: known).map { "did you mean '\($0)'? " } ?? ""
      report(
        "operator", "'\(word.text)' is no operator", word.mark,
        help: guess + "the operators are \(known.joined(separator: ", "))")
      return
    }
    add(
      key.text, `operator`, values.map(\.text), keyMark: key.mark,
      valueMarks: values.map(\.mark) + [mapping["values"]?.mark ?? node.mark])
  }

  private mutating func required(
    _ field: String, of mapping: Mapping, at mark: SourceMark
  ) -> (text: String, mark: SourceMark)? {
    guard let node = mapping[field], !node.isNull else {
      report("missing-field", "an element of matchExpressions needs '\(field)'", mark)
      return nil
    }
    return text(node, "'\(field)'").map { ($0, node.mark) }
  }

  private mutating func values(of mapping: Mapping) -> [(text: String, mark: SourceMark)]? {
    guard let node = mapping["values"], !node.isNull else { return [] }
    guard let elements = node.sequence else {
      report("type", "'values' is a sequence, not a \(node.value.kindName)", node.mark)
      return nil
    }
    let texts = elements.map { element in text(element, "a value").map { ($0, element.mark) } }
    return texts.contains { $0 == nil } ? nil : texts.compactMap { $0 }
  }

  private mutating func text(_ node: Node, _ what: String) -> String? {
    if let text = node.string { return text }
    let isScalar = node.sequence == nil && node.mapping == nil && !node.isNull
    report(
      "type", "\(what) must be a string, not a \(node.value.kindName)", node.mark,
      help: isScalar ? "put it in quotes" : nil)
    return nil
  }

  private mutating func add(
    _ key: String, _ operator: LabelSelector.Operator, _ values: [String], keyMark: SourceMark,
    valueMarks: [SourceMark]
  ) {
    do throws(LabelSelector.Problem) {
      requirements.append(try LabelSelector.Requirement(key, `operator`, values))
    } catch {
      let wrong = values.firstIndex { NameRules.problem(withLabelValue: $0) != nil }
      let valueMark = wrong.flatMap { valueMarks.indices.contains($0) ? valueMarks[$0] : nil } ?? valueMarks.last
      let isKey = error.part == .key
      report(isKey ? "key" : "value", error.message, isKey ? keyMark : valueMark ?? keyMark)
    }
  }

  private mutating func report(_ code: String, _ message: String, _ mark: SourceMark, help: String? = nil) {
    problems.append(
      Diagnostic("selector.\(code)", message, at: SourceLocation(file: file, mark: mark), help: help))
  }
}
