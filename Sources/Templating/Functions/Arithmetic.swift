extension Function {
  /// Sprig's arithmetic: on int64, and on float64 with names ending in `f`.
  static let arithmetic: [Function] =
    [
      Function("add1", 1) { a, _ in .int64(a[0].integer &+ 1) },
      Function("add", 0...) { a, _ in .int64(a.values.reduce(0) { $0 &+ $1.integer }) },
      Function("sub", 2) { a, _ in .int64(a[0].integer &- a[1].integer) },
      Function("mul", 1...) { a, _ in .int64(a.values.reduce(1) { $0 &* $1.integer }) },
      Function("div", 2) { a, _ in
        guard a[1].integer != 0 else { throw a.failure("integer divide by zero") }
        return .int64(a[0].integer.dividedReportingOverflow(by: a[1].integer).partialValue)
      },
      Function("mod", 2) { a, _ in
        guard a[1].integer != 0 else { throw a.failure("integer divide by zero") }
        return .int64(a[0].integer.remainderReportingOverflow(dividingBy: a[1].integer).partialValue)
      },
      Function("add1f", 1) { a, _ in .float(Decimal.apply(.add, a[0].number, 1)) },
      Function("addf", 1...) { a, _ in fold(a, .add) },
      Function("subf", 1...) { a, _ in fold(a, .subtract) },
      Function("mulf", 1...) { a, _ in fold(a, .multiply) },
      Function("divf", 1...) { a, _ in
        guard !a.from(1).contains(where: { $0.number == 0 }) else { throw a.failure("decimal division by 0") }
        return fold(a, .divide)
      },
      Function("min", 1...) { a, _ in .int64(a.values.map(\.integer).min() ?? 0) },
      Function("maxf", 1...) { a, _ in .float(a.values.map(\.number).max() ?? 0) },
      Function("minf", 1...) { a, _ in .float(a.values.map(\.number).min() ?? 0) },
      Function("ceil", 1) { a, _ in .float(a[0].number.rounded(.up)) },
      Function("floor", 1) { a, _ in .float(a[0].number.rounded(.down)) },
      Function("round", 2...3) { a, _ in .float(rounded(a[0].number, a[1].number, a.count > 2 ? a[2].number : 0.5)) },
      Function("until", 1) { a, run in
        let count = try a.int(0)
        return try integers(from: 0, to: count, by: count < 0 ? -1 : 1, &run)
      },
      Function("untilStep", 3) { a, run in
        try integers(from: try a.int(0), to: try a.int(1), by: try a.int(2), &run)
      },
      Function("seq", 0...) { a, run in try sequence(a, &run) },
    ] + Function("max", 1...) { a, _ in .int64(a.values.map(\.integer).max() ?? 0) }.also("biggest")

  private static func fold(_ a: Arguments, _ operation: Decimal.Operation) -> GoValue {
    .float(a.from(1).reduce(a[0].number) { Decimal.apply(operation, $0, $1.number) })
  }

  private static func rounded(_ number: Double, _ places: Double, _ roundOn: Double) -> Double {
    var power = 1.0
    for _ in 0..<Int(max(0, min(abs(places.isNaN ? 0 : places), 400))) { power *= 10 }
    if places < 0 { power = 1 / power }
    let digit = power * number
    let fraction = digit - digit.rounded(.towardZero)
    return (fraction >= roundOn ? digit.rounded(.up) : digit.rounded(.down)) / power
  }

  private static func integers(from start: Int, to stop: Int, by step: Int, _ run: inout Run) throws -> GoValue {
    let runs = stop < start ? step < 0 : step > 0
    guard runs else { return .list(GoList([], element: .int)) }
    let (distance, overflow) = stop.subtractingReportingOverflow(start)
    let count = overflow ? UInt.max : (distance.magnitude - (distance == 0 ? 0 : 1)) / step.magnitude + 1
    try run.budget.makeList(count: distance == 0 ? 0 : Int(clamping: count))
    return .list(GoList(stride(from: start, to: stop, by: step).map { GoValue.int($0) }, element: .int))
  }

  /// Like the shell's seq: the end belongs to it.
  private static func sequence(_ a: Arguments, _ run: inout Run) throws -> GoValue {
    let numbers = try a.values.indices.map { try a.int($0) }
    var (start, step, end) = (1, 1, 0)
    switch numbers.count {
    case 1: end = numbers[0]
    case 2: (start, end) = (numbers[0], numbers[1])
    case 3: (start, step, end) = (numbers[0], numbers[1], numbers[2])
    default: return .string("")
    }
    let direction = end < start ? -1 : 1
    if numbers.count < 3 { step = direction }
    if direction < 0, step > 0 { return .string("") }
    let (stop, overflow) = end.addingReportingOverflow(direction)
    guard !overflow else { throw a.failure("the range is too large") }
    guard case .list(let list) = try integers(from: start, to: stop, by: step, &run) else { return .string("") }
    return try run.text(try GoValue.list(list).textList(&run).joined(separator: " "))
  }
}
