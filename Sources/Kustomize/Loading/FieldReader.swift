import Manifest

/// Reads the members of a mapping strictly, as Go's JSON decoder fills a struct: unknown members are errors, names match
/// whatever their case, null is as absent, and types are never converted.
struct FieldReader {
  let node: Node
  private var members: [String: Mapping.Member] = [:]

  /// - Parameters:
  ///   - subject: what is read, for messages: `a kustomization`, `an entry of 'images'`.
  ///   - known: the names of all fields.
  init(
    _ node: Node, as subject: String, known: [String], in problems: inout ProblemList
  ) {
    self.node = node
    guard case .mapping(let mapping) = node.value else {
      if !node.isNull { problems.add("\(subject) must be a mapping, not a \(node.value.kindName)", at: node.mark) }
      return
    }
    for member in mapping {
      guard let name = Self.match(member.key, among: known) else {
        problems.addUnknownField(member, of: subject, known: known)
        continue
      }
      if !member.value.isNull { members[name] = member }
    }
  }

  private static func match(_ key: String, among known: [String]) -> String? {
    if known.contains(key) { return key }
    let lowercased = key.lowercased()
    return known.first { $0.lowercased() == lowercased }
  }

  /// Whether there is nothing but these, nulls and empty texts.
  func isEmpty(beside names: Set<String>) -> Bool {
    members.allSatisfy { names.contains($0.key) || $0.value.value.string == "" }
  }

  func node(_ name: String) -> Node? { members[name]?.value }

  func mark(_ name: String) -> SourceMark { members[name]?.keyMark ?? node.mark }

  func text(_ name: String, in problems: inout ProblemList) -> Located<String>? {
    guard let node = node(name) else { return nil }
    return Self.text(node, "'\(name)'", in: &problems)
  }

  /// The text, or "" where there is none.
  func string(_ name: String, in problems: inout ProblemList) -> String { text(name, in: &problems)?.value ?? "" }

  static func text(_ node: Node, _ what: String, in problems: inout ProblemList) -> Located<String>? {
    if let text = node.string { return Located(text, node.mark, style: node.style) }
    if node.isNull { return nil }
    if problems.isLenient, let text = node.scalarText { return Located(text, node.mark) }
    problems.add(
      "\(what) must be a string, not a \(node.value.kindName)", at: node.mark,
      help: node.scalarText.map { "write it in quotes: \"\($0)\"" })
    return nil
  }

  func flag(_ name: String, in problems: inout ProblemList) -> Bool {
    guard let node = node(name) else { return false }
    if let flag = node.bool { return flag }
    problems.add("'\(name)' must be true or false, not a \(node.value.kindName)", at: node.mark)
    return false
  }

  func integer(_ name: String, in problems: inout ProblemList) -> Int64? {
    guard let node = node(name) else { return nil }
    if let number = node.int { return number }
    problems.add("'\(name)' must be a whole number, not a \(node.value.kindName)", at: node.mark)
    return nil
  }

  func list(_ name: String, in problems: inout ProblemList) -> [Node] {
    guard let node = node(name) else { return [] }
    if let nodes = node.sequence { return nodes }
    problems.add("'\(name)' must be a list, not a \(node.value.kindName)", at: node.mark)
    return []
  }

  func texts(_ name: String, in problems: inout ProblemList) -> [Located<String>] {
    var texts: [Located<String>] = []
    for node in list(name, in: &problems) {
      if node.isNull { texts.append(Located("", node.mark)) }
      if let text = Self.text(node, "an entry of '\(name)'", in: &problems) { texts.append(text) }
    }
    return texts
  }

  func textMap(_ name: String, in problems: inout ProblemList) -> [String: String] {
    locatedTexts(name, in: &problems).mapValues(\.value)
  }

  /// Each key with its text, a null as empty.
  func locatedTexts(_ name: String, in problems: inout ProblemList) -> [String: Located<String>] {
    guard let node = node(name) else { return [:] }
    guard let mapping = node.mapping else {
      problems.add("'\(name)' must be a mapping, not a \(node.value.kindName)", at: node.mark)
      return [:]
    }
    var texts: [String: Located<String>] = [:]
    for member in mapping {
      if member.value.isNull {
        texts[member.key] = Located("", member.value.mark)
      } else {
        texts[member.key] = Self.text(member.value, "'\(name).\(member.key)'", in: &problems)
      }
    }
    return texts
  }
}

/// Problems of one file, collected.
struct ProblemList {
  let file: String
  /// Whether a boolean or a number is taken as text where a text belongs, as in the files of transformers.
  let isLenient: Bool
  /// Whether unknown members are passed over.
  let ignoresUnknown: Bool
  private(set) var all: [Diagnostic] = []
  private static let maximum = 50

  /// - Parameter ignoresUnknown: nil where that goes with leniency.
  init(file: String, isLenient: Bool = false, ignoresUnknown: Bool? = nil) {
    self.file = file
    self.isLenient = isLenient
    self.ignoresUnknown = ignoresUnknown ?? isLenient
  }

  var isEmpty: Bool { all.isEmpty }

  mutating func add(
    _ message: String, at mark: SourceMark, code: String = "kustomize.invalid-field", help: String? = nil
  ) {
    guard all.count < Self.maximum else { return }
    all.append(Diagnostic(code, message, at: SourceLocation(file: file, mark: mark), help: help))
  }

  mutating func addUnknownField(_ member: Mapping.Member, of subject: String, known: [String]) {
    if ignoresUnknown { return }
    let nearest = NearestName.of(member.key, among: known)
    add(
      "\(subject) has no field '\(member.key)'", at: member.keyMark, code: "kustomize.unknown-field",
      help: nearest.map { "did you mean '\($0)'?" })
  }
}
