import Manifest

/// The old `vars`: `$(NAME)` in some fields becomes a value of another resource.
struct Variables {
  private let variables: [Variable]
  private let fields: [FieldSpec]

  init(_ variables: [Variable], fields: [FieldSpec]) {
    self.variables = variables
    self.fields = fields
  }

  /// - Throws: ``Diagnostics``
  func apply(to set: inout ResourceSet, warnings: inout [Diagnostic], limits: RenderLimits) throws(Diagnostics) {
    var values: [String: Node] = [:]
    var problems: [Diagnostic] = []
    for variable in variables {
      do {
        values[variable.name] = try value(of: variable, in: set)
      } catch {
        problems.append(error)
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    var used: Set<String> = []
    for position in set.indices {
      for field in fields {
        do {
          if try replace(field, values, in: &set, position, &used) {
            try ResourceSize.check(
              set[position].root, of: set[position].id, limit: limits.resourceBytes, at: set[position].origin)
          }
        } catch let error as Diagnostic {
          problems.append(error)
        } catch {
          continue
        }
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    for variable in variables where !used.contains(variable.name) {
      warnings.append(
        Diagnostic(
          "kustomize.unused-var", severity: .warning, "var '\(variable.name)' is never used", at: variable.location))
    }
  }

  private func value(of variable: Variable, in set: ResourceSet) throws(Diagnostic) -> Node {
    func problem(_ message: String) -> Diagnostic {
      Diagnostic("kustomize.invalid-var", "var '\(variable.name)': \(message)", at: variable.location)
    }
    guard let resource = set.resources.first(where: { $0.variables.contains(variable.name) }) else {
      throw problem("no resource matches its 'objref'")
    }
    let path = DottedPath(Self.withIndexesAsParts(variable.fieldPath))
    guard let node = try path.lookUp(in: resource.root, problem: problem) else {
      throw problem("\(resource.id) has no field '\(variable.fieldPath)'")
    }
    guard let value = Self.read(node) else {
      throw problem("'\(node.scalarText ?? "")' of \(resource.id) is no number in decimal digits")
    }
    return value
  }

  /// A scalar as kustomize reads it by Go's parsers: whole numbers in decimal, other numbers with their digits written out, a
  /// date as text.
  /// - Returns: nil for a whole number that is written in another way (`0x1F`, `1_000`).
  private static func read(_ node: Node) -> Node? {
    switch node.value {
    case .int, .uint: return Int64(node.scalarText ?? "").map { Node(.int($0)) }
    case .double(let number) where number.isFinite: return Node(.double(number), spelling: GoNumber.fixed(number))
    case .bool: return Node(node.value)
    case .string where node.isTimestamp: return .string(node.scalarText ?? "")
    default: return node
    }
  }

  /// What stands for a value within other text.
  private static func embedded(_ value: Node) -> String? {
    if case .double(let number) = value.value { return GoNumber.general(number) }
    return value.scalarText
  }

  /// `a.b[0].c` as `a.b.0.c`.
  private static func withIndexesAsParts(_ path: String) -> String {
    var result = ""
    var rest = Substring(path)
    while let open = rest.firstIndex(of: "["), let close = rest[open...].firstIndex(of: "]") {
      let inner = rest[rest.index(after: open)..<close]
      let before = rest[..<open]
      if !inner.isEmpty, inner.allSatisfy({ ("0"..."9").contains($0) }) {
        result += before + (before.isEmpty || before.hasSuffix(".") ? "" : ".") + inner
      } else {
        result += rest[...close]
      }
      rest = rest[rest.index(after: close)...]
    }
    return result + rest
  }

  private func replace(
    _ field: FieldSpec, _ values: [String: Node], in set: inout ResourceSet, _ position: Int, _ used: inout Set<String>
  ) throws -> Bool {
    guard field.kind.selects(set[position].gvk), set[position].root.reaches(field.path.segments[...]) else {
      return false
    }
    var mentions = false
    try set[position].visit(field) { mentions = mentions || Self.mentions($0) }
    guard mentions else { return false }
    var found = used
    try set.update(position) { resource in
      try field.apply(to: &resource, creating: .nothing) { try Self.replace(&$0, values, &found) }
      resource.settleShared()
    }
    used = found
    return true
  }

  private static func mentions(_ node: Node) -> Bool {
    switch node.value {
    case .mapping(let mapping): mapping.members.contains { mayChange($0.value) }
    case .sequence: true
    default: mayChange(node)
    }
  }

  private static func mayChange(_ node: Node) -> Bool {
    node.isUntyped || node.string?.utf8.contains(UInt8(ascii: "$")) ?? false
  }

  /// What vars may stand in: strings. What has no type yet becomes one.
  private static func text(of node: Node) -> String? {
    if node.isUntyped { return node.scalarText }
    return node.isTimestamp ? nil : node.string
  }

  private static func replace(_ node: inout Node, _ values: [String: Node], _ used: inout Set<String>) throws {
    switch node.value {
    case .mapping(var mapping):
      for position in 0..<mapping.count {
        guard let text = text(of: mapping.members[position].value) else { continue }
        mapping.updateValue(at: position) { $0 = expand(text, $0.mark, values, &used) }
      }
      node.value = .mapping(mapping)
    case .sequence(var nodes):
      for position in nodes.indices {
        guard let text = text(of: nodes[position]) else {
          throw FieldError(message: "a var can only stand in strings", mark: nodes[position].mark)
        }
        nodes[position] = expand(text, nodes[position].mark, values, &used)
      }
      node.value = .sequence(nodes)
    default:
      guard let text = text(of: node) else { return }
      node = expand(text, node.mark, values, &used)
    }
  }

  /// A text that is one reference takes the value's type; `$$` is a dollar; unknown names stay.
  private static func expand(
    _ text: String, _ mark: SourceMark, _ values: [String: Node], _ used: inout Set<String>
  ) -> Node {
    let mark = mark == .untyped ? .none : mark
    var result = ""
    var rest = Substring(text)
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      guard let next = rest.first else { return .string(result + "$") }
      guard next == "(", let close = rest.firstIndex(of: ")") else {
        result += next == "$" ? "$" : "$\(next)"
        rest = rest.dropFirst()
        continue
      }
      let name = String(rest[rest.index(after: rest.startIndex)..<close])
      rest = rest[rest.index(after: close)...]
      guard var value = values[name], let replacement = embedded(value) else {
        result += "$(\(name))"
        continue
      }
      used.insert(name)
      if text == "$(\(name))" {
        value.mark = mark
        value.style = .plain
        return value
      }
      result += replacement
    }
    return Node(.string(result + rest), mark: mark)
  }
}

extension Accumulation {
  /// Marks the resources that a layer's vars read from, while their names are those that the layer knows.
  mutating func addVariables(of layer: Layer) throws(Diagnostic) {
    for variable in layer.kustomization.variables {
      let gvk = GroupVersionKind(
        group: variable.kind.group, version: variable.kind.version, kind: variable.kind.kind)
      let isClusterScoped = ClusterScope.contains(gvk)
      let wanted = ResourceID(
        gvk: gvk, name: variable.objectName, namespace: variable.objectNamespace, isClusterScoped: isClusterScoped)
      let comparesNamespace = !variable.objectNamespace.isEmpty || isClusterScoped
      let matches = resources.positions(named: variable.objectName).filter { position in
        resources[position].hasID { id in
          comparesNamespace ? id.matches(wanted) : id.name == wanted.name && id.gvk == wanted.gvk
        }
      }
      guard matches.count <= 1 else {
        throw Diagnostic(
          "kustomize.invalid-var", "var '\(variable.name)' fits more than one resource", at: variable.location,
          notes: matches.map { [resources] in .init("it could be \(resources[$0].id)", at: resources[$0].origin) })
      }
      if let position = matches.first { resources.update(position) { $0.variables.append(variable.name) } }
    }
    try addVariables(layer.kustomization.variables)
  }

  mutating func addVariables(_ more: [Variable]) throws(Diagnostic) {
    for variable in more {
      if let other = variables.first(where: { $0.name == variable.name }) {
        throw Diagnostic(
          "kustomize.invalid-var", "var '\(variable.name)' is defined twice", at: variable.location,
          notes: [.init("it is defined here first", at: other.location)])
      }
      variables.append(variable)
    }
  }
}
