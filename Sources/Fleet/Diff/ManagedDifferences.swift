import Manifest

/// Fields that a named manager owns and whose values differ (`managedFieldsManagers`).
enum ManagedDifferences {
  /// Takes them out of all sides.
  static func remove(of managers: Set<String>, _ managedFields: Node?, in sides: inout ComparedSides) {
    var paths: [[String]] = []
    for entry in managedFields?.sequence ?? [] {
      guard let manager = entry["manager"]?.string, managers.contains(manager), let fields = entry["fieldsV1"]?.mapping
      else { continue }
      paths += FieldSet(fields)?.leaves ?? []
    }
    let differing = paths.filter { path in
      let live = pointer(path, in: sides.live)
      let desired = pointer(path, in: sides.desired)
      return live.flatMap { $0.node(in: sides.live) } != desired.flatMap { $0.node(in: sides.desired) }
    }
    remove(differing, from: &sides.live)
    remove(differing, from: &sides.desired)
    if var last = sides.lastApplied {
      remove(differing, from: &last)
      sides.lastApplied = last
    }
  }

  private static func remove(_ paths: [[String]], from node: inout Node) {
    let pointers = paths.compactMap { pointer($0, in: node) }
    // Later items of a list first, so that indices keep their meaning.
    for pointer in pointers.sorted(by: { comesAfter($0, $1) }) { node.remove(at: pointer.tokens[...]) }
  }

  private static func comesAfter(_ a: JSONPointer, _ b: JSONPointer) -> Bool {
    for (x, y) in zip(a.tokens, b.tokens) where x != y {
      if let x = JSONPointer.index(x), let y = JSONPointer.index(y) { return x > y }
      return x > y
    }
    return a.tokens.count > b.tokens.count
  }

  /// Where a path of a field set leads in a tree; nil where it leads nowhere.
  private static func pointer(_ path: [String], in root: Node) -> JSONPointer? {
    var node = root
    var tokens: [String] = []
    for element in path {
      guard let (token, next) = step(element, in: node) else { return nil }
      tokens.append(token)
      node = next
    }
    return JSONPointer(tokens: tokens)
  }

  private static func step(_ element: String, in node: Node) -> (token: String, node: Node)? {
    let text = String(element.dropFirst(2))
    switch element.prefix(2) {
    case "f:": return node[text].map { (text, $0) }
    case "i:": return Int(text).flatMap { index in node[index].map { (String(index), $0) } }
    case "k:":
      guard let keys = (try? JSON.parse(Array(text.utf8)))?.mapping else { return nil }
      return item(in: node) { item in keys.allSatisfy { item[$0.key] == $0.value } }
    case "v:":
      guard let value = try? JSON.parse(Array(text.utf8)) else { return nil }
      return item(in: node) { $0 == value }
    default: return nil
    }
  }

  private static func item(in node: Node, _ predicate: (Node) -> Bool) -> (token: String, node: Node)? {
    guard let items = node.sequence, let index = items.firstIndex(where: predicate) else { return nil }
    return (String(index), items[index])
  }
}
