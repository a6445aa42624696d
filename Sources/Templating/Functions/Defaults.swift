extension Function {
  /// Sprig's choices between values, where empty means null, zero, false and no members.
  static let defaults: [Function] = [
    Function("default", 1...) { a, _ in a.count < 2 || !a[1].isTrue ? a[0] : a[1] },
    Function("empty", 1) { a, _ in .bool(!a[0].isTrue) },
    Function("coalesce", 0...) { a, _ in a.values.first { $0.isTrue } ?? .null },
    Function("all", 0...) { a, _ in .bool(a.values.allSatisfy(\.isTrue)) },
    Function("any", 0...) { a, _ in .bool(a.values.contains { $0.isTrue }) },
    Function("ternary", 3) { a, _ in try a.bool(2) ? a[0] : a[1] },
  ]
}
