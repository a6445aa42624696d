import Manifest

/// Copies a field of one resource into fields of others.
struct ReplacementTransformer {
  private static let defaultPath = "metadata.name"
  /// Texts up to here cannot make a resource grow much.
  private static let smallText = 256

  private let replacement: Replacement
  private let limits: RenderLimits

  init(_ replacement: Replacement, limits: RenderLimits) {
    self.replacement = replacement
    self.limits = limits
  }

  private func problem(_ message: String, _ mark: SourceMark, help: String? = nil) -> Diagnostic {
    Diagnostic(
      "kustomize.invalid-replacement", message,
      at: SourceLocation(file: replacement.file, mark: mark.isKnown ? mark : replacement.mark), help: help)
  }

  /// - Throws: ``Diagnostic``
  /// - Parameter nameless: the resources, by their place in the set, that a replacement left without a name or kind.
  func apply(to set: inout ResourceSet, nameless: inout [Int: Diagnostic]) throws(Diagnostic) {
    guard let source = replacement.source, let targets = replacement.targets else {
      throw problem("a replacement needs 'source' and 'targets'", replacement.mark)
    }
    let value = try value(of: source, in: set)
    for target in targets { try write(value, to: target, in: &set, &nameless) }
  }

  // MARK: Source

  private func value(of source: Replacement.Source, in set: ResourceSet) throws(Diagnostic) -> Node {
    let matches = set.resources.filter { Self.selects($0, source.kind, source.name, source.namespace) }
    guard matches.count == 1 else {
      let wanted = Self.describe(source)
      if matches.isEmpty {
        let nearest = NearestName.of(source.name, among: set.resources.map(\.name))
        throw problem(
          "no resource matches the source \(wanted)", source.mark, help: nearest.map { "did you mean '\($0)'?" })
      }
      throw problem(
        "more than one resource matches the source \(wanted): "
          + matches.prefix(4).map(\.id.description).joined(separator: ", "), source.mark)
    }
    let path = source.fieldPath.isEmpty ? Self.defaultPath : source.fieldPath
    let node = try DottedPath(path).lookUp(in: matches[0].root, problem: { problem($0, source.mark) })
    guard let node, !node.isNull, node.mapping?.isEmpty != true, node.sequence?.isEmpty != true else {
      throw problem("field '\(path)' is missing in the source \(matches[0].id)", source.mark)
    }
    guard !source.options.delimiter.isEmpty else { return node }
    guard node.isScalar else {
      throw problem("'delimiter' needs a scalar, but '\(path)' is a \(node.value.kindName)", source.mark)
    }
    let parts = Self.split(node.scalarText ?? "", by: source.options.delimiter)
    guard parts.indices.contains(source.options.index) else {
      throw problem(
        "index \(source.options.index) is out of range: '\(path)' has \(parts.count) parts", source.mark)
    }
    return Self.retyped(node, text: parts[source.options.index])
  }

  private static func describe(_ source: Replacement.Source) -> String {
    let parts = [source.kind.description, source.namespace, source.name].filter { !$0.isEmpty }
    return parts.isEmpty ? "(any)" : "'" + parts.joined(separator: " ") + "'"
  }

  static func split(_ text: String, by delimiter: String) -> [String] {
    var parts: [String] = []
    var rest = text.utf8[...]
    let bytes = Array(delimiter.utf8)
    guard let first = bytes.first else { return [text] }
    var position = rest.startIndex
    while let found = rest[position...].firstIndex(of: first) {
      guard rest[found...].starts(with: bytes) else {
        position = rest.index(after: found)
        continue
      }
      parts.append(String(Substring(rest[..<found])))
      rest = rest[rest.index(found, offsetBy: bytes.count)...]
      position = rest.startIndex
    }
    return parts + [String(Substring(rest))]
  }

  /// By any identity; empty parts match all.
  private static func selects(_ resource: Resource, _ kind: KindSelector, _ name: String, _ namespace: String) -> Bool {
    func effective(_ text: String) -> String { text.isEmpty ? "default" : text }
    return (resource.previousIDs + [resource.id]).contains { id in
      (name.isEmpty || id.name == name) && kind.selects(id.gvk)
        && (namespace.isEmpty || effective(id.namespace) == effective(namespace))
    }
  }

  // MARK: Targets

  private func write(
    _ value: Node, to target: Replacement.Target, in set: inout ResourceSet, _ nameless: inout [Int: Diagnostic]
  ) throws(Diagnostic) {
    guard let select = target.select else { throw problem("a target needs 'select'", target.mark) }
    let metadata = try select.compiled()
    var rejects: [(TargetSelector, CompiledSelector)] = []
    for reject in target.reject { rejects.append((reject, try reject.compiled())) }
    let paths = target.fieldPaths.isEmpty ? [Located(Self.defaultPath, target.mark)] : target.fieldPaths
    for position in set.indices {
      let resource = set[position]
      guard Self.selects(resource, select.kind, select.name, select.namespace), metadata.selectsMetadata(of: resource),
        !rejects.contains(where: { Self.isRejected(resource, by: $0.0, $0.1) })
      else { continue }
      for path in paths {
        try write(value, to: path, target.options, in: &set, position)
        nameless[position] = Self.missingPart(of: set[position]).map { part in
          problem("the replacement of '\(path.value)' leaves \(resource.id) without a \(part)", path.mark)
        }
      }
    }
  }

  private static func missingPart(of resource: Resource) -> String? {
    if resource.gvk.kind.isEmpty { return "kind" }
    return resource.name.isEmpty && !resource.gvk.kind.hasSuffix("List") ? "name" : nil
  }

  private static func isRejected(_ resource: Resource, by selector: TargetSelector, _ metadata: CompiledSelector)
    -> Bool
  {
    let hasID = selector.kind != KindSelector() || !selector.name.isEmpty || !selector.namespace.isEmpty
    if hasID && selects(resource, selector.kind, selector.name, selector.namespace) { return true }
    let hasSelectors = !selector.labelSelector.isEmpty || !selector.annotationSelector.isEmpty
    return hasSelectors && metadata.selectsMetadata(of: resource)
  }

  private func write(
    _ value: Node, to path: Located<String>, _ options: Replacement.Options, in set: inout ResourceSet, _ position: Int
  ) throws(Diagnostic) {
    let id = set[position].id
    let touchesNotes = path.value == "metadata.annotations" || path.value == "metadata"
    var root = touchesNotes ? set[position].rootWithNotes : set[position].root
    let kind: DottedPath.Kind? = options.creates ? .init(value) : nil
    do throws(DottedPath.Problem) {
      if options.creates, DottedPath(path.value).parts.contains("") {
        throw DottedPath.Problem(message: "a part of the path is empty")
      }
      let count = try DottedPath(path.value).edit(&root, creating: kind) { (node, isNew) throws(DottedPath.Problem) in
        try put(value, into: &node, isNew: isNew, options)
      }
      guard count > 0 else { throw DottedPath.Problem(message: "it does not exist") }
    } catch {
      throw problem(
        "field '\(path.value)' of the target \(id): \(error.message)", path.mark,
        help: options.creates ? nil : "set 'options: {create: true}' to create what is missing")
    }
    if !value.isScalar || !options.delimiter.isEmpty || value.scalarText?.utf8.count ?? 0 > Self.smallText {
      try ResourceSize.check(
        root, of: id, limit: limits.resourceBytes, at: problem("", path.mark).location ?? set[position].origin)
    }
    set.update(position) { resource in
      if touchesNotes {
        resource.takeRootWithNotes(root.mapping ?? Mapping(), keepsIdentity: false)
      } else {
        let shared = resource.shared
        resource.replaceRoot(root.mapping ?? Mapping())
        resource.shared = shared
      }
      resource.settleShared()
    }
  }

  private func put(
    _ value: Node, into node: inout Node, isNew: Bool, _ options: Replacement.Options
  ) throws(DottedPath.Problem) {
    var text = value.scalarText ?? ""
    if !options.delimiter.isEmpty {
      guard text.utf8.count + (node.scalarText?.utf8.count ?? 0) <= limits.fileBytes else {
        throw DottedPath.Problem(message: "the text grows beyond \(limits.fileBytes >> 20) MiB")
      }
      guard node.isScalar else {
        throw DottedPath.Problem(message: "'delimiter' needs a scalar, this is a \(node.value.kindName)")
      }
      var parts = Self.split(node.scalarText ?? "", by: options.delimiter)
      if options.index < 0 {
        parts.insert(text, at: 0)
      } else if options.index >= parts.count {
        parts.append(text)
      } else {
        parts[options.index] = text
      }
      text = parts.joined(separator: options.delimiter)
    }
    guard node.isScalar else {
      node = options.delimiter.isEmpty ? value : Self.retyped(value, text: text)
      return
    }
    if isNew || node.isUntyped {
      node = .untyped(text, mark: .untyped)
      return
    }
    let changed = Self.retyped(node, text: text)
    if !Self.sameType(changed, node) {
      throw DottedPath.Problem(
        message: "'\(text)' is no \(node.isTimestamp ? "timestamp" : node.value.kindName), which the field holds")
    }
    node = changed
  }

  /// Another text in a scalar whose type stays.
  private static func retyped(_ node: Node, text: String) -> Node {
    if case .string = node.value, !node.isTimestamp { return Node(.string(text), mark: node.mark, style: node.style) }
    return .untyped(text, mark: node.mark)
  }

  private static func sameType(_ a: Node, _ b: Node) -> Bool {
    switch (a.value, b.value) {
    case (.string, .string): a.isTimestamp == b.isTimestamp
    case (.bool, .bool), (.null, .null): true
    case (.int, .int), (.int, .uint), (.uint, .int), (.uint, .uint): true
    case (.double, .double), (.int, .double), (.uint, .double): true
    default: false
    }
  }
}
