/// Kubernetes objects out of a stream of documents.
package struct ObjectReader: Sendable {
  /// What was found, and everything that was wrong; an object is there only when nothing is wrong with its identity.
  package struct Result: Sendable {
    package var objects: [Object] = []
    package var diagnostics: [Diagnostic] = []

    package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
  }

  private static let maximumDiagnostics = 200

  private let file: String
  private var result = Result()

  private init(file: String) { self.file = file }

  /// Reads a manifest file: JSON when its name or its first character says so, else a YAML stream.
  ///
  /// Lists (`kind: List`, `kind: ConfigMapList`, …) are replaced by their items. Codes: `json.…`, `yaml.…`, `object.…`.
  package static func read(_ bytes: [UInt8], file: String, options: YAML.Options = YAML.Options()) -> Result {
    do throws(Diagnostics) {
      return objects(in: try documents(bytes, file: file, options: options), file: file)
    } catch {
      return Result(objects: [], diagnostics: error.all)
    }
  }

  /// The documents of a manifest file, whatever they hold.
  package static func documents(
    _ bytes: [UInt8], file: String, options: YAML.Options = YAML.Options()
  ) throws(Diagnostics) -> [Node] {
    let isNamedJSON = file.lowercased().hasSuffix(".json")
    if isNamedJSON || bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{") {
      do throws(Diagnostic) {
        return [try JSON.parse(bytes, file: file, limits: options.limits)]
      } catch {
        // YAML in flow style begins with a brace too.
        if isNamedJSON { throw Diagnostics(error) }
      }
    }
    return try YAML.parse(bytes, file: file, options: options)
  }

  package static func objects(in documents: [Node], file: String) -> Result {
    var reader = ObjectReader(file: file)
    for document in documents where !document.isNull { reader.take(document, listed: nil) }
    return reader.result
  }

  /// - Parameter listed: what a list says of its items when they do not say it themselves.
  private mutating func take(_ node: Node, listed: (apiVersion: String, kind: String)?) {
    guard var root = node.mapping else {
      report(
        "type", "a Kubernetes object is a mapping, not a \(node.value.kindName)", node.mark,
        help: "begin it with apiVersion, kind and metadata")
      return
    }
    if let listed, root["kind"] == nil {
      root["kind"] = .string(listed.kind)
      if root["apiVersion"] == nil { root["apiVersion"] = .string(listed.apiVersion) }
    }
    if let kind = root["kind"]?.string, kind.hasSuffix("List"), let items = root["items"],
      root["metadata"]?["name"] == nil
    {
      takeItems(items, of: kind, apiVersion: root["apiVersion"]?.string ?? "")
      return
    }
    let before = result.diagnostics.count
    checkIdentity(root, at: node.mark)
    guard result.diagnostics.count == before else { return }
    if let object = Object(root, origin: SourceLocation(file: file, mark: node.mark)) {
      result.objects.append(object)
    }
  }

  private mutating func takeItems(_ items: Node, of kind: String, apiVersion: String) {
    if items.isNull { return }
    guard let nodes = items.sequence else {
      report("type", "'items' of a \(kind) is a sequence, not a \(items.value.kindName)", items.mark)
      return
    }
    let itemKind = String(kind.dropLast("List".count))
    for node in nodes { take(node, listed: itemKind.isEmpty ? nil : (apiVersion, itemKind)) }
  }

  private mutating func checkIdentity(_ root: Mapping, at mark: SourceMark) {
    _ = requireText(root["apiVersion"], "apiVersion", at: mark, help: "write it as v1 or apps/v1")
    _ = requireText(root["kind"], "kind", at: mark, help: nil)
    guard let metadata = root["metadata"], !metadata.isNull else {
      report("missing-field", "the object has no metadata", mark, help: "add metadata with a name")
      return
    }
    guard let fields = metadata.mapping else {
      report("type", "metadata is a mapping, not a \(metadata.value.kindName)", metadata.mark)
      return
    }
    let isNameless = fields["name"] == nil && fields["generateName"]?.string != nil
    if isNameless && isHook(fields) { return }
    let keyMark = root.keyMark(of: "metadata") ?? metadata.mark
    _ = requireText(
      fields["name"], "metadata.name", at: keyMark.isKnown ? keyMark : mark,
      help: isNameless ? "generateName cannot be applied again and again: give the object a name" : nil)
    if let namespace = fields["namespace"], !namespace.isNull, namespace.string == nil {
      reportNotText(namespace, "metadata.namespace")
    }
  }

  /// Hooks are made anew for each sync, and may leave their names to it.
  private func isHook(_ metadata: Mapping) -> Bool {
    ["argocd.argoproj.io/hook", "helm.sh/hook"].contains { metadata["annotations"]?[$0]?.string != nil }
  }

  private mutating func requireText(_ node: Node?, _ field: String, at mark: SourceMark, help: String?) -> String? {
    guard let node, !node.isNull else {
      report("missing-field", "the object has no \(field)", node?.mark ?? mark, help: help)
      return nil
    }
    guard let text = node.string else {
      reportNotText(node, field)
      return nil
    }
    if text.isEmpty { report("missing-field", "\(field) is empty", node.mark, help: help) }
    return text
  }

  private mutating func reportNotText(_ node: Node, _ field: String) {
    let isScalar = node.mapping == nil && node.sequence == nil
    report(
      "type", "\(field) must be a string, not a \(node.value.kindName)", node.mark,
      help: isScalar ? "put it in quotes" : nil)
  }

  private mutating func report(_ code: String, _ message: String, _ mark: SourceMark, help: String? = nil) {
    guard result.diagnostics.count < Self.maximumDiagnostics else { return }
    result.diagnostics.append(
      Diagnostic("object.\(code)", message, at: SourceLocation(file: file, mark: mark), help: help))
  }
}
