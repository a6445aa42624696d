extension Function {
  /// Sprig's functions on maps. Where Go's order is random, ours is sorted by key.
  static let dictionaries: [Function] =
    [
      Function("dict", 0...) { a, run in
        let map = GoMap()
        for index in stride(from: 0, to: a.count, by: 2) {
          map.members[try a[index].text(&run)] = index + 1 < a.count ? a[index + 1] : .string("")
        }
        return .map(map)
      },
      Function("get", 2) { a, _ in try a.map(0).members[try a.string(1)] ?? .string("") },
      Function("set", 3) { a, run in
        try run.budget.makeList(count: try a.map(0).members.count + 1)
        try a.map(0).members[try a.string(1)] = a[2]
        return a[0]
      },
      Function("unset", 2) { a, _ in
        try a.map(0).members[try a.string(1)] = nil
        return a[0]
      },
      Function("hasKey", 2) { a, _ in .bool(try a.map(0).members[try a.string(1)] != nil) },
      Function("pluck", 1...) { a, run in
        let key = try a.string(0)
        return try run.list(try a.values.indices.dropFirst().compactMap { try a.map($0).members[key] })
      },
      Function("keys", 0...) { a, run in
        try run.texts(try a.values.indices.flatMap { try a.map($0).sortedKeys })
      },
      Function("values", 1) { a, run in
        let map = try a.map(0)
        return try run.list(map.sortedKeys.compactMap { map.members[$0] })
      },
      Function("pick", 1...) { a, _ in
        let keys = Set(try a.values.indices.dropFirst().map { try a.string($0) })
        return .map(GoMap(try a.map(0).members.filter { keys.contains($0.key) }))
      },
      Function("omit", 1...) { a, _ in
        let keys = Set(try a.values.indices.dropFirst().map { try a.string($0) })
        return .map(GoMap(try a.map(0).members.filter { !keys.contains($0.key) }))
      },
      Function("dig", 3...) { a, _ in try dig(a) },
    ]
    + Function("merge", 1...) { a, run in try merged(a, overwriting: false, &run) }.also("mustMerge")
    + Function("mergeOverwrite", 1...) { a, run in try merged(a, overwriting: true, &run) }
    .also("mustMergeOverwrite")
    + Function("deepCopy", 1) { a, run in
      guard !a[0].isNothing else { throw a.failure("cannot copy nil") }
      return try copy(a[0], &run)
    }.also("mustDeepCopy")

  private static func dig(_ a: Arguments) throws -> GoValue {
    var map = try a.map(a.count - 1)
    let fallback = a[a.count - 2]
    let keys = try (0..<(a.count - 2)).map { try a.string($0) }
    for (depth, key) in keys.enumerated() {
      guard let member = map.members[key] else { return fallback }
      if depth == keys.count - 1 { return member }
      guard case .map(let inner) = member else {
        throw a.failure("the value of '\(key)' is no map but \(member.typeName)")
      }
      map = inner
    }
    return fallback
  }

  private static func merged(_ a: Arguments, overwriting: Bool, _ run: inout Run) throws -> GoValue {
    let target = try a.map(0)
    for index in a.values.indices.dropFirst() {
      try merge(try a.map(index), into: target, overwriting: overwriting, &run)
    }
    return a[0]
  }

  /// What is empty in `target` is filled; with `overwriting` everything but maps, which merge, is replaced.
  private static func merge(_ source: GoMap, into target: GoMap, overwriting: Bool, _ run: inout Run) throws {
    if source === target { return }
    try run.enter()
    defer { run.leave() }
    for key in source.sortedKeys {
      guard let value = source.members[key] else { continue }
      try run.budget.spend(1)
      if case .map(let inner) = value, case .map(let existing)? = target.members[key], !existing.members.isEmpty {
        try merge(inner, into: existing, overwriting: overwriting, &run)
      } else if overwriting || !(target.members[key]?.isTrue ?? false) {
        target.members[key] = value
      }
    }
  }

  static func copy(_ value: GoValue, _ run: inout Run) throws -> GoValue {
    try run.enter()
    defer { run.leave() }
    switch value {
    case .list(let list):
      try run.budget.makeList(count: list.values.count)
      return .list(GoList(try list.values.map { try copy($0, &run) }, element: list.element))
    case .map(let map):
      try run.budget.makeList(count: map.members.count)
      return .map(GoMap(try map.members.mapValues { try copy($0, &run) }, element: map.element))
    default: return value
    }
  }
}
