/// What a YAML or JSON document says, without where or how it was written.
///
/// Integers are exact in `Int64.min ... UInt64.max`; beyond that range readers produce `double`. Equality is the
/// equality of data: mappings compare without regard to order, and marks and styles do not count. `1` and `1.0`
/// differ, as they do in Kubernetes manifests.
package enum Value: Sendable, Equatable {
  case null
  case bool(Bool)
  case int(Int64)
  /// Only for integers above `Int64.max`.
  case uint(UInt64)
  case double(Double)
  case string(String)
  case sequence([Node])
  case mapping(Mapping)
}

extension Value {
  /// The word for this kind of value in messages: `string`, `mapping`, `integer`, ….
  package var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .int, .uint: "integer"
    case .double: "number"
    case .string: "string"
    case .sequence: "sequence"
    case .mapping: "mapping"
    }
  }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .int(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(floatLiteral value: Double) { self = .double(value) }
  package init(nilLiteral: ()) { self = .null }
  package init(arrayLiteral elements: Value...) { self = .sequence(elements.map { Node($0) }) }
  package init(dictionaryLiteral elements: (String, Value)...) {
    var mapping = Mapping()
    for (key, value) in elements { mapping[key] = Node(value) }
    self = .mapping(mapping)
  }
}
