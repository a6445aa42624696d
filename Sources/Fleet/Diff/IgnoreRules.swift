package import Manifest

/// The fields that do not count in a comparison (`ignoreDifferences`), ready to be followed.
///
/// Groups and kinds are globs, names and namespaces exact; a group that is left out is the core group. What a rule names is
/// taken out of both objects.
package struct IgnoreRules: Sendable {
  private struct Rule: Sendable {
    var group: Glob
    var kind: Glob
    var name: String
    var namespace: String
    var pointers: [JSONPointer]
    var queries: [QueryExpression]
    var managers: Set<String>

    func matches(_ object: Object) -> Bool {
      group.matches(object.gvk.group) && kind.matches(object.gvk.kind) && (name.isEmpty || name == object.name)
        && (namespace.isEmpty || namespace == object.namespace)
    }
  }

  private let rules: [Rule]

  package static let none = IgnoreRules(rules: [])

  private init(rules: [Rule]) { self.rules = rules }

  /// - Parameter file: where the rules stand, for diagnostics.
  /// - Throws: ``Diagnostics`` `diff.jq-syntax`, and `diff.jq-unsupported` for what jq can do and Muster does not.
  package init(_ rules: [IgnoreDifference], file: String? = nil) throws(Diagnostics) {
    var problems: [Diagnostic] = []
    var read: [Rule] = []
    for rule in rules {
      var queries: [QueryExpression] = []
      for text in rule.jqPathExpressions {
        do throws(QueryProblem) {
          queries.append(try QueryParser.parse(text))
        } catch {
          problems.append(Self.diagnostic(error, text, file))
        }
      }
      read.append(
        Rule(
          group: Glob(rule.group), kind: Glob(rule.kind), name: rule.name, namespace: rule.namespace,
          pointers: rule.jsonPointers.compactMap(JSONPointer.init), queries: queries,
          managers: Set(rule.managedFieldsManagers)))
    }
    guard problems.isEmpty else { throw Diagnostics(problems) }
    self.rules = read
  }

  /// What is wrong with a jq path expression; nil for a good one.
  static func problem(with text: String) -> Diagnostic? {
    do throws(QueryProblem) {
      _ = try QueryParser.parse(text)
      return nil
    } catch {
      return diagnostic(error, text, nil)
    }
  }

  private static func diagnostic(_ problem: QueryProblem, _ text: String, _ file: String?) -> Diagnostic {
    Diagnostic(
      problem.isUnsupported ? "diff.jq-unsupported" : "diff.jq-syntax",
      "jqPathExpressions '\(Visible.text(String(text.prefix(100))))': \(problem.message)",
      at: file.map { SourceLocation(file: $0) },
      help: problem.isUnsupported ? "paths, select, comparisons and the common functions are understood" : nil)
  }

  /// The places in an object that rules name by pointer or query, and that are there.
  /// - Throws: ``Diagnostics`` `diff.jq-budget` where an expression does not come to an end.
  func places(in object: Object) throws(Diagnostics) -> [[QueryItem.Step]] {
    var places: [[QueryItem.Step]] = []
    let root = Node.mapping(object.root)
    for rule in rules where rule.matches(object) {
      places += rule.pointers.compactMap { root.place(of: $0.tokens) }
      for query in rule.queries {
        do throws(QueryStop) {
          places += try QueryRun.places(query, in: root) ?? []
        } catch {
          throw Self.exhausted(object)
        }
      }
    }
    return places.filter { !$0.isEmpty }
  }

  /// The managers whose fields in an object do not count.
  func managers(of object: Object) -> Set<String> {
    rules.filter { $0.matches(object) }.reduce(into: []) { $0.formUnion($1.managers) }
  }

  private static func exhausted(_ object: Object) -> Diagnostics {
    Diagnostics(
      Diagnostic(
        "diff.jq-budget", "a jq path expression for \(object.gvk.kind) takes too long",
        help: "name the field by a plain path or a JSON pointer"))
  }

  /// Takes what the rules name out of all sides.
  /// - Parameter managedFields: those of the live object.
  /// - Throws: ``Diagnostics`` `diff.jq-budget` where an expression does not come to an end.
  func apply(to object: Object, managedFields: Node?, in sides: inout ComparedSides) throws(Diagnostics) {
    let matching = rules.filter { $0.matches(object) }
    for rule in matching where !rule.managers.isEmpty {
      ManagedDifferences.remove(of: rule.managers, managedFields, in: &sides)
    }
    for rule in matching {
      for pointer in rule.pointers where !pointer.tokens.isEmpty {
        sides.editEach { $0.remove(at: pointer.tokens[...]) }
      }
      for query in rule.queries {
        do throws(QueryStop) {
          try sides.removeEach(query)
        } catch {
          throw Self.exhausted(object)
        }
      }
    }
  }
}

extension ComparedSides {
  fileprivate mutating func editEach(_ body: (inout Node) -> Void) {
    body(&live)
    body(&desired)
    if var last = lastApplied {
      body(&last)
      lastApplied = last
    }
  }

  fileprivate mutating func removeEach(_ query: QueryExpression) throws(QueryStop) {
    try live.remove(query)
    try desired.remove(query)
    try lastApplied?.remove(query)
  }
}

extension Node {
  /// Takes out what stands at the end of a pointer; nothing where there is none.
  mutating func remove(at path: ArraySlice<String>) {
    guard let first = path.first else { return }
    switch value {
    case .mapping(var members):
      guard members[first] != nil else { return }
      if path.count == 1 { members[first] = nil } else { members[first]?.remove(at: path.dropFirst()) }
      value = .mapping(members)
    case .sequence(var items):
      guard let index = JSONPointer.index(first), items.indices.contains(index) else { return }
      if path.count == 1 { items.remove(at: index) } else { items[index].remove(at: path.dropFirst()) }
      value = .sequence(items)
    default: break
    }
  }

  /// Takes out every place that a query names.
  fileprivate mutating func remove(_ query: QueryExpression) throws(QueryStop) {
    guard let places = try QueryRun.places(query, in: self) else { return }
    removeAll(places)
  }

  /// Where the tokens of a pointer lead; nil where nothing stands there.
  fileprivate func place(of tokens: [String]) -> [QueryItem.Step]? {
    var place: [QueryItem.Step] = []
    var node = self
    for token in tokens {
      if let items = node.sequence {
        guard let index = JSONPointer.index(token), items.indices.contains(index) else { return nil }
        place.append(.index(index))
        node = items[index]
      } else {
        guard let below = node[token] else { return nil }
        place.append(.key(token))
        node = below
      }
    }
    return place
  }

  /// Takes these places out, last ones first, so that indices keep their meaning.
  mutating func removeAll(_ places: [[QueryItem.Step]]) {
    for place in places.sorted(by: { Self.comesAfter($0, $1) }) { remove(place[...]) }
  }

  private static func comesAfter(_ a: [QueryItem.Step], _ b: [QueryItem.Step]) -> Bool {
    for (x, y) in zip(a, b) where x != y {
      switch (x, y) {
      case (.index(let x), .index(let y)), (.slice(let x, _), .index(let y)), (.index(let x), .slice(let y, _)):
        return x > y
      case (.slice(let x, _), .slice(let y, _)): return x > y
      case (.key(let x), .key(let y)): return x > y
      default: return false
      }
    }
    return a.count > b.count
  }

  private mutating func remove(_ place: ArraySlice<QueryItem.Step>) {
    guard let first = place.first else { return }
    switch (first, value) {
    case (.key(let key), .mapping(var members)):
      guard members[key] != nil else { return }
      if place.count == 1 { members[key] = nil } else { members[key]?.remove(place.dropFirst()) }
      value = .mapping(members)
    case (.index(let index), .sequence(var items)):
      guard items.indices.contains(index) else { return }
      if place.count == 1 { items.remove(at: index) } else { items[index].remove(place.dropFirst()) }
      value = .sequence(items)
    case (.slice(let from, let to), .sequence(var items)):
      let range = min(max(from, 0), items.count)..<min(max(from, to, 0), items.count)
      guard place.count == 1 else {
        var part = Node.sequence(Array(items[range]))
        part.remove(place.dropFirst())
        items.replaceSubrange(range, with: part.sequence ?? [])
        value = .sequence(items)
        return
      }
      items.removeSubrange(range)
      value = .sequence(items)
    default: break
    }
  }
}
