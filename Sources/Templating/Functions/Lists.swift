extension Function {
  /// Sprig's functions that look into lists.
  static let lists: [Function] =
    Function("list", 0...) { a, run in try run.list(a.values) }.also("tuple")
    + Function("first", 1) { a, _ in try a.list(0).values.first ?? .null }.also("mustFirst")
    + Function("last", 1) { a, _ in try a.list(0).values.last ?? .null }.also("mustLast")
    + Function("rest", 1) { a, _ in try part(a) { $0.dropFirst() } }.also("mustRest")
    + Function("initial", 1) { a, _ in try part(a) { $0.dropLast() } }.also("mustInitial")
    + Function("slice", 1...) { a, _ in try slice(a) }.also("mustSlice")
    + Function("has", 2) { a, run in try has(a, &run) }.also("mustHas")
    + [
      Function("sortAlpha", 1) { a, run in
        try run.texts(try a[0].textList(&run).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
      }
    ]

  /// Of a list without members, again none.
  private static func part(_ a: Arguments, _ cut: (ArraySlice<GoValue>) -> ArraySlice<GoValue>) throws -> GoValue {
    let list = try a.list(0)
    return .list(GoList(Array(cut(list.values[...]))))
  }

  private static func slice(_ a: Arguments) throws -> GoValue {
    guard case .list(let list) = a[0] else {
      throw a.failure("list should be type of slice or array but \(a[0].kindName)")
    }
    let count = list.values.count
    if count == 0 { return .null }
    let start = a.count > 1 ? Decimal.clamped(a[1].number) : 0
    let end = a.count > 2 ? Decimal.clamped(a[2].number) : Int64(count)
    guard start >= 0, start <= end, end <= Int64(count) else {
      throw a.failure("slice index out of range: [\(start):\(end)] of \(count)")
    }
    return .list(GoList(Array(list.values[Int(start)..<Int(end)]), element: list.element))
  }

  private static func has(_ a: Arguments, _ run: inout Run) throws -> GoValue {
    if a[1].isNothing { return .bool(false) }
    for value in try a.list(1).values where try Equality.same(value, a[0], &run) { return .bool(true) }
    return .bool(false)
  }
}

/// reflect.DeepEqual.
enum Equality {
  static func same(_ a: GoValue, _ b: GoValue, _ run: inout Run) throws -> Bool {
    try run.enter()
    defer { run.leave() }
    switch (a, b) {
    case (.absent, .absent), (.absent, .null), (.null, .absent), (.null, .null): return true
    case (.bool(let a), .bool(let b)): return a == b
    case (.int(let a, let s), .int(let b, let t)): return a == b && s == t
    case (.float(let a), .float(let b)): return a == b
    case (.string(let a), .string(let b)): return a == b
    case (.time(let a), .time(let b)): return a == b
    case (.version(let a), .version(let b)): return a == b
    case (.complex(let a), .complex(let b)): return a == b
    case (.certificate(let a), .certificate(let b)): return a == b
    case (.list(let a), .list(let b)):
      guard a.element == b.element, a.values.count == b.values.count else { return false }
      for (x, y) in zip(a.values, b.values) where try !same(x, y, &run) { return false }
      return true
    case (.map(let a), .map(let b)):
      if a === b { return true }
      guard a.element == b.element, a.members.count == b.members.count else { return false }
      for (key, x) in a.members {
        guard let y = b.members[key], try same(x, y, &run) else { return false }
      }
      return true
    default: return false
    }
  }
}
