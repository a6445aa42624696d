import Manifest

extension GoValue {
  /// The value as data.
  /// - Throws: ``TemplateError`` for values that are too large or hold themselves.
  func node(_ run: inout Run) throws -> Node {
    try run.enter()
    defer { run.leave() }
    switch self {
    case .absent, .null: return .null
    case .bool(let flag): return Node(.bool(flag))
    case .int(let number, _): return Node(.int(number))
    case .float(let number):
      guard number.isFinite else {
        throw TemplateError(.evaluation, "unsupported value: \(GoFloat.shortest(number)) has no JSON form")
      }
      return Node(.double(number))
    case .string(let text):
      try run.budget.spend(text.utf8.count)
      return .string(text)
    case .time(let time): return .string(time.formatted("2006-01-02T15:04:05.999999999Z07:00"))
    case .version(let version): return .string(version.description)
    case .certificate(let certificate):
      return .mapping(["Cert": .string(certificate.cert), "Key": .string(certificate.key)])
    case .complex: throw TemplateError(.evaluation, "unsupported type: complex128 has no JSON form")
    case .list(let list): return .sequence(try list.values.map { try $0.node(&run) })
    case .map(let map):
      var mapping = Mapping(minimumCapacity: map.members.count)
      for key in map.sortedKeys {
        try run.budget.spend(key.utf8.count)
        if let value = map.members[key] { mapping.append(Mapping.Member(key: key, value: try value.node(&run))) }
      }
      return .mapping(mapping)
    }
  }
}
