import Manifest
import Templating

extension QueryRun {
  mutating func call(
    _ function: QueryFunction, _ arguments: [QueryExpression], _ input: QueryItem, _ sink: Sink
  ) throws(QueryStop) {
    switch function {
    case .empty: break
    case .error: throw .failed
    case .not, .length, .type, .tostring, .tonumber, .keys, .keysUnsorted, .toEntries, .fromEntries, .asciiDowncase,
      .asciiUpcase:
      try spend(input.value.size)
      try sink(QueryItem(path: nil, value: try QueryValues.of(function, input.value)))
    case .strings, .numbers, .booleans, .nulls, .arrays, .objects, .iterables, .scalars, .values:
      if QueryValues.isOf(function, input.value) { try sink(input) }
    case .select:
      for test in try results(arguments[0], input) where test.value.isTruthy { try sink(input) }
    case .recurse: try recurse(arguments.first, input, sink)
    case .map:
      try made(.array(.pipe(.each(base: .identity), arguments[0])), input, sink)
    case .withEntries:
      let changed = QueryExpression.array(.pipe(.each(base: .identity), arguments[0]))
      try made(.pipe(.pipe(.call(.toEntries, []), changed), .call(.fromEntries, [])), input, sink)
    case .first, .last: try end(function, arguments.first, input, sink)
    case .any, .all: try quantify(function, arguments.first, input, sink)
    case .has, .startswith, .endswith, .ltrimstr, .rtrimstr, .contains, .inside, .test:
      try relate(function, arguments, input, sink)
    }
  }

  private mutating func made(_ expression: QueryExpression, _ input: QueryItem, _ sink: Sink) throws(QueryStop) {
    try evaluate(expression, QueryItem(path: nil, value: input.value), sink)
  }

  private mutating func recurse(_ step: QueryExpression?, _ input: QueryItem, _ sink: Sink) throws(QueryStop) {
    guard let step else { return try descend(input, sink) }
    var pending = [input]
    while let item = pending.popLast() {
      try spend()
      try sink(item)
      pending += try results(step, item).reversed()
    }
  }

  private mutating func end(
    _ function: QueryFunction, _ argument: QueryExpression?, _ input: QueryItem, _ sink: Sink
  ) throws(QueryStop) {
    guard let argument else {
      let index: Int64 = function == .first ? 0 : -1
      return try evaluate(.member(base: .identity, key: .literal(Node(.int(index)))), input, sink)
    }
    let items = try results(argument, input)
    if let item = function == .first ? items.first : items.last { try sink(item) }
  }

  private mutating func quantify(
    _ function: QueryFunction, _ argument: QueryExpression?, _ input: QueryItem, _ sink: Sink
  ) throws(QueryStop) {
    var flags: [Bool] = []
    for item in try results(.each(base: .identity), input) {
      for flag in try results(argument ?? .identity, item) { flags.append(flag.value.isTruthy) }
    }
    let holds = function == .any ? flags.contains(true) : !flags.contains(false)
    try sink(QueryItem(path: nil, value: Node(.bool(holds))))
  }

  private mutating func relate(
    _ function: QueryFunction, _ arguments: [QueryExpression], _ input: QueryItem, _ sink: Sink
  ) throws(QueryStop) {
    let flags = try arguments.dropFirst().first.map { flags throws(QueryStop) in try results(flags, input) }
    for argument in try results(arguments[0], input) {
      try spend(input.value.size + argument.value.size)
      let value = try QueryValues.relate(function, input.value, argument.value, flags: flags?.first?.value.string ?? "")
      try sink(QueryItem(path: nil, value: value))
    }
  }
}

/// Functions over values alone.
enum QueryValues {
  static func of(_ function: QueryFunction, _ node: Node) throws(QueryStop) -> Node {
    switch (function, node.value) {
    case (.not, _): return Node(.bool(!node.isTruthy))
    case (.type, _): return .string(TypeTable.jsonKind(node) == "bool" ? "boolean" : TypeTable.jsonKind(node))
    case (.tostring, .string): return node
    case (.tostring, _): return .string(JSON.text(node))
    case (.tonumber, .int), (.tonumber, .uint), (.tonumber, .double): return node
    case (.tonumber, .string(let text)):
      if let whole = Int64(text) { return Node(.int(whole)) }
      guard let number = Double(text), number.isFinite else { throw .failed }
      return Node(.double(number))
    case (.length, .null): return Node(.int(0))
    case (.length, .string(let text)): return Node(.int(Int64(text.unicodeScalars.count)))
    case (.length, .sequence(let items)): return Node(.int(Int64(items.count)))
    case (.length, .mapping(let members)): return Node(.int(Int64(members.count)))
    case (.keys, .mapping(let members)): return .sequence(members.keys.sorted().map(Node.string))
    case (.keysUnsorted, .mapping(let members)): return .sequence(members.keys.map(Node.string))
    case (.keys, .sequence(let items)), (.keysUnsorted, .sequence(let items)):
      return .sequence(items.indices.map { Node(.int(Int64($0))) })
    case (.toEntries, .mapping(let members)):
      return .sequence(members.map { .mapping(["key": .string($0.key), "value": $0.value]) })
    case (.fromEntries, .sequence(let entries)): return try object(entries)
    case (.asciiDowncase, .string(let text)): return .string(mapped(text) { $0.lowercased() })
    case (.asciiUpcase, .string(let text)): return .string(mapped(text) { $0.uppercased() })
    default: throw .failed
    }
  }

  private static func mapped(_ text: String, _ change: (Character) -> String) -> String {
    text.map { $0.isASCII ? change($0) : String($0) }.joined()
  }

  private static func object(_ entries: [Node]) throws(QueryStop) -> Node {
    var object = Mapping()
    for entry in entries {
      guard let key = (entry["key"] ?? entry["name"])?.string else { throw .failed }
      object[key] = entry["value"] ?? .null
    }
    return .mapping(object)
  }

  static func isOf(_ function: QueryFunction, _ node: Node) -> Bool {
    switch function {
    case .strings: node.string != nil
    case .numbers: node.number != nil
    case .booleans: node.bool != nil
    case .nulls: node.isNull
    case .values: !node.isNull
    case .arrays: node.sequence != nil
    case .objects: node.mapping != nil
    case .iterables: node.isIterable
    case .scalars: !node.isIterable
    default: false
    }
  }

  static func relate(_ function: QueryFunction, _ node: Node, _ other: Node, flags: String) throws(QueryStop) -> Node {
    switch (function, node.value, other.value) {
    case (.startswith, .string(let text), .string(let part)): return Node(.bool(text.hasPrefix(part)))
    case (.endswith, .string(let text), .string(let part)): return Node(.bool(text.hasSuffix(part)))
    case (.ltrimstr, .string(let text), .string(let part)) where text.hasPrefix(part):
      return .string(String(text.dropFirst(part.count)))
    case (.rtrimstr, .string(let text), .string(let part)) where text.hasSuffix(part):
      return .string(String(text.dropLast(part.count)))
    case (.ltrimstr, _, _), (.rtrimstr, _, _): return node
    case (.has, .mapping(let members), .string(let key)): return Node(.bool(members[key] != nil))
    case (.has, .sequence(let items), .int(let index)): return Node(.bool(items.indices.contains(Int(clamping: index))))
    case (.contains, _, _): return Node(.bool(try contains(node, other)))
    case (.inside, _, _): return Node(.bool(try contains(other, node)))
    case (.test, .string(let text), .string(let pattern)):
      let prefix = flags.contains("i") ? "(?i)" : ""
      guard let regex = try? LinearRegex(prefix + pattern) else { throw .failed }
      return Node(.bool(regex.matches(text)))
    default: throw .failed
    }
  }

  private static func contains(_ node: Node, _ part: Node) throws(QueryStop) -> Bool {
    switch (node.value, part.value) {
    case (.string(let text), .string(let part)): return part.isEmpty || text.contains(part)
    case (.sequence(let items), .sequence(let parts)):
      for part in parts {
        var isThere = false
        for item in items where TypeTable.jsonKind(item) == TypeTable.jsonKind(part) && !isThere {
          isThere = try contains(item, part)
        }
        if !isThere { return false }
      }
      return true
    case (.mapping(let members), .mapping(let parts)):
      for part in parts {
        guard let member = members[part.key], try contains(member, part.value) else { return false }
      }
      return true
    default:
      guard TypeTable.jsonKind(node) == TypeTable.jsonKind(part) else { throw .failed }
      return QueryOrder.compare(node, part) == 0
    }
  }
}
