/// Values of operands, fields and calls.
extension Evaluator {
  mutating func evaluate(_ operand: Operand, _ dot: GoValue) throws -> GoValue {
    try state.budget.spend(1)
    switch operand.kind {
    case .dot: return dot
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .int(let number): return .int(number, .int)
    case .float(let number): return .float(number)
    case .complex(let number): return .complex(number)
    case .string(let text): return .string(text)
    case .field(let path): return try fields(path[...], of: dot, operand)
    case .variable(let path):
      return try fields(path.dropFirst(), of: try variable(path[0], at: operand.offset), operand)
    case .chain(let base, let path):
      let value = try evaluate(base, dot)
      if case .null = value {
        throw TemplateError(.evaluation, "nil pointer evaluating \(operand.source)", at: operand.offset)
      }
      return try fields(path[...], of: value, operand)
    case .function(let function): return try call(function, operand, [], dot, piped: nil)
    case .pipeline(let pipeline): return try evaluate(pipeline, dot)
    }
  }

  private mutating func fields(_ path: ArraySlice<String>, of value: GoValue, _ operand: Operand) throws -> GoValue {
    var value = value
    for (depth, name) in path.enumerated() {
      value = try field(name, of: value, [], operand) { Array(path.prefix(depth + 1)).joined(separator: ".") }
    }
    return value
  }

  /// A field of a map, or a method of a value that has some.
  private mutating func field(
    _ name: String, of value: GoValue, _ arguments: [GoValue], _ operand: Operand, _ path: () -> String
  ) throws -> GoValue {
    switch value {
    case .map(let map):
      guard arguments.isEmpty else {
        throw TemplateError(.evaluation, "\(name) is not a method but has arguments", at: operand.offset)
      }
      if let member = map.members[name] { return member }
      switch missingKey {
      case .default, .invalid: return .absent
      case .zero: return map.element.zero
      case .error:
        throw TemplateError(.missing(path()), "map has no entry for key \"\(name)\"", at: operand.offset)
      }
    case .absent:
      guard missingKey == .error else { return .absent }
      throw TemplateError(.missing(path()), "nil data; no entry for key \"\(name)\"", at: operand.offset)
    case .null:
      throw TemplateError(.evaluation, "nil pointer evaluating interface {}.\(name)", at: operand.offset)
    case .time(let time):
      if let result = try time.method(name, Arguments(name: name, values: arguments)) { return result }
    case .version(let version):
      if let result = try version.method(name, Arguments(name: name, values: arguments)) { return result }
    case .certificate(let certificate):
      if name == "Cert" { return .string(certificate.cert) }
      if name == "Key" { return .string(certificate.key) }
    case .bool, .int, .float, .string, .list, .complex: break
    }
    throw TemplateError(
      .evaluation, "can't evaluate field \(name) in type \(value.typeName)", at: operand.offset)
  }

  /// A field, variable or chain that is given arguments: only methods take any.
  mutating func callMethod(
    _ operand: Operand, _ operands: ArraySlice<Operand>, _ dot: GoValue, piped: GoValue?
  ) throws -> GoValue {
    var (receiver, path): (GoValue, ArraySlice<String>) =
      switch operand.kind {
      case .field(let path): (dot, path[...])
      case .variable(let path): (try variable(path[0], at: operand.offset), path.dropFirst())
      case .chain(let base, let path): (try evaluate(base, dot), path[...])
      default: (.absent, [])
      }
    guard let method = path.popLast() else {
      throw TemplateError(.evaluation, "can't give argument to non-function \(operand.source)", at: operand.offset)
    }
    receiver = try fields(path, of: receiver, operand)
    var arguments: [GoValue] = []
    for operand in operands { arguments.append(try evaluate(operand, dot)) }
    if let piped { arguments.append(piped) }
    return try field(method, of: receiver, arguments, operand) { method }
  }

  mutating func call(
    _ function: Function, _ operand: Operand, _ operands: ArraySlice<Operand>, _ dot: GoValue, piped: GoValue?
  ) throws -> GoValue {
    try state.enter()
    defer { state.leave() }
    do {
      try function.checkCount(operands.count + (piped == nil ? 0 : 1))
      if function.name == "and" || function.name == "or" {
        return try logic(function.name == "or", operands, dot, piped: piped)
      }
      var values: [GoValue] = []
      values.reserveCapacity(operands.count + 1)
      var literals: UInt64 = 0
      for operand in operands {
        if case .float = operand.kind, values.count < 64 { literals |= 1 << UInt64(values.count) }
        values.append(try evaluate(operand, dot))
      }
      if let piped { values.append(piped) }
      return try function.body(Arguments(name: function.name, values: values, literals: literals), &state)
    } catch let error as TemplateError where error.offset == 0 {
      throw TemplateError(error.kind, error.message, at: operand.offset)
    }
  }

  /// `and` and `or` stop at the first argument that decides.
  private mutating func logic(
    _ stopsAtTrue: Bool, _ operands: ArraySlice<Operand>, _ dot: GoValue, piped: GoValue?
  ) throws -> GoValue {
    var value = GoValue.absent
    for operand in operands {
      value = try evaluate(operand, dot)
      if value.isTrue == stopsAtTrue { return value }
    }
    return piped ?? value
  }
}
