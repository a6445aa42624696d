import Manifest

/// Checks a custom resource against the `openAPIV3Schema` of its definition.
///
/// Rules in CEL (`x-kubernetes-validations`), patterns and formats are not evaluated.
enum CustomValidation {
  private static let maximumDepth = 100

  static func check(_ object: Node, _ schema: Node, into problems: inout FieldProblems) {
    for property in schema["properties"]?.mapping ?? Mapping() where !isServers(property.key) {
      if let value = object[property.key] { check(value, property.value, path: property.key, into: &problems) }
    }
    checkRequired(object.mapping ?? Mapping(), schema, path: "", into: &problems)
  }

  private static func isServers(_ name: String) -> Bool { ["apiVersion", "kind", "metadata"].contains(name) }

  private static func check(
    _ value: Node, _ schema: Node, path: String, depth: Int = 0, into problems: inout FieldProblems
  ) {
    guard depth < maximumDepth else { return }
    if value.isNull && schema["nullable"]?.bool == true { return }
    guard checkType(value, schema, path: path, into: &problems) else { return }
    checkEnumeration(value, schema, path: path, into: &problems)
    switch value.value {
    case .mapping(let members): check(members, schema, path: path, depth: depth, into: &problems)
    case .sequence(let items): check(items, schema, path: path, depth: depth, into: &problems)
    case .string(let text): checkLength(text, schema, path: path, into: &problems)
    case .int, .uint, .double: checkRange(value, schema, path: path, into: &problems)
    case .null, .bool: break
    }
  }

  private static func checkType(_ value: Node, _ schema: Node, path: String, into problems: inout FieldProblems) -> Bool
  {
    if schema["x-kubernetes-int-or-string"]?.bool == true {
      if value.string != nil || value.int != nil { return true }
      problems.wrongType(
        path, .string(typeName(value)), "\(path) in body must be of type integer,string: \"\(typeName(value))\"")
      return false
    }
    guard let expected = schema["type"]?.string else { return true }
    let given = typeName(value)
    if given == expected || expected == "number" && given == "integer" { return true }
    problems.wrongType(path, .string(given), "\(path) in body must be of type \(expected): \"\(given)\"")
    return false
  }

  private static func typeName(_ value: Node) -> String {
    switch value.value {
    case .null: "null"
    case .bool: "boolean"
    case .int, .uint: "integer"
    case .double: "number"
    case .string: "string"
    case .sequence: "array"
    case .mapping: "object"
    }
  }

  private static func checkEnumeration(_ value: Node, _ schema: Node, path: String, into problems: inout FieldProblems)
  {
    guard let allowed = schema["enum"]?.sequence, !allowed.contains(value) else { return }
    problems.unsupported(path, value, allowed.map { $0.string ?? JSON.text($0) })
  }

  private static func check(
    _ members: Mapping, _ schema: Node, path: String, depth: Int, into problems: inout FieldProblems
  ) {
    checkRequired(members, schema, path: path, into: &problems)
    let properties = schema["properties"]?.mapping ?? Mapping()
    let additional = schema["additionalProperties"]
    for member in members {
      if let property = properties[member.key] {
        check(member.value, property, path: "\(path).\(member.key)", depth: depth + 1, into: &problems)
      } else if let additional, additional.mapping != nil {
        check(member.value, additional, path: "\(path).\(member.key)", depth: depth + 1, into: &problems)
      }
    }
  }

  private static func checkRequired(
    _ members: Mapping, _ schema: Node, path: String, into problems: inout FieldProblems
  ) {
    for name in (schema["required"]?.sequence ?? []).compactMap(\.string) where members[name] == nil {
      problems.required(path.isEmpty ? name : "\(path).\(name)")
    }
  }

  private static func check(
    _ items: [Node], _ schema: Node, path: String, depth: Int, into problems: inout FieldProblems
  ) {
    if let least = schema["minItems"]?.int, Int64(items.count) < least {
      problems.invalid(
        path, Node(.int(Int64(items.count))), "\(path) in body should have at least \(least) items")
    }
    if let most = schema["maxItems"]?.int, Int64(items.count) > most {
      problems.tooMany(path, items.count, Int(most))
    }
    if let itemSchema = schema["items"] {
      for (index, item) in items.enumerated() {
        check(item, itemSchema, path: "\(path)[\(index)]", depth: depth + 1, into: &problems)
      }
    }
  }

  private static func checkLength(_ text: String, _ schema: Node, path: String, into problems: inout FieldProblems) {
    let length = Int64(text.unicodeScalars.count)
    if let least = schema["minLength"]?.int, length < least {
      problems.invalid(path, .string(text), "\(path) in body should be at least \(least) chars long")
    }
    if let most = schema["maxLength"]?.int, length > most { problems.tooLong(path, Int(most)) }
  }

  private static func checkRange(_ value: Node, _ schema: Node, path: String, into problems: inout FieldProblems) {
    guard let number = number(value) else { return }
    if let limit = schema["minimum"], let least = self.number(limit) {
      let isExclusive = schema["exclusiveMinimum"]?.bool == true
      if isExclusive ? number <= least : number < least {
        let relation = isExclusive ? "greater than" : "greater than or equal to"
        problems.invalid(path, value, "\(path) in body should be \(relation) \(JSON.text(limit))")
      }
    }
    if let limit = schema["maximum"], let most = self.number(limit) {
      let isExclusive = schema["exclusiveMaximum"]?.bool == true
      if isExclusive ? number >= most : number > most {
        let relation = isExclusive ? "less than" : "less than or equal to"
        problems.invalid(path, value, "\(path) in body should be \(relation) \(JSON.text(limit))")
      }
    }
  }

  private static func number(_ node: Node) -> Double? {
    switch node.value {
    case .int(let number): Double(number)
    case .uint(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }
}

extension FieldProblems {
  fileprivate mutating func tooMany(_ field: String, _ count: Int, _ limit: Int) {
    invalid(field, Node(.int(Int64(count))), "\(field) in body should have at most \(limit) items")
  }
}
