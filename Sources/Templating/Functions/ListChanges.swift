extension Function {
  /// Sprig's functions that make lists of lists.
  static let listChanges: [Function] =
    Function("append", 2) { a, run in try run.list(try a.list(0).values + [a[1]]) }
    .also("push", "mustAppend", "mustPush")
    + Function("prepend", 2) { a, run in try run.list([a[1]] + (try a.list(0).values)) }.also("mustPrepend")
    + Function("reverse", 1) { a, run in try run.list(try a.list(0).values.reversed()) }.also("mustReverse")
    + Function("compact", 1) { a, run in try run.list(try a.list(0).values.filter(\.isTrue)) }.also("mustCompact")
    + Function("uniq", 1) { a, run in try distinct(try a.list(0).values, &run) }.also("mustUniq")
    + Function("without", 1...) { a, run in try without(a, &run) }.also("mustWithout")
    + Function("chunk", 2) { a, run in try chunks(a, &run) }.also("mustChunk")
    + [
      Function("concat", 0...) { a, run in
        var values: [GoValue] = []
        for value in a.values {
          guard case .list(let list) = value else { throw a.failure("cannot concat type \(value.kindName) as list") }
          values += list.values
        }
        return try run.list(values)
      }
    ]

  private static func distinct(_ values: [GoValue], _ run: inout Run) throws -> GoValue {
    var kept: [GoValue] = []
    for value in values where try !kept.contains(where: { try Equality.same($0, value, &run) }) { kept.append(value) }
    return try run.list(kept)
  }

  private static func without(_ a: Arguments, _ run: inout Run) throws -> GoValue {
    let omitted = a.from(1)
    let values = try a.list(0).values.filter { value in
      try !omitted.contains { try Equality.same($0, value, &run) }
    }
    return try run.list(values)
  }

  private static func chunks(_ a: Arguments, _ run: inout Run) throws -> GoValue {
    let (size, values) = (try a.int(0), try a.list(1).values)
    guard size > 0 else { throw a.failure("the size of a chunk must be above 0") }
    let chunks = stride(from: 0, to: values.count, by: size).map { start in
      GoValue.values(Array(values[start..<min(start + min(size, values.count), values.count)]))
    }
    return try run.list(chunks)
  }
}
