import Manifest

/// A path as kustomize's field specs write it: segments divided by `/` (`\/` escapes one); sequences are walked without
/// being named, `[]` after a segment says that it must be one.
struct FieldPath: Hashable, Sendable, CustomStringConvertible {
  struct Segment: Hashable, Sendable {
    var name: String
    var isSequence: Bool
  }

  fileprivate static let wildcard = "*"

  let text: String
  let segments: [Segment]

  init(_ text: String) {
    self.text = text
    segments = Self.split(text, by: "/").map { part in
      part.hasSuffix("[]")
        ? Segment(name: String(part.dropLast(2)), isSequence: true) : Segment(name: part, isSequence: false)
    }
  }

  var description: String { text }

  static func == (a: FieldPath, b: FieldPath) -> Bool { a.text == b.text }
  func hash(into hasher: inout Hasher) { hasher.combine(text) }

  /// Splits at `separator`, which a backslash before it escapes; one leading separator is dropped.
  static func split(_ text: String, by separator: Character) -> [String] {
    if let byte = separator.asciiValue, !text.utf8.contains(UInt8(ascii: "\\")) {
      // Nearly every path, some hundred of them before the first build.
      let parts = text.utf8.split(separator: byte, omittingEmptySubsequences: false).map { String(Substring($0)) }
      return parts.count > 1 && parts[0].isEmpty ? Array(parts.dropFirst()) : parts
    }
    var parts = text.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    if parts.count > 1 && parts[0].isEmpty { parts.removeFirst() }
    var result: [String] = []
    for part in parts {
      if let last = result.last, last.hasSuffix("\\") {
        result[result.count - 1] = last.dropLast() + String(separator) + part
      } else {
        result.append(part)
      }
    }
    return result
  }
}

extension FieldPath.Segment {
  /// - Throws: ``FieldError`` for what no mapping is asked for.
  fileprivate func check(_ mark: SourceMark) throws(FieldError) {
    if name.isEmpty { throw FieldError(message: "a path has an empty field name", mark: mark) }
    if name == FieldPath.wildcard { throw FieldError(message: "a field path may not have '*' in it", mark: mark) }
  }
}

/// Why a field could not be followed or written.
struct FieldError: Error {
  var message: String
  var mark: SourceMark
}

extension Node {
  /// What a path may create where it leads to nothing.
  enum Creation { case nothing, mapping, scalar }

  /// Calls `body` with every node at `path`, creating what is missing if asked to.
  /// - Throws: ``FieldError`` where a scalar stands in the way; what `body` throws.
  mutating func edit(
    at path: ArraySlice<FieldPath.Segment>, creating: Creation, _ body: (inout Node) throws -> Void
  ) throws {
    guard let segment = path.first else { return try body(&self) }
    switch value {
    case .null: return
    case .sequence(var nodes):
      value = .null
      defer { value = .sequence(nodes) }
      for position in nodes.indices { try nodes[position].edit(at: path, creating: creating, body) }
    case .mapping(var mapping):
      value = .null
      defer { value = .mapping(mapping) }
      try mapping.edit(segment, rest: path.dropFirst(), creating: creating, body)
    default:
      throw FieldError(message: "expected a mapping or a sequence, found a \(value.kindName)", mark: mark)
    }
  }

  /// Whether anything stands at `path`, or would be created, that an edit reaches.
  func reaches(_ path: ArraySlice<FieldPath.Segment>) -> Bool {
    guard let segment = path.first else { return true }
    switch value {
    case .sequence(let nodes): return nodes.contains { $0.reaches(path) }
    case .mapping(let mapping):
      if segment.name == FieldPath.wildcard { return true }
      guard let node = mapping[segment.name] else { return false }
      return node.isNull && segment.isSequence || node.reaches(path.dropFirst())
    case .null: return false
    // Let the edit say what is wrong.
    default: return true
    }
  }

  /// Calls `body` with every node at `path`, without changing anything.
  func visit(_ path: ArraySlice<FieldPath.Segment>, _ body: (Node) throws -> Void) throws {
    guard let segment = path.first else { return try body(self) }
    switch value {
    case .null: return
    case .sequence(let nodes): for node in nodes { try node.visit(path, body) }
    case .mapping(let mapping):
      try segment.check(mark)
      try mapping[segment.name]?.visit(path.dropFirst(), body)
    default: throw FieldError(message: "expected a mapping or a sequence, found a \(value.kindName)", mark: mark)
    }
  }
}

extension Mapping {
  fileprivate mutating func edit(
    _ segment: FieldPath.Segment, rest: ArraySlice<FieldPath.Segment>, creating: Node.Creation,
    _ body: (inout Node) throws -> Void
  ) throws {
    try segment.check(.none)
    let creates = creating != .nothing && !segment.isSequence
    if self[segment.name] == nil {
      guard creates else { return }
      self[segment.name] = rest.isEmpty && creating == .scalar ? .null : .mapping(Mapping())
    } else if self[segment.name]?.isNull == true, segment.isSequence || creates {
      // A present null takes the kind that the path says.
      if segment.isSequence {
        self[segment.name]?.value = .sequence([])
      } else if !rest.isEmpty || creating == .mapping {
        self[segment.name]?.value = .mapping(Mapping())
      }
    }
    guard let position = position(of: segment.name) else { return }
    try updateValue(at: position) { try $0.edit(at: rest, creating: creating, body) }
  }
}
