package import Manifest

/// Data as the text that Go's `%v` makes of it, numbers being float64 unless ``Numbers`` says otherwise.
package enum GoText {
  package static func of(_ node: Node, _ numbers: Numbers = .floats) -> String {
    switch node.value {
    case .string(let text): text
    case .null: "<nil>"
    case .bool(let flag): flag ? "true" : "false"
    case .int(let number): numbers == .asWritten ? String(number) : GoFloat.shortest(Double(number))
    case .uint(let number): GoFloat.shortest(Double(number))
    case .double(let number): GoFloat.shortest(number)
    case .sequence(let nodes): "[" + nodes.map { of($0, numbers) }.joined(separator: " ") + "]"
    case .mapping(let mapping):
      "map["
        + mapping.members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { $0.key + ":" + of($0.value, numbers) }.joined(separator: " ") + "]"
    }
  }
}
