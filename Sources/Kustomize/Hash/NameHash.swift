import Manifest

/// The suffix that kustomize gives to generated names: ten characters made from the content's SHA-256.
///
/// The content is data, kind and, for a Secret, type; the name in it is always empty.
enum NameHash {
  static func suffix(for resource: Resource) -> String {
    var digest = SHA256.hex(
      of: JSON.write(content(of: resource), JSON.WriteOptions(sortsKeys: true, escapesHTML: true)))
    digest.removeLast(digest.count - 10)
    return String(digest.map(letter))
  }

  /// Characters that make words or look like others are replaced.
  private static func letter(_ digit: Character) -> Character {
    switch digit {
    case "0": "g"
    case "1": "h"
    case "3": "k"
    case "a": "m"
    case "e": "t"
    default: digit
    }
  }

  private static func content(of resource: Resource) -> Node {
    let root = resource.mapping
    var content = Mapping()
    switch resource.gvk.kind {
    case "ConfigMap":
      if let binary = root["binaryData"], !binary.isNull { content["binaryData"] = data(binary) }
      content["data"] = data(root["data"])
      content["kind"] = .string("ConfigMap")
      content["name"] = .string("")
    case "Secret":
      content["data"] = data(root["data"])
      content["kind"] = .string("Secret")
      content["name"] = .string("")
      if let plain = root["stringData"], !plain.isNull { content["stringData"] = data(plain) }
      content["type"] = .string(root["type"]?.scalarText ?? "")
    default: return .mapping(root)
    }
    return .mapping(content)
  }

  private static func data(_ node: Node?) -> Node {
    guard let node, !node.isNull else { return .string("") }
    return node.isScalar ? .string(node.scalarText ?? "") : node.reread
  }
}
