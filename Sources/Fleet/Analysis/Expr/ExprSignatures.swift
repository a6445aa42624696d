/// What the functions of expr take and give.
enum ExprSignatures {
  /// - Throws: ``ExprError`` where no overload takes arguments of these types.
  static func type(of function: ExprFunction, _ types: [ExprType], at offset: Int) throws(ExprError) -> ExprType {
    guard let type = result(of: function, types) else {
      let given = types.isEmpty ? "nothing" : types.map(\.name).joined(separator: ", ")
      throw ExprError(.type, "\(function.rawValue) does not take \(given)", at: offset)
    }
    return type
  }

  private static func result(of function: ExprFunction, _ types: [ExprType]) -> ExprType? {
    switch function {
    case .len, .abs, .ceil, .floor, .round, .int, .float, .type, .string: one(function, types)
    case .max, .min, .mean, .median: aggregate(types)
    case .first, .last, .get, .take, .keys, .values, .toPairs, .fromPairs, .reverse, .uniq, .concat, .flatten, .sort:
      collection(function, types)
    default: text(function, types)
    }
  }

  private static func one(_ function: ExprFunction, _ types: [ExprType]) -> ExprType? {
    guard types.count == 1, let type = types.first else { return nil }
    let isNumeric = type.isNumber || type == .duration || type.isUnknown
    switch function {
    case .type, .string: return .string
    case .len:
      if case .map = type { return .int }
      return type == .string || type.isList || type.isUnknown ? .int : nil
    case .abs: return type.isNumber || type.isUnknown ? type : nil
    case .ceil, .floor, .round: return type.isNumber || type.isUnknown ? .float : nil
    case .int: return isNumeric || type == .string ? .int : nil
    case .float: return type.isNumber || type.isUnknown || type == .string ? .float : nil
    default: return nil
    }
  }

  private static func aggregate(_ types: [ExprType]) -> ExprType? {
    for type in types {
      if type.isUnknown || type.isList { return .any }
      if !type.isNumber { return nil }
    }
    return types.first
  }

  private static func collection(_ function: ExprFunction, _ types: [ExprType]) -> ExprType? {
    guard let type = types.first else { return nil }
    let isList = type.isList || type.isUnknown
    var isMap = type.isUnknown
    if case .map = type { isMap = true }
    switch (function, types.count) {
    case (.first, 1), (.last, 1): return type.isUnknown ? .any : isList ? type.nominalElement : nil
    case (.get, 2): return get(type, types[1])
    case (.take, 2): return isList && (types[1] == .int || types[1].isUnknown) ? type : nil
    case (.keys, 1), (.values, 1), (.toPairs, 1): return isMap ? .anyList : nil
    case (.fromPairs, 1): return isList ? .map(of: .any, hasTextKeys: false) : nil
    case (.reverse, 1), (.uniq, 1), (.flatten, 1): return isList ? .anyList : nil
    case (.concat, _): return types.allSatisfy { $0.isList || $0.isUnknown } ? .anyList : nil
    case (.sort, 1), (.sort, 2):
      return isList && (types.count == 1 || types[1] == .string || types[1].isUnknown) ? .anyList : nil
    default: return nil
    }
  }

  private static func get(_ type: ExprType, _ key: ExprType) -> ExprType? {
    switch type {
    case .unknown, .any: .unknown
    case .list(let element, _): key == .int || key.isUnknown ? element : nil
    case .map(let element, let hasTextKeys): !hasTextKeys || key == .string || key.isUnknown ? element : nil
    default: nil
    }
  }

  /// Functions with fixed parameters: each overload as `s` for text, `i` for an integer, `l` for a list, `*` for all.
  private static func text(_ function: ExprFunction, _ types: [ExprType]) -> ExprType? {
    let (overloads, result): ([String], ExprType)
    switch function {
    case .trim, .trimPrefix, .trimSuffix: (overloads, result) = (["s", "ss"], .string)
    case .upper, .lower, .toBase64, .fromBase64: (overloads, result) = (["s"], .string)
    case .split, .splitAfter: (overloads, result) = (["ss", "ssi"], .strings)
    case .replace: (overloads, result) = (["sss", "sssi"], .string)
    case .repeat: (overloads, result) = (["si"], .string)
    case .join: (overloads, result) = (["l", "ls"], .string)
    case .indexOf, .lastIndexOf: (overloads, result) = (["ss"], .int)
    case .hasPrefix, .hasSuffix: (overloads, result) = (["ss"], .bool)
    case .toJSON: (overloads, result) = (["*"], .string)
    case .fromJSON: (overloads, result) = (["s"], .any)
    case .now: (overloads, result) = ([""], .time)
    case .duration: (overloads, result) = (["s"], .duration)
    case .date: (overloads, result) = (["s", "ss", "sss"], .time)
    case .timezone: (overloads, result) = (["s"], .any)
    case .bitand, .bitor, .bitxor, .bitnand, .bitshl, .bitshr, .bitushr: (overloads, result) = (["ii"], .int)
    case .bitnot: (overloads, result) = (["i"], .int)
    default: return nil
    }
    return overloads.contains { fits(types, $0) } ? result : nil
  }

  private static func fits(_ types: [ExprType], _ overload: String) -> Bool {
    types.count == overload.utf8.count
      && zip(types, overload).allSatisfy { type, letter in
        if type.isUnknown { return true }
        switch letter {
        case "s": return type == .string
        case "i": return type == .int
        case "l":
          if case .list(_, let kind) = type { return kind != .floats }
          return false
        default: return true
        }
      }
  }
}
