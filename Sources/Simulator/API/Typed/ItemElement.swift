import Manifest

extension TypeTable {
  /// The path element of a list item: `k:{"name":"web"}` or `v:"a"`; nil for an item that can have none.
  func element(of item: Node, in list: ListType) -> String? {
    switch list.identity {
    case .position: nil
    case .value: Self.valueElement(item)
    case .keys(let keys): Self.keyElement(item, keys)
    }
  }

  private static func valueElement(_ item: Node) -> String? {
    switch item.value {
    case .mapping, .sequence, .null: nil
    default: "v:" + JSON.text(item)
    }
  }

  private static func keyElement(_ item: Node, _ keys: [ListType.Key]) -> String? {
    guard let members = item.mapping else { return nil }
    var text = "k:{"
    for key in keys {
      let value: String
      if let node = members[key.name] {
        value = scalarText(node)
      } else if let fallback = key.fallback {
        value = fallback
      } else {
        continue
      }
      if text.utf8.count > 3 { text += "," }
      text += "\"\(key.name)\":"
      text += value
    }
    return text.utf8.count > 3 ? text + "}" : nil
  }

  /// JSON of a scalar, short for the plain strings that names are.
  private static func scalarText(_ node: Node) -> String {
    if case .string(let text) = node.value, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) {
      return "\"\(text)\""
    }
    return JSON.text(node)
  }

  /// Why an item has no path element.
  func whyNoElement(_ item: Node, in list: ListType) -> String {
    guard case .keys(let keys) = list.identity else {
      return switch item.value {
      case .mapping: "associative list without keys has an element that's a map type"
      case .sequence: "not supported: associative list with lists as elements"
      default: "associative list without keys has an element that's an explicit null"
      }
    }
    if item.isNull { return "associative list with keys may not have a null element" }
    guard item.mapping != nil else { return "associative list with keys may not have non-map elements" }
    let names = keys.map { "\"\($0.name)\"" }.joined(separator: " ")
    return "associative list with keys has an element that omits all key fields [\(names)] "
      + "(and doesn't have default values for any key fields)"
  }
}
