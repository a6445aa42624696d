import Manifest

/// One object of a file, checked to be one.
struct ResourceDocument: Sendable {
  var root: Mapping
  var mark: SourceMark

  /// The objects of a stream: lists opened, what has neither kind nor name refused.
  ///
  /// A lone `List` gives its items in place; other kinds that end in `List` and have `items` give theirs after all other
  /// documents.
  /// - Throws: ``Diagnostics``
  static func documents(of nodes: [Node], file: String) throws(Diagnostics) -> [ResourceDocument] {
    var nodes = nodes
    if nodes.count == 1, let kind = nodes[0]["kind"]?.scalarText, kind == "List" || kind == "ResourceList",
      let items = nodes[0]["items"]
    {
      nodes = items.sequence ?? []
    }
    var problems: [Diagnostic] = []
    var queue: [ResourceDocument] = []
    for node in nodes where !node.isNull {
      if let document = check(node, file, &problems) { queue.append(document) }
    }
    var result: [ResourceDocument] = []
    var next = 0
    while next < queue.count {
      let document = queue[next]
      next += 1
      guard document.root["kind"]?.scalarText?.hasSuffix("List") == true, let items = document.root["items"] else {
        result.append(document)
        continue
      }
      switch items.value {
      case .null: break
      case .sequence(let nodes): queue += nodes.compactMap { check($0.fromJSON, file, &problems) }
      default:
        problems.append(
          Diagnostic(
            "kustomize.invalid-resource", "'items' of a list must be a list, not a \(items.value.kindName)",
            at: SourceLocation(file: file, mark: items.mark)))
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return result
  }

  /// Nil for an empty mapping, and for what is wrong.
  private static func check(_ node: Node, _ file: String, _ problems: inout [Diagnostic]) -> ResourceDocument? {
    func refuse(_ message: String, help: String? = nil) {
      problems.append(
        Diagnostic(
          "kustomize.invalid-resource", message, at: SourceLocation(file: file, mark: node.mark), help: help))
    }
    guard let mapping = node.mapping else {
      refuse("a resource must be a mapping, not a \(node.value.kindName)")
      return nil
    }
    if mapping.isEmpty { return nil }
    guard let kind = mapping["kind"]?.scalarText, !kind.isEmpty else {
      refuse("a resource has no 'kind'", help: "every resource needs apiVersion, kind and metadata.name")
      return nil
    }
    if !kind.hasSuffix("List"), mapping["metadata"]?["name"]?.scalarText?.isEmpty ?? true {
      let generated = mapping["metadata"]?["generateName"] != nil
      refuse(
        "\(kind) has no 'metadata.name'", help: generated ? "'generateName' alone does not name a resource" : nil)
      return nil
    }
    return ResourceDocument(root: mapping, mark: node.mark)
  }
}
