import Manifest

/// Makes ConfigMaps and Secrets from files and literals.
struct DataGenerator {
  enum Kind: String { case configMap = "ConfigMap", secret = "Secret" }

  let kind: Kind
  let arguments: GeneratorArguments
  let directory: TreePath
  /// The kustomization, as users know it.
  let file: String

  /// - Throws: ``Diagnostic``
  func resource(_ loader: inout FileLoader) throws(Diagnostic) -> Resource {
    let location = SourceLocation(file: file, mark: arguments.mark)
    guard !arguments.name.isEmpty else {
      throw Diagnostic("kustomize.missing-name", "a \(kind.rawValue) generator has no 'name'", at: location)
    }
    let pairs = try KeyValueSources(arguments: arguments, directory: directory, file: file).pairs(&loader)
    var resource = Resource(root(pairs), origin: location)
    resource.needsHash = !(arguments.options?.disableNameSuffixHash ?? false)
    resource.behavior = Resource.Behavior(rawValue: arguments.behavior) ?? .unspecified
    if let problem = resource.oddKey() { throw problem }
    return resource
  }

  private func root(_ pairs: [(key: String, value: [UInt8])]) -> Mapping {
    var metadata: Mapping = ["name": Node.untyped(arguments.name)]
    if !arguments.namespace.isEmpty { metadata["namespace"] = Node.untyped(arguments.namespace) }
    let options = arguments.options ?? GeneratorOptions()
    if !options.labels.isEmpty { metadata["labels"] = Self.mapping(options.labels) }
    if !options.annotations.isEmpty { metadata["annotations"] = Self.mapping(options.annotations) }
    var root: Mapping = ["apiVersion": .string("v1"), "kind": .string(kind.rawValue), "metadata": .mapping(metadata)]
    if kind == .secret {
      root["type"] = .string(arguments.type.isEmpty ? "Opaque" : arguments.type)
      root["data"] = .mapping(Mapping())
    }
    for (key, value) in pairs {
      let (field, node) = data(value)
      if root[field] == nil { root[field] = .mapping(Mapping()) }
      root[field]?[key] = node
    }
    if options.immutable { root["immutable"] = Node(.bool(true)) }
    return root
  }

  private static func mapping(_ texts: [String: String]) -> Node {
    var mapping = Mapping()
    for (key, value) in texts.sorted(by: { $0.key < $1.key }) { mapping[key] = .string(value) }
    return .mapping(mapping)
  }

  private func data(_ value: [UInt8]) -> (field: String, node: Node) {
    if kind == .configMap, let text = String(validating: value, as: UTF8.self) {
      return ("data", Node(.string(text), style: text.contains("\n") ? .literal : .plain))
    }
    return (kind == .secret ? "data" : "binaryData", .string(Self.encoded(value)))
  }

  /// Base64, in lines of 70 characters when it is longer than one.
  private static func encoded(_ value: [UInt8]) -> String {
    let text = Base64.encode(value)
    guard text.utf8.count >= 70 else { return text }
    var result = ""
    var rest = Substring(text)
    while !rest.isEmpty {
      result += rest.prefix(70) + "\n"
      rest = rest.dropFirst(70)
    }
    return result
  }
}

extension Resource {
  /// Takes the place of `old`, as a generator with behavior `merge` or `replace` does.
  mutating func takePlace(of old: Resource, mergesData: Bool) {
    /// A null of the data is empty; one of the labels and annotations is the text that was written.
    func united(_ own: Mapping?, _ other: Mapping?, isData: Bool) -> Node? {
      var result = Mapping()
      for member in (other?.members ?? []) + (own?.members ?? []) {
        result[member.key] = .string(member.value.scalarText ?? (isData ? "" : member.value.writtenNull))
      }
      return result.isEmpty ? nil : .mapping(result)
    }
    let other = old.mapping
    let own = mapping
    edit { root in
      for field in ["labels", "annotations"] {
        root["metadata"]?[field] = united(
          own["metadata"]?[field]?.mapping, other["metadata"]?[field]?.mapping, isData: false)
      }
      if mergesData {
        for field in ["data", "binaryData"] {
          root[field] = united(own[field]?.mapping, other[field]?.mapping, isData: true)
        }
      }
    }
    setName(old.name)
    setNamespace(old.namespace)
    inheritNotes(from: old)
    transformations = old.transformations
    if mergesData { provenance = old.provenance ?? provenance }
  }

  /// A key of the data or of a label that kustomize cannot write.
  func oddKey() -> Diagnostic? {
    let labels = mapping["metadata"]?["labels"]?.mapping ?? Mapping()
    for field in [mapping["data"]?.mapping, mapping["binaryData"]?.mapping, labels] {
      for member in field ?? Mapping() {
        if let problem = KeyType.problem(member.key, "key", in: self) { return problem }
      }
    }
    return nil
  }

}
