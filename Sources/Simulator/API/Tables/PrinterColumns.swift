import Manifest

/// The columns of custom resources: `additionalPrinterColumns`, or the age alone.
enum PrinterColumns {
  static func columns(_ declared: Node?) -> [ObjectTable.Column] {
    let columns = (declared?.sequence ?? []).compactMap(column)
    return columns.isEmpty ? [ObjectTable.age] : columns
  }

  private static func column(_ node: Node) -> ObjectTable.Column? {
    guard let name = node["name"]?.string, let path = node["jsonPath"]?.string else { return nil }
    let type = node["type"]?.string ?? "string"
    let steps = Self.steps(path)
    return ObjectTable.Column(
      name: name, type: type == "date" ? "string" : type, format: node["format"]?.string ?? "",
      priority: node["priority"]?.int ?? 0
    ) { object, now in
      let value = steps.reduce(Optional(Node.mapping(object))) { node, step in node.flatMap { follow(step, $0) } }
      return type == "date" ? .string(Age.text(since: value, now)) : value ?? .null
    }
  }

  private enum Step {
    case member(String)
    case item(Int)
    /// The first item of which a member has a value: `[?(@.type=="Ready")]`.
    case match(key: String, value: String)
  }

  private static func follow(_ step: Step, _ node: Node) -> Node? {
    switch step {
    case .member(let name): node[name]
    case .item(let index): node[index]
    case .match(let key, let value): node.sequence?.first { $0[key]?.string == value }
    }
  }

  /// Members, indices and equality filters of a JSON path; what else it says matches nothing.
  private static func steps(_ path: String) -> [Step] {
    var steps: [Step] = []
    var rest = path[...]
    while let next = rest.popFirst() {
      if next == "[" {
        let text = rest.prefix { $0 != "]" }
        rest = rest.dropFirst(text.count + 1)
        steps.append(bracket(text))
      } else {
        var name = next == "." ? "" : String(next)
        while let character = rest.first, character != ".", character != "[" {
          rest.removeFirst()
          // `\.` is a dot in a name.
          name.append(character == "\\" ? rest.popFirst() ?? character : character)
        }
        if !name.isEmpty { steps.append(.member(name)) }
      }
    }
    return steps
  }

  private static func bracket(_ text: Substring) -> Step {
    if let index = Int(text) { return .item(index) }
    guard text.hasPrefix("?(@."), text.hasSuffix(")") else { return .member(unquoted(text)) }
    let sides = text.dropFirst(4).dropLast().split(separator: "=")
    return sides.count == 2 ? .match(key: unquoted(sides[0]), value: unquoted(sides[1])) : .member("")
  }

  private static func unquoted(_ text: Substring) -> String { text.filter { !"\"' ".contains($0) } }
}
