import Kustomize
import Manifest

/// What `helm template` prints, as documents.
enum HelmOutput {
  /// Lists are opened, empty documents left out; hooks and definitions are objects as any other.
  /// - Throws: ``Diagnostics`` `yaml.…`, `helm.not-an-object`.
  static func rendering(_ output: [UInt8], display: String) throws(Diagnostics) -> Rendering {
    let file = display + " (printed by helm)"
    var documents: [RenderedDocument] = []
    var problems: [Diagnostic] = []
    for node in try YAML.parse(output, file: file) { add(node, file, &documents, &problems) }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return Rendering(documents: documents)
  }

  private static func add(
    _ node: Node, _ file: String, _ documents: inout [RenderedDocument], _ problems: inout [Diagnostic]
  ) {
    if node.isNull { return }
    guard let mapping = node.mapping else {
      problems.append(
        Diagnostic(
          "helm.not-an-object", "the chart renders to a \(node.value.kindName) where an object should be",
          at: SourceLocation(file: file, mark: node.mark)))
      return
    }
    if mapping.isEmpty { return }
    if mapping["kind"]?.string?.hasSuffix("List") == true, mapping["metadata"]?["name"] == nil,
      let items = mapping["items"]
    {
      for item in items.sequence ?? [] { add(item, file, &documents, &problems) }
      return
    }
    documents.append(RenderedDocument(root: mapping, origin: SourceLocation(file: file, mark: node.mark)))
  }
}
