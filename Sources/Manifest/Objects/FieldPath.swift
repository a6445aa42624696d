/// How paths of ``FieldSet`` are shown to people, as the API server's conflict messages show them.
package enum FieldPath {
  /// `["f:spec", "f:containers", "k:{\"name\":\"web\"}", "f:image"]` → `.spec.containers[name="web"].image`.
  package static func text(_ path: some Sequence<String>) -> String {
    path.map(text(of:)).joined()
  }

  private static func text(of element: String) -> String {
    switch element.prefix(2) {
    case "f:": "." + element.dropFirst(2)
    case "k:": "[" + keys(element.dropFirst(2)) + "]"
    case "v:": "[=" + element.dropFirst(2) + "]"
    case "i:": "[" + element.dropFirst(2) + "]"
    default: "." + element
    }
  }

  /// `{"containerPort":80,"protocol":"TCP"}` → `containerPort=80,protocol="TCP"`.
  private static func keys(_ json: Substring) -> String {
    var text = ""
    var name = ""
    var inString = false
    var escaped = false
    var readsName = true
    for character in json {
      if inString {
        if character == "\"" && !escaped {
          inString = false
          if !readsName { text.append("\"") }
        } else if readsName {
          name.append(character)
        } else {
          text.append(character)
        }
        escaped = character == "\\" && !escaped
        continue
      }
      switch character {
      case "\"":
        inString = true
        if !readsName { text.append("\"") }
      case ":" where readsName:
        text += name + "="
        name = ""
        readsName = false
      case ",":
        text.append(",")
        readsName = true
      case "{", "}": break
      default: text.append(character)
      }
    }
    return text
  }

  /// The path of a JSON Pointer (RFC 6901) through members of objects: `/spec/replicas` → `["f:spec", "f:replicas"]`.
  /// Nil for a pointer that does not begin with a slash.
  package static func path(ofPointer pointer: String) -> [String]? {
    guard pointer.hasPrefix("/") else { return nil }
    return pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
      "f:" + $0.replacing("~1", with: "/").replacing("~0", with: "~")
    }
  }
}
