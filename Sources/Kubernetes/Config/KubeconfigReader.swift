import Manifest

/// Reads the outer shape of one kubeconfig file.
struct KubeconfigReader {
  static let maximumBytes = 8 << 20
  /// Of a file in which nothing stands, which clientcmd takes for a configuration without entries.
  static let emptyCode = "kubeconfig.empty"

  private let file: String
  private var diagnostics: [Diagnostic] = []

  init(file: String) { self.file = file }

  mutating func read(_ bytes: [UInt8]) throws(Diagnostics) -> Kubeconfig {
    let options = YAML.Options(
      schema: .yaml11, limits: TextLimits(bytes: Self.maximumBytes, depth: 64, aliasedNodes: 10_000))
    let documents = try YAML.parse(bytes, file: file, options: options)
    guard let root = documents.first, !root.isNull else {
      throw Diagnostics(Diagnostic(Self.emptyCode, "the kubeconfig is empty", at: SourceLocation(file: file)))
    }
    if documents.count > 1 { report("several-documents", "a kubeconfig is one document, not \(documents.count)", root) }
    guard root.mapping != nil else {
      report("shape", "a kubeconfig is a mapping, not a \(root.value.kindName)", root)
      throw Diagnostics(diagnostics)
    }
    checkKind(root)
    var config = Kubeconfig()
    config.files = [file]
    if let current = text(root, "current-context"), !current.isEmpty {
      config.currentContext = current
      config.currentContextLocation = root["current-context"].map { location($0) }
    }
    config.clusters = entries(root, "clusters", of: "cluster")
    config.users = entries(root, "users", of: "user")
    config.contexts = entries(root, "contexts", of: "context")
    if !diagnostics.isEmpty { throw Diagnostics(diagnostics) }
    return config
  }

  private mutating func checkKind(_ root: Node) {
    if let kind = root["kind"], !kind.isNull, kind.string != "Config" {
      report("kind", "this is not a kubeconfig: its kind is '\(kind.string?.prefix(40) ?? "")', not Config", kind)
    }
    if let version = root["apiVersion"], !version.isNull, version.string != "v1" {
      report("api-version", "a kubeconfig has apiVersion v1, not '\(version.string?.prefix(40) ?? "")'", version)
    }
  }

  private mutating func entries(_ root: Node, _ key: String, of member: String) -> [Kubeconfig.Entry] {
    guard let list = root[key], !list.isNull else { return [] }
    guard let nodes = list.sequence else {
      report("shape", "\(key) is a sequence, not a \(list.value.kindName)", list)
      return []
    }
    var entries: [String: Kubeconfig.Entry] = [:]
    var order: [String] = []
    for node in nodes {
      guard let entry = entry(node, key, member) else { continue }
      if let first = entries[entry.name] {
        diagnostics.append(
          Diagnostic(
            "kubeconfig.duplicate", "two \(key) have the name '\(entry.name)'", at: entry.nameLocation,
            notes: [.init("the first is here", at: first.nameLocation)], help: "rename or remove one of them"))
        continue
      }
      entries[entry.name] = entry
      order.append(entry.name)
    }
    return order.compactMap { entries[$0] }
  }

  private mutating func entry(_ node: Node, _ key: String, _ member: String) -> Kubeconfig.Entry? {
    guard node.mapping != nil else {
      report("shape", "a member of \(key) is a mapping, not a \(node.value.kindName)", node)
      return nil
    }
    guard let nameNode = node["name"], let name = text(node, "name"), !name.isEmpty else {
      report("no-name", "a member of \(key) has no name", node)
      return nil
    }
    let content = node[member] ?? Node.null
    guard content.isNull || content.mapping != nil else {
      report("shape", "'\(member)' of '\(name)' is a mapping, not a \(content.value.kindName)", content)
      return nil
    }
    return Kubeconfig.Entry(
      name: name, node: content.isNull ? Node(.mapping([:]), mark: node.mark) : content,
      nameLocation: location(nameNode), file: file)
  }

  private mutating func text(_ node: Node, _ key: String) -> String? {
    guard let member = node[key], !member.isNull else { return nil }
    if let text = member.string { return text }
    // A name like `2024` reads as a number, and still is a name.
    if let spelling = member.spelling ?? member.int.map(String.init) { return spelling }
    report("shape", "\(key) is a string, not a \(member.value.kindName)", member)
    return nil
  }

  private func location(_ node: Node) -> SourceLocation { SourceLocation(file: file, mark: node.mark) }

  private mutating func report(_ code: String, _ message: String, _ node: Node) {
    diagnostics.append(Diagnostic("kubeconfig." + code, message, at: location(node)))
  }
}
