import Manifest

/// jq's order over all values: null, false, true, numbers, strings, arrays, objects.
enum QueryOrder {
  /// Below, at or above zero.
  static func compare(_ a: Node, _ b: Node) -> Int {
    let (left, right) = (rank(a), rank(b))
    if left != right { return left < right ? -1 : 1 }
    switch (a.value, b.value) {
    case (.string(let a), .string(let b)): return a == b ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
    case (.int(let a), .int(let b)): return a == b ? 0 : a < b ? -1 : 1
    case (.sequence(let a), .sequence(let b)):
      for (x, y) in zip(a, b) {
        let order = compare(x, y)
        if order != 0 { return order }
      }
      return a.count == b.count ? 0 : a.count < b.count ? -1 : 1
    case (.mapping(let a), .mapping(let b)):
      let keys = (a.keys.sorted(), b.keys.sorted())
      if keys.0 != keys.1 { return keys.0.lexicographicallyPrecedes(keys.1) ? -1 : 1 }
      for key in keys.0 {
        let order = compare(a[key] ?? .null, b[key] ?? .null)
        if order != 0 { return order }
      }
      return 0
    default:
      let (x, y) = (a.number ?? 0, b.number ?? 0)
      return x == y ? 0 : x < y ? -1 : 1
    }
  }

  private static func rank(_ node: Node) -> Int {
    switch node.value {
    case .null: 0
    case .bool(let flag): flag ? 2 : 1
    case .int, .uint, .double: 3
    case .string: 4
    case .sequence: 5
    case .mapping: 6
    }
  }
}

extension Node {
  /// Everything but false and null.
  var isTruthy: Bool { !isNull && bool != false }

  var isIterable: Bool { sequence != nil || mapping != nil }

  var number: Double? {
    switch value {
    case .int(let number): Double(number)
    case .uint(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  /// What looking at the whole value costs, in steps.
  var size: Int {
    switch value {
    case .string(let text): 1 + text.utf8.count / 16
    case .sequence(let items): items.reduce(1) { $0 + $1.size }
    case .mapping(let members): members.reduce(1) { $0 + $1.value.size }
    default: 1
    }
  }
}
