package import Manifest

/// One set of parameters that a generator gives, for one Application.
///
/// Which members are typed maps of text (labels, annotations, `values`) shows in Go templates: an absent label is `""`
/// to `index`, an absent key of free data is nothing.
package struct Parameters: Sendable, Equatable {
  /// The data; text parameters alone where templates are not Go templates.
  package var root: Mapping
  /// Paths of the mappings in ``root`` that hold nothing but text by their type; `*` stands for the members of a list.
  package var textMaps: Set<[String]>
  /// What Go templates take the numbers in ``root`` for.
  package var numbers = Numbers.floats

  package init(_ root: Mapping = Mapping(), textMaps: Set<[String]> = []) {
    self.root = root
    self.textMaps = textMaps
  }

  /// Names and paths that a template can use, sorted: what a message about a missing one lists.
  package var paths: [String] {
    var paths: [String] = []
    collect(.mapping(root), [], into: &paths)
    return paths.sorted()
  }

  private func collect(_ node: Node, _ path: [String], into paths: inout [String]) {
    guard path.count < 4, paths.count < 200, let mapping = node.mapping, !mapping.isEmpty else {
      if !path.isEmpty { paths.append(path.joined(separator: ".")) }
      return
    }
    for member in mapping { collect(member.value, path + [member.key], into: &paths) }
  }

  /// How many values there are, nested ones included.
  package var size: Int { Self.size(.mapping(root)) }

  private static func size(_ node: Node) -> Int {
    switch node.value {
    case .mapping(let mapping): mapping.members.reduce(1) { $0 + size($1.value) }
    case .sequence(let nodes): nodes.reduce(1) { $0 + size($1) }
    case .null, .bool, .int, .uint, .double, .string: 1
    }
  }

  /// The values that a Go template is run on.
  func goValue() -> GoValue { GoValue(.mapping(root), numbers, textMaps: textMaps.map { $0[...] }) }
}

/// What becomes of numbers in data.
package enum Numbers: Sendable {
  /// All are float64, as Go decodes JSON: 1000000 prints 1e+06.
  case floats
  /// Those that are written as integers, up to 64 bits with a sign, are `int`.
  case asWritten
}

extension GoValue {
  /// Data as Go decodes it, with the mappings at `textMaps` typed as maps of text.
  fileprivate init(_ node: Node, _ numbers: Numbers, textMaps: [ArraySlice<String>]) {
    guard !textMaps.isEmpty else {
      self.init(node, numbers)
      return
    }
    switch node.value {
    case .mapping(let mapping):
      var members: [String: GoValue] = [:]
      members.reserveCapacity(mapping.count)
      for member in mapping {
        members[member.key] = GoValue(member.value, numbers, textMaps: Self.below(member.key, textMaps))
      }
      let isText = textMaps.contains { $0.isEmpty }
      self = .map(GoMap(members, element: isText ? .string : .any))
    case .sequence(let nodes):
      let below = Self.below("*", textMaps)
      self = .list(GoList(nodes.map { GoValue($0, numbers, textMaps: below) }))
    default: self.init(node, numbers)
    }
  }

  private static func below(_ key: String, _ paths: [ArraySlice<String>]) -> [ArraySlice<String>] {
    paths.compactMap { $0.first == key ? $0.dropFirst() : nil }
  }
}
