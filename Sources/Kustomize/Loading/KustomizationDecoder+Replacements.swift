import Manifest

extension KustomizationDecoder {
  static func replacementEntry(_ node: Node, _ problems: inout ProblemList) -> ReplacementEntry {
    let fields = FieldReader(
      node, as: "an entry of 'replacements'", known: ["path", "source", "targets"], in: &problems)
    var entry = ReplacementEntry(path: fields.text("path", in: &problems), mark: node.mark)
    if entry.path?.value.isEmpty == true { entry.path = nil }
    if entry.path == nil || fields.node("source") != nil || fields.node("targets")?.sequence?.isEmpty == false {
      entry.replacement = replacement(fields, &problems)
    }
    if entry.replacement?.targets?.isEmpty == true {
      problems.add(
        "a replacement needs at least one target", at: fields.mark("targets"), code: "kustomize.invalid-replacement")
    }
    return entry
  }

  /// The content of a file of replacements: one, or a list.
  static func replacements(_ node: Node, _ problems: inout ProblemList) -> [Replacement] {
    switch node.value {
    case .mapping: return [replacement(node, &problems)]
    case .sequence(let nodes): return nodes.map { replacement($0, &problems) }
    default:
      problems.add("a file of replacements must hold one or a list of them", at: node.mark)
      return []
    }
  }

  private static func replacement(_ node: Node, _ problems: inout ProblemList) -> Replacement {
    replacement(FieldReader(node, as: "a replacement", known: ["source", "targets"], in: &problems), &problems)
  }

  private static func replacement(_ fields: FieldReader, _ problems: inout ProblemList) -> Replacement {
    Replacement(
      source: fields.node("source").map { source($0, &problems) },
      targets: fields.node("targets").map { _ in
        fields.list("targets", in: &problems).map { replacementTarget($0, &problems) }
      }, file: problems.file, mark: fields.node.mark)
  }

  private static func source(_ node: Node, _ problems: inout ProblemList) -> Replacement.Source {
    let fields = FieldReader(
      node, as: "'source'",
      known: ["group", "version", "kind", "name", "namespace", "fieldPath", "options"], in: &problems)
    return Replacement.Source(
      kind: kindSelector(fields, &problems), name: fields.string("name", in: &problems),
      namespace: fields.string("namespace", in: &problems), fieldPath: fields.string("fieldPath", in: &problems),
      options: fields.node("options").map { replacementOptions($0, &problems) } ?? Replacement.Options(),
      mark: node.mark)
  }

  private static func replacementTarget(_ node: Node, _ problems: inout ProblemList) -> Replacement.Target {
    let fields = FieldReader(
      node, as: "an entry of 'targets'", known: ["select", "reject", "fieldPaths", "options"], in: &problems)
    return Replacement.Target(
      select: fields.node("select").map { target($0, &problems) },
      reject: fields.list("reject", in: &problems).map { target($0, &problems) },
      fieldPaths: fields.texts("fieldPaths", in: &problems),
      options: fields.node("options").map { replacementOptions($0, &problems) } ?? Replacement.Options(),
      mark: node.mark)
  }

  private static func replacementOptions(_ node: Node, _ problems: inout ProblemList) -> Replacement.Options {
    let fields = FieldReader(
      node, as: "'options'", known: ["delimiter", "index", "encoding", "create"], in: &problems)
    return Replacement.Options(
      delimiter: fields.string("delimiter", in: &problems),
      index: Int(clamping: fields.integer("index", in: &problems) ?? 0),
      creates: fields.flag("create", in: &problems))
  }
}
