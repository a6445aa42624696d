package import Manifest

/// Arguments that name a field of the Rollout (`valueFrom.fieldRef`).
package enum FieldReference {
  /// The field's value as text.
  ///
  /// `metadata…` follows the downward API of pods; every other path walks through the object, `[i]` into lists, and must end
  /// at a text, a number or a boolean (`utils/analysis`, extractValueFromRollout).
  /// - Throws: ``ArgumentProblem`` for a field that is not there.
  package static func value(of path: String, in object: Node) throws(ArgumentProblem) -> String {
    if path.hasPrefix("metadata") { return try metadata(path, object["metadata"] ?? .null) }
    var node = object
    for part in path.split(whereSeparator: { ".[]".contains($0) }) {
      switch node.value {
      case .sequence(let nodes):
        guard let index = Int(part) else { throw problem("invalid index '\(Visible.text(String(part)))'") }
        guard nodes.indices.contains(index) else { throw problem("index \(index) out of range") }
        node = nodes[index]
      case .mapping(let mapping): node = mapping[String(part)] ?? .null
      default: throw problem("invalid path \(Visible.text(path)) in rollout")
      }
    }
    switch node.value {
    case .null: throw problem("invalid path \(Visible.text(path)) in rollout")
    case .sequence, .mapping: throw problem("path \(Visible.text(path)) in rollout must terminate in a primitive value")
    case .string(let text): return text
    case .bool(let flag): return flag ? "true" : "false"
    // Every number goes through a float there.
    case .int(let number): return ExprText.of(Double(number))
    case .uint(let number): return ExprText.of(Double(number))
    case .double(let number): return ExprText.of(number)
    }
  }

  private static func metadata(_ path: String, _ metadata: Node) throws(ArgumentProblem) -> String {
    switch path {
    case "metadata.name", "metadata.namespace", "metadata.uid":
      return metadata[String(path.dropFirst("metadata.".count))]?.string ?? ""
    case "metadata.labels", "metadata.annotations":
      let members = metadata[String(path.dropFirst("metadata.".count))].textMembers
      return members.keys.sorted().map { "\($0)=\(JSON.text(.string(members[$0] ?? "")))" }.joined(separator: "\n")
    default: break
    }
    for field in ["labels", "annotations"] {
      let prefix = "metadata.\(field)['"
      guard path.hasPrefix(prefix), path.hasSuffix("']"), path.utf8.count > prefix.utf8.count + 2 else { continue }
      return metadata[field]?[String(path.dropFirst(prefix.count).dropLast(2))]?.string ?? ""
    }
    throw problem("unsupported fieldPath: \(Visible.text(path))")
  }

  private static func problem(_ message: String) -> ArgumentProblem { ArgumentProblem(message: message, mark: .none) }
}
