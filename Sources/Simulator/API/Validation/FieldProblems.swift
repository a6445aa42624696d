import Manifest

/// Collects the fields of an object that are wrong, worded as the API server words them.
///
/// Source: apimachinery's `field.Error`.
struct FieldProblems {
  private(set) var causes: [StatusError.Cause] = []

  private mutating func add(_ reason: String, _ field: String, _ message: String) {
    causes.append(.init(reason: reason, message: message, field: field))
  }

  mutating func required(_ field: String, _ detail: String = "") {
    add("FieldValueRequired", field, "Required value" + (detail.isEmpty ? "" : ": \(detail)"))
  }

  mutating func invalid(_ field: String, _ value: Node, _ detail: String) {
    add("FieldValueInvalid", field, "Invalid value: \(Self.shown(value)): \(detail)")
  }

  mutating func unsupported(_ field: String, _ value: Node, _ supported: [String]) {
    let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
    add("FieldValueNotSupported", field, "Unsupported value: \(Self.shown(value)): supported values: \(list)")
  }

  mutating func duplicate(_ field: String, _ value: Node) {
    add("FieldValueDuplicate", field, "Duplicate value: \(Self.shown(value))")
  }

  mutating func forbidden(_ field: String, _ detail: String) {
    add("FieldValueForbidden", field, "Forbidden: \(detail)")
  }

  mutating func notFound(_ field: String, _ value: Node) {
    add("FieldValueNotFound", field, "Not found: \(Self.shown(value))")
  }

  mutating func tooLong(_ field: String, _ limit: Int) {
    add("FieldValueTooLong", field, "Too long: may not be more than \(limit) bytes")
  }

  mutating func wrongType(_ field: String, _ value: Node, _ detail: String) {
    add("FieldValueTypeInvalid", field, "Invalid value: \(Self.shown(value)): \(detail)")
  }

  static func shown(_ value: Node) -> String { JSON.text(value) }
}
