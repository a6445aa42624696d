extension Function {
  /// Sprig's questions about types.
  static let reflection: [Function] = [
    Function("typeOf", 1) { a, _ in .string(a[0].typeName) },
    Function("kindOf", 1) { a, _ in .string(a[0].kindName) },
    Function("typeIs", 2) { a, _ in .bool(try a.string(0) == a[1].typeName) },
    Function("typeIsLike", 2) { a, _ in
      let (wanted, name) = (try a.string(0), a[1].typeName)
      return .bool(wanted == name || "*" + wanted == name)
    },
    Function("kindIs", 2) { a, _ in .bool(try a.string(0) == a[1].kindName) },
    Function("deepEqual", 2) { a, run in .bool(try Equality.same(a[0], a[1], &run)) },
  ]
}
