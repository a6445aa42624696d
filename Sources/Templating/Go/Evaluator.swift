/// Runs a Go template over data: Go's text/template/exec, with bounds.
struct Evaluator {
  private enum Flow { case next, breakLoop, continueLoop }

  let template: GoTemplate
  let missingKey: GoTemplate.MissingKey
  let root: GoValue
  var state: Run
  private var variables: [(name: String, value: GoValue)]
  private var output = ""

  init(_ template: GoTemplate, data: TemplateData, missingKey: GoTemplate.MissingKey, limits: Limits) {
    self.template = template
    self.missingKey = missingKey
    root = data.root
    state = Run(budget: Budget(limits), world: data.world)
    variables = [("$", data.root)]
  }

  mutating func run() throws(TemplateError) -> String {
    do {
      _ = try walk(template.main, root)
      return output
    } catch let error as TemplateError {
      throw error
    } catch {
      throw TemplateError(.evaluation, "\(error)")
    }
  }

  // MARK: Statements

  private mutating func walk(_ block: Block, _ dot: GoValue) throws -> Flow {
    try state.enter()
    defer { state.leave() }
    let scope = variables.count
    defer { variables.removeLast(variables.count - scope) }
    for statement in block.statements {
      let flow = try execute(statement, dot)
      if flow != .next { return flow }
    }
    return .next
  }

  private mutating func execute(_ statement: Statement, _ dot: GoValue) throws -> Flow {
    switch statement {
    case .text(let text): try write(text)
    case .action(let pipeline):
      let value = try evaluate(pipeline, dot)
      if pipeline.variables.isEmpty { try print(value) }
    case .condition(let pipeline, let body, let otherwise):
      return try scoped { evaluator in
        try evaluator.evaluate(pipeline, dot).isTrue
          ? evaluator.walk(body, dot) : otherwise.map { try evaluator.walk($0, dot) } ?? .next
      }
    case .with(let pipeline, let body, let otherwise):
      return try scoped { evaluator in
        let value = try evaluator.evaluate(pipeline, dot)
        return try value.isTrue
          ? evaluator.walk(body, value) : otherwise.map { try evaluator.walk($0, dot) } ?? .next
      }
    case .range(let pipeline, let body, let otherwise):
      return try scoped { try $0.range(pipeline, body, otherwise, dot) }
    case .call(let name, let pipeline, let offset): try call(name, pipeline, dot, offset)
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    }
    return .next
  }

  /// Variables that `body` declares are gone behind it.
  private mutating func scoped(_ body: (inout Evaluator) throws -> Flow) rethrows -> Flow {
    let scope = variables.count
    defer { variables.removeLast(variables.count - scope) }
    return try body(&self)
  }

  private mutating func call(_ name: String, _ pipeline: Pipeline?, _ dot: GoValue, _ offset: Int) throws {
    guard let body = template.named[name] else {
      throw TemplateError(.evaluation, "template \"\(name.prefix(60))\" not defined", at: offset)
    }
    let argument = try pipeline.map { try evaluate($0, dot) } ?? .absent
    let outer = variables
    variables = [("$", argument)]
    defer { variables = outer }
    do { _ = try walk(body, argument) } catch let error as TemplateError where error.kind == .limit {
      throw TemplateError(.limit, error.message, at: offset)
    }
  }

  private mutating func range(
    _ pipeline: Pipeline, _ body: Block, _ otherwise: Block?, _ dot: GoValue
  ) throws -> Flow {
    let value = try evaluate(pipeline, dot)
    var ran = false
    func each(_ key: GoValue, _ element: GoValue, _ evaluator: inout Evaluator) throws -> Bool {
      ran = true
      evaluator.bindLoop(pipeline, key, element)
      return try evaluator.walk(body, element) != .breakLoop
    }
    switch value {
    case .list(let list):
      for (index, element) in list.values.enumerated() where try !each(.int(index), element, &self) { break }
    case .map(let map):
      for key in map.sortedKeys {
        guard let element = map.members[key] else { continue }
        if try !each(.string(key), element, &self) { break }
      }
    case .int(let count, let type):
      guard pipeline.variables.count < 2 else {
        throw TemplateError(
          .evaluation, "can't use \(count) to iterate over more than one variable", at: pipeline.offset)
      }
      for index in 0..<max(0, count) where try !each(.int(index, type), .int(index, type), &self) { break }
    case .absent, .null: break
    case .bool, .float, .complex, .string, .time, .version, .certificate:
      throw TemplateError(
        .evaluation, "range can't iterate over \(Printer.short(value)) of type \(value.typeName)", at: pipeline.offset)
    }
    if !ran, let otherwise { return try walk(otherwise, dot) }
    return .next
  }

  private mutating func bindLoop(_ pipeline: Pipeline, _ key: GoValue, _ element: GoValue) {
    let names = pipeline.variables
    guard let first = names.first else { return }
    assign(first, names.count > 1 ? key : element)
    if names.count > 1 { assign(names[1], element) }
  }

  private mutating func write(_ text: String) throws {
    guard output.utf8.count + text.utf8.count <= state.budget.limits.outputBytes else {
      throw TemplateError(.limit, "the output is larger than the limit of \(state.budget.limits.outputBytes) bytes")
    }
    try state.budget.spend(text.utf8.count)
    output += text
  }

  private mutating func print(_ value: GoValue) throws {
    switch value {
    case .string(let text): try write(text)
    case .absent, .null: try write("<no value>")
    default: try write(try Printer.text(value, &state))
    }
  }

  // MARK: Variables

  private mutating func assign(_ name: String, _ value: GoValue) {
    guard let index = variables.lastIndex(where: { $0.name == name }) else { return }
    variables[index].value = value
  }

  func variable(_ name: String, at offset: Int) throws -> GoValue {
    guard let variable = variables.last(where: { $0.name == name }) else {
      throw TemplateError(.evaluation, "undefined variable: \(name)", at: offset)
    }
    return variable.value
  }

  // MARK: Pipelines

  mutating func evaluate(_ pipeline: Pipeline, _ dot: GoValue) throws -> GoValue {
    try state.enter()
    defer { state.leave() }
    var value: GoValue?
    for command in pipeline.commands {
      let result = try evaluate(command, dot, piped: value)
      // Go takes the interface off at this point, so that a null becomes no value.
      value = if case .null = result { .absent } else { result }
    }
    let result = value ?? .absent
    for name in pipeline.variables {
      if pipeline.isAssignment { assign(name, result) } else { variables.append((name, result)) }
    }
    return result
  }

  private mutating func evaluate(_ command: Command, _ dot: GoValue, piped: GoValue?) throws -> GoValue {
    guard let first = command.operands.first else { return .absent }
    let arguments = command.operands.dropFirst()
    switch first.kind {
    case .function(let function): return try call(function, first, arguments, dot, piped: piped)
    case .field, .variable, .chain:
      let hasArguments = !arguments.isEmpty || piped != nil
      guard hasArguments else { return try evaluate(first, dot) }
      return try callMethod(first, arguments, dot, piped: piped)
    case .null: throw TemplateError(.evaluation, "nil is not a command", at: first.offset)
    case .dot, .bool, .int, .float, .complex, .string, .pipeline:
      guard arguments.isEmpty, piped == nil else {
        throw TemplateError(.evaluation, "can't give argument to non-function \(first.source)", at: first.offset)
      }
      return try evaluate(first, dot)
    }
  }
}
