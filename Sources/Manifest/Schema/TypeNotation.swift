/// Reads the compact notation in which the built-in types are written down.
///
/// A line `Name = field field …` declares a structure (`Name!` an atomic one); lines that begin with a space go on. A
/// field is `name:TYPE` with marks behind; without a type it is a string.
///
///     s b i l d            string, boolean, 32-bit and 64-bit integer, floating point
///     q x t m y u          quantity, int-or-string, time, micro time, base64 bytes, duration
///     j                    any JSON, atomic
///     []T                  atomic list
///     []T(a,b)             list of items that `a` and `b` tell apart
///     []s(=)               set
///     {}T                  map; `!` behind makes it atomic
///     Name                 structure of the same family, else of core, else of meta
///     ~key  ~=  ~-         a strategic merge patch tells items apart by `key`, by value, or replaces the list
///     %                    a strategic merge patch may say `$retainKeys`
///     ?                    a pointer: written when it is there, even if zero
///     +                    written even if zero; `+?` as null when it is not there
///     =VALUE               what a list key is taken to be where it is left out (with `+` the zero value)
struct TypeNotation {
  /// Text that is no such notation.
  struct Malformed: Error {
    var text: String
  }

  private(set) var table = TypeTable()
  private var names: [String: TypeID] = [:]
  private var derived: [String: TypeID] = [:]
  private var fallbacks: [String: [String: String]] = [:]
  private var declarations: [(family: String, name: String, isAtomic: Bool, fields: [Substring])] = []

  /// Where a name that its own family lacks is looked up.
  private static let outerFamilies = ["core", "meta"]

  private static let scalars: [Character: ScalarType] = [
    "s": .string, "b": .boolean, "i": .int32, "l": .int64, "d": .number, "q": .quantity, "x": .intOrString, "t": .time,
    "m": .microTime, "y": .bytes, "u": .duration,
  ]

  /// The table of all types of `families`, and the place of each by `family.Name`.
  static func read(
    _ families: [(name: String, text: String)]
  ) throws(Malformed) -> (table: TypeTable, names: [String: TypeID]) {
    var notation = TypeNotation()
    for family in families { try notation.declare(family.name, family.text) }
    for declaration in notation.declarations { try notation.define(declaration) }
    return (notation.table, notation.names)
  }

  private mutating func declare(_ family: String, _ text: String) throws(Malformed) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.first == " " {
        guard !declarations.isEmpty else { throw Malformed(text: String(line)) }
        declarations[declarations.count - 1].fields += words
        continue
      }
      guard words.count >= 2, words[1] == "=" else { throw Malformed(text: String(line)) }
      let isAtomic = words[0].last == "!"
      let name = String(isAtomic ? words[0].dropLast() : words[0])
      names["\(family).\(name)"] = table.add(.anything(isAtomic: true))
      declarations.append((family, name, isAtomic, Array(words.dropFirst(2))))
    }
    for declaration in declarations where declaration.family == family {
      for field in declaration.fields { note(field, of: "\(family).\(declaration.name)") }
    }
  }

  /// Remembers what a field is taken to be where a list key leaves it out, which lists need before it is defined:
  /// `name=VALUE`, and the zero value of what is always written.
  private mutating func note(_ field: Substring, of structure: String) {
    guard !field.contains("~"), !field.contains("(") else { return }
    let name = String(field.prefix { !":+?=".contains($0) })
    if let sign = field.firstIndex(of: "=") {
      fallbacks[structure, default: [:]][name] = "\"\(field[field.index(after: sign)...])\""
    } else if field.hasSuffix("+") {
      fallbacks[structure, default: [:]][name] = field.contains(":") ? "0" : "\"\""
    }
  }

  private mutating func define(
    _ declaration: (family: String, name: String, isAtomic: Bool, fields: [Substring])
  ) throws(Malformed) {
    var fields: [StructureType.Field] = []
    for word in declaration.fields { fields.append(try field(word, family: declaration.family)) }
    guard let id = names["\(declaration.family).\(declaration.name)"] else { throw Malformed(text: declaration.name) }
    table.set(
      id, to: .structure(StructureType(name: declaration.name, fields: fields, isAtomic: declaration.isAtomic)))
  }

  private mutating func field(_ word: Substring, family: String) throws(Malformed) -> StructureType.Field {
    let name = word.prefix { !":+?=".contains($0) }
    var rest = word.dropFirst(name.count)
    if rest.first == ":" { rest.removeFirst() }
    let typeText = Self.typeText(rest)
    rest = rest.dropFirst(typeText.count)
    let (type, listKey) = try type(typeText.isEmpty ? "s" : typeText, family: family)
    var field = StructureType.Field(
      name: String(name), type: type, presence: .nonEmpty, patch: .init(mergeKey: listKey))
    try readMarks(rest, into: &field, word: word)
    return field
  }

  /// The type at the start of a text, with the keys of a list.
  private static func typeText(_ text: Substring) -> Substring {
    let plain = text.prefix { $0.isLetter || $0.isNumber || "[]{}.!".contains($0) }
    guard text[plain.endIndex...].first == "(", let end = text.firstIndex(of: ")") else { return plain }
    return text[...end]
  }

  private func readMarks(
    _ marks: Substring, into field: inout StructureType.Field, word: Substring
  ) throws(Malformed) {
    var marks = marks
    while let mark = marks.popFirst() {
      switch mark {
      case "%": field.patch.retainsKeys = true
      case "+": field.presence = .always
      case "?": field.presence = field.presence == .always ? .nullable : .optional
      case "=": return
      case "~":
        let key = marks.prefix { $0.isLetter || $0 == "-" || $0 == "=" }
        marks = marks.dropFirst(key.count)
        field.patch.mergeKey = key == "-" ? nil : key == "=" ? "" : String(key)
      default: throw Malformed(text: String(word))
      }
    }
  }

  /// A type, and for a list the key by which a strategic merge patch tells its items apart.
  private mutating func type(
    _ text: Substring, family: String
  ) throws(Malformed) -> (type: TypeID, mergeKey: String?) {
    if text.hasPrefix("[]") { return try list(text, family: family) }
    return (try plain(text, family: family), nil)
  }

  private mutating func list(_ text: Substring, family: String) throws(Malformed) -> (type: TypeID, mergeKey: String?) {
    let parts = text.dropFirst(2).split(separator: "(", maxSplits: 1)
    guard let elementText = parts.first else { throw Malformed(text: String(text)) }
    let keys = parts.count == 2 ? parts[1].dropLast().split(separator: ",").map(String.init) : []
    let element = try type(elementText, family: family).type
    let fallbacks = structureName(elementText, family: family).flatMap { self.fallbacks[$0] } ?? [:]
    let identity: ListType.Identity =
      switch keys {
      case []: text.hasSuffix("(=)") ? .value : .position
      case ["="]: .value
      default: .keys(keys.sorted().map { ListType.Key(name: $0, fallback: fallbacks[$0]) })
      }
    let mergeKey = identity == .position ? nil : identity == .value ? "" : keys.first
    return (share("\(family) \(text)", .list(ListType(element: element, identity: identity))), mergeKey)
  }

  private mutating func plain(_ text: Substring, family: String) throws(Malformed) -> TypeID {
    if text.hasPrefix("{}") {
      let isAtomic = text.last == "!"
      let element = try type(isAtomic ? text.dropFirst(2).dropLast() : text.dropFirst(2), family: family).type
      return share("\(family) \(text)", .map(MapType(element: element, isAtomic: isAtomic)))
    }
    if text == "j" { return share("j", .anything(isAtomic: true)) }
    if text.count == 1, let letter = text.first, let scalar = Self.scalars[letter] {
      return share(String(text), .scalar(scalar))
    }
    guard let name = structureName(text, family: family), let id = names[name] else {
      throw Malformed(text: "\(family) \(text)")
    }
    return id
  }

  private func structureName(_ text: Substring, family: String) -> String? {
    if text.contains(".") { return String(text) }
    return ([family] + Self.outerFamilies).lazy.map { "\($0).\(text)" }.first { names[$0] != nil }
  }

  private mutating func share(_ key: String, _ type: @autoclosure () -> SchemaType) -> TypeID {
    if let id = derived[key] { return id }
    let id = table.add(type())
    derived[key] = id
    return id
  }
}
