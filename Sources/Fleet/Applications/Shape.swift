/// What a field of a manifest may hold: the part of a CRD's schema that catches mistakes before a cluster does.
///
/// Null counts as absent everywhere, as it does for an API server.
package indirect enum Shape: Sendable {
  case string
  case boolean
  case integer
  /// An integer or text, such as `maxUpdate: 25%`.
  case integerOrString
  /// One of these texts.
  case keyword([String])
  /// Free form: not looked into.
  case any
  /// A mapping with free content.
  case anyMapping
  case list(Shape)
  /// A mapping with free keys.
  case mapping(Shape)
  case object(Fields)

  /// The fields of an object; what is not among them is reported.
  package struct Fields: Sendable {
    package var shapes: [String: Shape]
    package var required: [String]

    package init(_ shapes: [String: Shape], required: [String] = []) {
      self.shapes = shapes
      self.required = required
    }

    package func adding(_ more: [String: Shape]) -> Fields {
      Fields(shapes.merging(more) { $1 }, required: required)
    }
  }

  package static func object(_ shapes: [String: Shape], required: [String] = []) -> Shape {
    .object(Fields(shapes, required: required))
  }

  package static let strings = Shape.list(.string)
  package static let stringMapping = Shape.mapping(.string)

  /// The shape of the field `name`, nil where the shape has no such field.
  package subscript(name: String) -> Shape? {
    switch self {
    case .object(let fields): fields.shapes[name]
    case .mapping(let shape): shape
    default: nil
    }
  }
}
