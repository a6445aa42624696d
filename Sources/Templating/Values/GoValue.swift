import Manifest

/// A value as Go's templates see it: the kind of number, the element types of maps and lists and the two ways of being
/// nothing all show in what a template prints and which functions accept it.
enum GoValue {
  /// No value at all: an absent key. Prints `<no value>`; its fields are absent too.
  case absent
  /// A null that somebody wrote. Has no fields.
  case null
  case bool(Bool)
  case int(Int64, IntegerType)
  case float(Double)
  case string(String)
  case list(GoList)
  case map(GoMap)
  case time(GoTime)
  case version(SemanticVersion)
  /// What only a literal such as `1i` makes.
  case complex(GoComplex)
  /// What `genCA` and its kin make.
  indirect case certificate(GoCertificate)

  /// Go's integer types, as far as functions make them.
  enum IntegerType: String {
    case int, int64, uint8, uint64
    case month = "time.Month"
    case weekday = "time.Weekday"

    /// What the number is called, for types that print as words.
    func word(_ number: Int64) -> String? {
      let words: [String]
      switch self {
      case .month: words = [""] + TimeLayout.months
      case .weekday: words = TimeLayout.weekdays
      case .int, .int64, .uint8, .uint64: return nil
      }
      return Int(exactly: number).flatMap { words.indices.contains($0) ? words[$0] : nil }
    }
  }

  static func int(_ value: Int) -> GoValue { .int(Int64(value), .int) }
  static func int64(_ value: Int64) -> GoValue { .int(value, .int64) }
  static func texts(_ texts: [String]) -> GoValue { .list(GoList(texts.map(GoValue.string), element: .string)) }
  static func values(_ values: [GoValue]) -> GoValue { .list(GoList(values)) }

  var isNothing: Bool {
    switch self {
    case .absent, .null: true
    default: false
    }
  }

  /// Go's name of the type: what `typeOf` and `%T` print.
  var typeName: String {
    switch self {
    case .absent, .null: "<nil>"
    case .bool: "bool"
    case .int(_, let type): type.rawValue
    case .float: "float64"
    case .string: "string"
    case .list(let list): "[]" + list.element.typeName
    case .map(let map): "map[string]" + map.element.typeName
    case .time: "time.Time"
    case .version: "*semver.Version"
    case .complex: "complex128"
    case .certificate: "sprig.certificate"
    }
  }

  /// What `kindOf` prints.
  var kindName: String {
    switch self {
    case .absent, .null: "invalid"
    case .list: "slice"
    case .map: "map"
    case .time, .certificate: "struct"
    case .version: "ptr"
    case .int(_, .month), .int(_, .weekday): "int"
    case .bool, .int, .float, .string, .complex: typeName
    }
  }

  /// Whether an `if` takes it for true: not zero, not empty.
  var isTrue: Bool {
    switch self {
    case .absent, .null: false
    case .bool(let flag): flag
    case .int(let number, _): number != 0
    case .float(let number): number != 0
    case .string(let text): !text.isEmpty
    case .list(let list): !list.values.isEmpty
    case .map(let map): !map.members.isEmpty
    case .complex(let number): number != GoComplex(real: 0, imaginary: 0)
    case .time, .version, .certificate: true
    }
  }
}

/// What maps and lists hold, as Go types them.
enum ElementType {
  case any, string, int

  var typeName: String {
    switch self {
    case .any: "interface {}"
    case .string: "string"
    case .int: "int"
    }
  }

  /// What an absent member reads as under `missingkey=zero` and `index`.
  var zero: GoValue {
    switch self {
    case .any: .null
    case .string: .string("")
    case .int: .int(0)
    }
  }
}

struct GoComplex: Equatable {
  var real: Double
  var imaginary: Double
}

/// A certificate and its private key, both PEM.
struct GoCertificate: Equatable {
  var cert: String
  var key: String
}

struct GoList {
  var values: [GoValue]
  var element: ElementType

  init(_ values: [GoValue], element: ElementType = .any) {
    self.values = values
    self.element = element
  }
}

/// A Go map: shared by whoever holds it, since `set` and `merge` change it in place.
final class GoMap {
  var members: [String: GoValue]
  let element: ElementType

  init(_ members: [String: GoValue] = [:], element: ElementType = .any) {
    self.members = members
    self.element = element
  }

  var sortedKeys: [String] { members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}

extension GoValue {
  /// JSON data as Go decodes it: every number is a float64.
  init(_ node: Node, _ numbers: Numbers = .floats) {
    switch node.value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .int(let number): self = numbers == .asWritten ? .int(number, .int) : .float(Double(number))
    case .uint(let number): self = .float(Double(number))
    case .double(let number): self = .float(number)
    case .string(let text): self = .string(text)
    case .sequence(let nodes): self = .list(GoList(nodes.map { GoValue($0, numbers) }))
    case .mapping(let mapping):
      var members: [String: GoValue] = [:]
      members.reserveCapacity(mapping.count)
      for member in mapping { members[member.key] = GoValue(member.value, numbers) }
      self = .map(GoMap(members))
    }
  }
}
