import Manifest

/// The functions that every expression has (expr's `builtin`).
struct ExprFunctions {
  typealias Spend = (Int) throws(ExprError) -> Void

  private let function: ExprFunction
  private let arguments: [ExprValue]

  /// - Parameter now: in nanoseconds since 1970.
  /// - Parameter spend: is told of the elements or bytes that are made, before they are.
  static func call(
    _ function: ExprFunction, _ arguments: [ExprValue], now: Int, spend: Spend
  ) throws(ExprError) -> ExprValue {
    let call = ExprFunctions(function: function, arguments: arguments)
    switch function {
    case .len, .type, .abs, .ceil, .floor, .round, .int, .float, .string: return try call.onOne(spend)
    case .max, .min: return try call.extreme()
    case .mean, .median: return try call.average()
    case .now: return .time(now)
    case .duration, .date, .timezone: return try call.onTimes()
    case .toJSON, .fromJSON, .toBase64, .fromBase64: return try call.encoded(spend)
    case .first, .last, .get, .take, .keys, .values, .toPairs, .fromPairs, .reverse, .uniq, .concat, .flatten, .sort:
      return try call.onCollection(spend)
    case .bitand, .bitor, .bitxor, .bitnand, .bitshl, .bitshr, .bitushr, .bitnot: return try call.onBits()
    case .trim, .trimPrefix, .trimSuffix, .upper, .lower, .split, .splitAfter, .replace, .repeat, .join, .indexOf,
      .lastIndexOf, .hasPrefix, .hasSuffix:
      return try call.onText(spend)
    }
  }

  // MARK: Arguments

  private func argument(_ index: Int) throws(ExprError) -> ExprValue {
    guard index < arguments.count else { throw ExprError(.run, "\(function.rawValue) needs more arguments") }
    return arguments[index]
  }

  private func text(_ index: Int) throws(ExprError) -> String {
    let value = try argument(index)
    guard case .string(let text) = value else { throw wrong(value) }
    return text
  }

  private func integer(_ index: Int) throws(ExprError) -> Int {
    let value = try argument(index)
    guard case .int(let number) = value else { throw wrong(value) }
    return number
  }

  private func list(_ index: Int) throws(ExprError) -> ExprList {
    let value = try argument(index)
    guard case .list(let list) = value else { throw wrong(value) }
    return list
  }

  private func wrong(_ value: ExprValue) -> ExprError {
    ExprError(.run, "\(function.rawValue) does not take \(value.typeName)")
  }

  // MARK: One value

  private func onOne(_ spend: Spend) throws(ExprError) -> ExprValue {
    let value = try argument(0)
    switch (function, value) {
    case (.type, _): return .string(value.typeName)
    case (.string, _):
      let text = ExprText.of(value)
      try spend(text.utf8.count)
      return .string(text)
    case (.len, .string(let text)): return .int(text.unicodeScalars.count)
    case (.len, .list(let list)): return .int(list.items.count)
    case (.len, .map(let map)): return .int(map.count)
    case (.abs, .int(let number)): return .int(number < 0 ? 0 &- number : number)
    case (.abs, .float(let number)): return .float(number < 0 ? -number : number)
    case (.ceil, .float(let number)): return .float(number.rounded(.up))
    case (.floor, .float(let number)): return .float(number.rounded(.down))
    case (.round, .float(let number)): return .float(number.rounded(.toNearestOrAwayFromZero))
    case (.ceil, .int(let number)), (.floor, .int(let number)), (.round, .int(let number)), (.float, .int(let number)):
      return .float(Double(number))
    case (.float, .float): return value
    case (.int, .int(let number)), (.int, .duration(let number)): return .int(number)
    case (.int, .float(let number)): return .int(ExprNumber.int(number))
    case (.int, .string(let text)):
      guard let number = Int(text) else { throw ExprError(.run, "int: \(ExprText.shown(value)) is no integer") }
      return .int(number)
    case (.float, .string(let text)):
      guard let number = ExprNumber.float(text) else {
        throw ExprError(.run, "float: \(ExprText.shown(value)) is no number")
      }
      return .float(number)
    default: throw wrong(value)
    }
  }

  // MARK: Numbers of lists

  /// The largest or smallest; nil of nothing. A NaN is kept only where it comes first, as in expr.
  private func extreme() throws(ExprError) -> ExprValue {
    if arguments.count == 1, let value = arguments.first {
      switch value {
      case .int, .float, .list: break
      default: return value
      }
    }
    return try extreme(of: arguments, depth: 0)
  }

  private func extreme(of values: [ExprValue], depth: Int) throws(ExprError) -> ExprValue {
    guard depth <= 100 else { throw ExprError(.limit, "the lists are nested too deeply") }
    var found = ExprValue.null
    for value in values {
      var candidate = value
      switch value {
      case .int, .float: break
      case .list(let list):
        candidate = try extreme(of: list.items, depth: depth + 1)
        if candidate.isNull { continue }
      default: throw wrong(value)
      }
      if found.isNull {
        found = candidate
      } else if function == .max {
        if try ExprOperators.isLess(found, candidate) { found = candidate }
      } else if try ExprOperators.isLess(candidate, found) {
        found = candidate
      }
    }
    return found
  }

  private func average() throws(ExprError) -> ExprValue {
    var numbers: [Double] = []
    try collect(arguments, into: &numbers, depth: 0)
    guard !numbers.isEmpty else { return .float(0) }
    if function == .mean { return .float(numbers.reduce(0, +) / Double(numbers.count)) }
    // Go sorts NaN before everything else.
    numbers.sort { $0 < $1 || ($0.isNaN && !$1.isNaN) }
    let middle = numbers.count / 2
    return .float(numbers.count % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2)
  }

  private func collect(_ values: [ExprValue], into numbers: inout [Double], depth: Int) throws(ExprError) {
    guard depth <= 100 else { throw ExprError(.limit, "the lists are nested too deeply") }
    for value in values {
      switch value {
      case .int(let number): numbers.append(Double(number))
      case .float(let number): numbers.append(number)
      case .list(let list): try collect(list.items, into: &numbers, depth: depth + 1)
      default: throw wrong(value)
      }
    }
  }

  // MARK: Bits

  private func onBits() throws(ExprError) -> ExprValue {
    let x = try integer(0)
    if function == .bitnot { return .int(~x) }
    let y = try integer(1)
    switch function {
    case .bitand: return .int(x & y)
    case .bitor: return .int(x | y)
    case .bitxor: return .int(x ^ y)
    case .bitnand: return .int(x & ~y)
    default: break
    }
    guard y >= 0 else { throw ExprError(.run, "\(function.rawValue): a shift is not negative") }
    switch function {
    case .bitshl: return .int(x << y)
    case .bitshr: return .int(x >> y)
    default: return .int(Int(bitPattern: UInt(bitPattern: x) >> UInt(y)))
    }
  }

  // MARK: Times

  private func onTimes() throws(ExprError) -> ExprValue {
    let text = try text(0)
    switch function {
    case .duration:
      guard Double(text) == nil || text == "0", let seconds = GoDuration.seconds(text),
        (seconds * 1e9).magnitude < 9.2e18
      else { throw ExprError(.run, "duration: \(ExprText.shown(.string(text))) is no duration such as 1h30m") }
      return .duration(ExprNumber.int((seconds * 1e9).rounded()))
    case .date:
      let isDay = text.utf8.count == 10
      guard arguments.count == 1,
        let time = AnalysisTime(isDay ? text + "T00:00:00Z" : text) ?? AnalysisTime(text + "Z")
      else { throw ExprError(.run, "date reads RFC 3339 and days alone, such as 2026-11-28") }
      return .time(time.nanoseconds)
    default: throw ExprError(.run, "\(function.rawValue) is not supported: times are UTC")
    }
  }

  // MARK: Encodings

  private func encoded(_ spend: Spend) throws(ExprError) -> ExprValue {
    switch function {
    case .toJSON:
      let node = try ExprConversions.node(of: try argument(0))
      let text = JSON.text(node, JSON.WriteOptions(sortsKeys: true, escapesHTML: true, indent: 2))
      try spend(text.utf8.count)
      return .string(text)
    case .fromJSON:
      let text = try text(0)
      try spend(text.utf8.count)
      do {
        return ExprConversions.value(of: try JSON.parse(Array(text.utf8)))
      } catch {
        throw ExprError(.run, "fromJSON: \(error.message)")
      }
    case .toBase64:
      let text = try text(0)
      try spend(text.utf8.count * 2)
      return .string(Base64.encode(Array(text.utf8)))
    default:
      guard let bytes = Base64.decode(try text(0)) else { throw ExprError(.run, "fromBase64: this is no Base64") }
      try spend(bytes.count)
      return .string(String(decoding: bytes, as: UTF8.self))
    }
  }

  // MARK: Collections

  private func onCollection(_ spend: Spend) throws(ExprError) -> ExprValue {
    switch function {
    case .first, .last: return firstOrLast()
    case .get: return try got()
    case .keys, .values, .toPairs: return try membersOfMap(spend)
    case .fromPairs: return try fromPairs(spend)
    case .take:
      let list = try list(0)
      let count = try integer(1)
      guard count >= 0 else { throw ExprError(.run, "take: a number of elements is not negative") }
      return .list(ExprList(Array(list.items.prefix(count)), kind: list.kind))
    case .concat:
      var items: [ExprValue] = []
      for index in arguments.indices {
        let part = try list(index).items
        try spend(part.count)
        items += part
      }
      return .list(ExprList(items))
    default:
      let list = try list(0)
      try spend(list.items.count)
      return try onList(list, spend)
    }
  }

  private func onList(_ list: ExprList, _ spend: Spend) throws(ExprError) -> ExprValue {
    switch function {
    case .reverse: return .list(ExprList(list.items.reversed()))
    case .uniq:
      var kept: [ExprValue] = []
      for item in list.items {
        try spend(item.hasParts ? kept.count * 16 : kept.count)
        if !kept.contains(where: { ExprOperators.isEqual(item, $0) }) { kept.append(item) }
      }
      return .list(ExprList(kept))
    case .flatten:
      var items: [ExprValue] = []
      try flatten(list.items, into: &items, depth: 0, spend)
      return .list(ExprList(items))
    default:
      let isDescending = try ExprConversions.isDescending(arguments.count > 1 ? arguments[1] : nil)
      return .list(ExprList(try ExprConversions.sorted(list.items, isDescending: isDescending) { $0 }))
    }
  }

  private func flatten(
    _ items: [ExprValue], into flat: inout [ExprValue], depth: Int, _ spend: Spend
  ) throws(ExprError) {
    guard depth <= 100 else { throw ExprError(.limit, "the lists are nested too deeply") }
    try spend(items.count)
    for item in items {
      if case .list(let list) = item {
        try flatten(list.items, into: &flat, depth: depth + 1, spend)
      } else {
        flat.append(item)
      }
    }
  }

  /// Nil where there is none; never an error.
  private func firstOrLast() -> ExprValue {
    let index = ExprValue.int(function == .first ? 0 : -1)
    guard let value = arguments.first, let item = try? ExprOperators.member(index, of: value) else { return .null }
    return item
  }

  /// Like `[ ]`, but nil where there is none.
  private func got() throws(ExprError) -> ExprValue {
    let value = try argument(0)
    let key = try argument(1)
    switch value {
    case .list, .string:
      _ = try ExprOperators.integer(key)
      return (try? ExprOperators.member(key, of: value)) ?? .null
    case .map(let map): return try ExprOperators.lookUp(key, in: map) ?? .null
    default: return .null
    }
  }

  private func membersOfMap(_ spend: Spend) throws(ExprError) -> ExprValue {
    let value = try argument(0)
    guard case .map(let map) = value else { throw wrong(value) }
    try spend(map.count)
    switch function {
    case .keys: return .list(ExprList(map.keys))
    case .values: return .list(ExprList(map.values))
    default: return .list(ExprList(zip(map.keys, map.values).map { .list(ExprList([$0, $1])) }))
    }
  }

  private func fromPairs(_ spend: Spend) throws(ExprError) -> ExprValue {
    let items = try list(0).items
    try spend(items.count)
    var map = ExprMap(hasTextKeys: false)
    for item in items {
      guard case .list(let pair) = item, pair.items.count == 2 else {
        throw ExprError(.run, "fromPairs takes lists of two elements each")
      }
      try map.set(pair.items[0], to: pair.items[1])
    }
    return .map(map)
  }

  // MARK: Text

  private func onText(_ spend: Spend) throws(ExprError) -> ExprValue {
    try ExprTextFunctions.call(
      function, count: arguments.count, text: text, integer: integer, list: list, spend: spend)
  }
}
