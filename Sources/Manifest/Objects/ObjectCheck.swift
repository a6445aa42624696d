/// What an API server would say of any object, without asking one: names, labels, annotations, texts where texts are due.
package enum ObjectCheck {
  private static let nameIsPathSegment: Set<String> = ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"]
  private static let nameIsLabel: Set<GroupKind> = [
    GroupKind(group: "", kind: "Namespace"), GroupKind(group: "", kind: "Service"),
  ]
  private static let maximumAnnotationBytes = 256 << 10

  /// Every problem of one object, in the order of its text. Codes `object.…`; no value of a Secret is quoted.
  package static func problems(of object: Object) -> [Diagnostic] {
    var report = Report(file: object.origin?.file ?? "")
    checkName(of: object, &report)
    if let metadata = object["metadata"] { checkMetadata(metadata, &report) }
    if let template = object["spec"]?["template"]?["metadata"] { checkMetadata(template, &report) }
    switch (object.gvk.group, object.gvk.kind) {
    case ("", "ConfigMap"):
      checkTexts(object["data"], "data", &report)
      checkBase64(object["binaryData"], "binaryData", &report)
    case ("", "Secret"):
      checkTexts(object["stringData"], "stringData", &report)
      checkBase64(object["data"], "data", &report)
    default: break
    }
    return report.problems
  }

  /// Objects that are there more than once, each with the place of the first.
  package static func duplicates(in objects: [Object]) -> [Diagnostic] {
    var first: [ObjectID: Object] = [:]
    var problems: [Diagnostic] = []
    for object in objects {
      guard let known = first[object.id] else {
        first[object.id] = object
        continue
      }
      problems.append(
        Diagnostic(
          "object.duplicate", "\(object.id) is there twice", at: object.origin,
          notes: [.init("it is here first", at: known.origin)], help: "remove one of the two"))
    }
    return problems
  }

  private struct Report {
    let file: String
    var problems: [Diagnostic] = []

    mutating func add(_ code: String, _ message: String, _ mark: SourceMark, help: String? = nil) {
      problems.append(Diagnostic("object.\(code)", message, at: SourceLocation(file: file, mark: mark), help: help))
    }
  }

  private static func checkName(of object: Object, _ report: inout Report) {
    let metadata = object["metadata"]
    let problem: String?
    if object.gvk.group == "rbac.authorization.k8s.io", nameIsPathSegment.contains(object.gvk.kind) {
      problem = NameRules.problem(withPathSegment: object.name)
    } else if nameIsLabel.contains(object.gvk.groupKind) {
      problem = NameRules.problem(withLabel: object.name)
    } else {
      problem = NameRules.problem(withSubdomain: object.name)
    }
    if let problem {
      report.add("name", "the name '\(object.name)' \(problem)", metadata?["name"]?.mark ?? .none)
    }
    if !object.namespace.isEmpty, let problem = NameRules.problem(withLabel: object.namespace) {
      report.add("name", "the namespace '\(object.namespace)' \(problem)", metadata?["namespace"]?.mark ?? .none)
    }
  }

  private static func checkMetadata(_ metadata: Node, _ report: inout Report) {
    for label in members(of: metadata["labels"], "labels", &report) {
      if let problem = NameRules.problem(withLabelKey: label.key) {
        report.add("label", "the label key '\(label.key)' \(problem)", label.keyMark)
      }
      guard let value = text(label, "the label '\(label.key)'", &report) else { continue }
      if let problem = NameRules.problem(withLabelValue: value) {
        report.add("label", "the value of label '\(label.key)' \(problem)", label.value.mark)
      }
    }
    var bytes = 0
    for annotation in members(of: metadata["annotations"], "annotations", &report) {
      if let problem = NameRules.problem(withLabelKey: annotation.key.lowercased()) {
        report.add("annotation", "the annotation key '\(annotation.key)' \(problem)", annotation.keyMark)
      }
      let value = text(annotation, "the annotation '\(annotation.key)'", &report)
      bytes += annotation.key.utf8.count + (value?.utf8.count ?? 0)
    }
    if bytes > maximumAnnotationBytes {
      report.add(
        "annotation", "the annotations have \(bytes) bytes, of which \(maximumAnnotationBytes) are allowed",
        metadata["annotations"]?.mark ?? .none)
    }
  }

  private static func members(of node: Node?, _ name: String, _ report: inout Report) -> [Mapping.Member] {
    guard let node, !node.isNull else { return [] }
    guard let mapping = node.mapping else {
      report.add("type", "\(name) is a mapping, not a \(node.value.kindName)", node.mark)
      return []
    }
    return mapping.members
  }

  private static func text(_ member: Mapping.Member, _ what: String, _ report: inout Report) -> String? {
    if let text = member.value.string { return text }
    let isScalar = member.value.mapping == nil && member.value.sequence == nil
    report.add(
      "type", "\(what) must be a string, not a \(member.value.value.kindName)", member.value.mark,
      help: isScalar ? "put it in quotes" : nil)
    return nil
  }

  private static func checkTexts(_ node: Node?, _ name: String, _ report: inout Report) {
    for member in members(of: node, name, &report) {
      checkDataKey(member, name, &report)
      _ = text(member, "\(name) '\(member.key)'", &report)
    }
  }

  private static func checkBase64(_ node: Node?, _ name: String, _ report: inout Report) {
    for member in members(of: node, name, &report) {
      checkDataKey(member, name, &report)
      guard !member.value.isNull, let value = text(member, "\(name) '\(member.key)'", &report) else { continue }
      if Base64.decode(value) == nil {
        report.add(
          "base64", "\(name) '\(member.key)' is not base64", member.value.mark,
          help: name == "data" ? "put plain text under stringData" : nil)
      }
    }
  }

  private static func checkDataKey(_ member: Mapping.Member, _ name: String, _ report: inout Report) {
    let isKey =
      !member.key.isEmpty && member.key.utf8.count <= 253 && member.key != "." && member.key != ".."
      && member.key.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_.".unicodeScalars.contains($0))
      }
    if !isKey {
      report.add(
        "key", "the key '\(member.key)' of \(name) may hold only letters, digits, '-', '_' and '.'", member.keyMark)
    }
  }
}
