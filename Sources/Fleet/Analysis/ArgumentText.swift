package import Manifest

/// Arguments in the texts of a metric: `{{args.name}}`.
enum ArgumentText {
  /// The name of each tag, with the text around it.
  private enum Piece {
    case text(Substring)
    /// What stands between the braces.
    case tag(Substring)
  }

  static func hasTags(_ node: Node?) -> Bool {
    guard let text = node?.string else { return false }
    return text.contains("{{")
  }

  /// Nil for a tag without an end.
  private static func pieces(of text: String) -> [Piece]? {
    var pieces: [Piece] = []
    var rest = text[...]
    while let open = rest.firstRange(of: "{{") {
      guard let close = rest[open.upperBound...].firstRange(of: "}}") else { return nil }
      pieces.append(.text(rest[..<open.lowerBound]))
      pieces.append(.tag(rest[open.upperBound..<close.lowerBound]))
      rest = rest[close.upperBound...]
    }
    return pieces + [.text(rest)]
  }

  private static func trimmed(_ tag: Substring) -> String {
    var scalars = tag.unicodeScalars[...]
    while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(String.UnicodeScalarView(scalars))
  }

  /// The names of the arguments that a node's texts use, `args.` left out, with the place of each text. A tag that is no
  /// argument is there as it is written.
  static func uses(in node: Node) -> [(name: String, isArgument: Bool, mark: SourceMark)] {
    switch node.value {
    case .string(let text):
      return (pieces(of: text) ?? []).compactMap { piece in
        guard case .tag(let tag) = piece else { return nil }
        let name = trimmed(tag)
        let isArgument = name.hasPrefix("args.")
        return (isArgument ? String(name.dropFirst(5)) : name, isArgument, node.mark)
      }
    case .sequence(let nodes): return nodes.flatMap(uses)
    case .mapping(let mapping):
      return mapping.members.flatMap { uses(in: Node(.string($0.key), mark: $0.keyMark)) + uses(in: $0.value) }
    default: return []
    }
  }

  /// Puts arguments in, in every text below a node.
  /// - Throws: ``ArgumentProblem``, worded as Argo Rollouts words it.
  static func filled(_ node: Node, _ arguments: [String: String]) throws(ArgumentProblem) -> Node {
    var node = node
    switch node.value {
    case .string(let text):
      if text.contains("{{") { node.value = .string(try filled(text, arguments, node.mark)) }
    case .sequence(let nodes):
      var filledNodes: [Node] = []
      for inner in nodes { filledNodes.append(try filled(inner, arguments)) }
      node.value = .sequence(filledNodes)
    case .mapping(let mapping):
      var filledMapping = Mapping(minimumCapacity: mapping.count)
      for member in mapping {
        let key = member.key.contains("{{") ? try filled(member.key, arguments, member.keyMark) : member.key
        _ = filledMapping.append(
          Mapping.Member(key: key, keyMark: member.keyMark, value: try filled(member.value, arguments)))
      }
      node.value = .mapping(filledMapping)
    default: break
    }
    return node
  }

  private static let maximumBytes = 1 << 20

  private static func filled(
    _ text: String, _ arguments: [String: String], _ mark: SourceMark
  ) throws(ArgumentProblem) -> String {
    guard let pieces = pieces(of: text) else {
      throw ArgumentProblem(message: "a tag {{ has no end }}", mark: mark)
    }
    var filled = ""
    for piece in pieces {
      switch piece {
      case .text(let text): filled += text
      case .tag(let tag):
        let name = trimmed(tag)
        guard name.hasPrefix("args."), let value = arguments[String(name.dropFirst(5))] else {
          throw ArgumentProblem(message: "failed to resolve {{\(tag)}}", mark: mark)
        }
        filled += value
      }
      guard filled.utf8.count <= maximumBytes else {
        throw ArgumentProblem(message: "a text has more than \(maximumBytes) bytes with its arguments", mark: mark)
      }
    }
    return filled
  }
}

/// Why arguments cannot be put in.
package struct ArgumentProblem: Error, Sendable, Equatable {
  package var message: String
  package var mark: SourceMark

  package init(message: String, mark: SourceMark) {
    self.message = message
    self.mark = mark
  }
}
