import Manifest
import Templating

extension GeneratorRun {
  /// `elements`, then those of `elementsYaml`, each one a set.
  mutating func list(_ node: Node) -> [ParameterSet]? {
    var sets: [ParameterSet] = []
    var isGood = true
    for (index, element) in (node["elements"]?.sequence ?? []).enumerated() {
      let origin = ParameterSet.Origin("element \(index + 1) of the list")
      if let parameters = isGo ? Parameters(element.mapping ?? Mapping()) : textElement(element) {
        sets.append(ParameterSet(parameters, origins: [origin]))
      } else {
        isGood = false
      }
    }
    guard let written = node["elementsYaml"], let text = written.string, !text.isEmpty else {
      return isGood ? sets : nil
    }
    guard let more = elements(of: text, written) else { return nil }
    for (index, var element) in more.enumerated() {
      if !isGo, numbers == .asWritten { Self.writeIntegers(&element) }
      let origin = ParameterSet.Origin("element \(index + 1) of elementsYaml")
      sets.append(ParameterSet(Parameters(element), origins: [origin]))
    }
    return isGood ? sets : nil
  }

  /// Without Go templates every value is text, and `values` a mapping of text.
  private mutating func textElement(_ element: Node) -> Parameters? {
    var root = Mapping()
    var isGood = true
    /// The text of a value; nil for what is none.
    func text(_ value: Node) -> Node? {
      if value.string != nil { return value }
      guard numbers == .asWritten, case .int = value.value else { return nil }
      return Node(.string(GoText.of(value, numbers)), mark: value.mark)
    }
    func refuse(_ member: Mapping.Member, _ path: String, _ run: inout GeneratorRun) {
      isGood = false
      run.report(
        "generator.not-text", "error parsing value as string: '\(path)' is a \(member.value.value.kindName)",
        member.value.mark, help: "put it in quotes, or use goTemplate: true")
    }
    for member in element.mapping ?? Mapping() {
      if member.key == "values", let values = member.value.mapping {
        for inner in values {
          let text = text(inner.value)
          if text == nil { refuse(inner, "values." + inner.key, &self) }
          root["values." + inner.key] = text
        }
      } else {
        let text = text(member.value)
        if text == nil { refuse(member, member.key, &self) }
        root[member.key] = text
      }
    }
    return isGood ? Parameters(root) : nil
  }

  /// Other values are of no use without Go templates, and stay what they are.
  private static func writeIntegers(_ element: inout Mapping) {
    element.updateValues { _, value in
      if case .int = value.value { value = Node(.string(GoText.of(value, .asWritten)), mark: value.mark) }
    }
  }

  private mutating func elements(of text: String, _ written: Node) -> [Mapping]? {
    allowance.charge(work: text.utf8.count)
    let read: Node?
    do throws(Diagnostics) {
      let options = YAML.Options(schema: .yaml11)
      read = try YAML.parse(Array(text.utf8), file: "elementsYaml", options: options).first?
        .checkedAsJSON(file: "elementsYaml")
    } catch {
      report(
        "generator.bad-elements", "error unmarshling elementsYaml: \(error.all.first?.message ?? "unreadable")",
        written.mark)
      return nil
    }
    guard let first = read, !first.isNull else { return [] }
    guard let nodes = first.sequence, nodes.allSatisfy({ $0.mapping != nil || $0.isNull }) else {
      report(
        "generator.bad-elements", "error unmarshling elementsYaml: it must be a list of mappings", written.mark)
      return nil
    }
    return nodes.map { $0.mapping ?? Mapping() }
  }
}
