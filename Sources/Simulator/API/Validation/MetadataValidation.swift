import Manifest

/// Checks `metadata`, which all kinds have alike.
enum MetadataValidation {
  static let maximumAnnotationBytes = 256 * 1024

  static func check(_ object: Mapping, kind: GroupVersionKind, isCustom: Bool, into problems: inout FieldProblems) {
    let metadata = object["metadata"]?.mapping ?? Mapping()
    checkName(metadata["name"]?.string ?? "", nameRule(of: kind), into: &problems)
    checkLabels(metadata["labels"], path: "metadata.labels", into: &problems)
    checkAnnotations(metadata["annotations"], path: "metadata.annotations", into: &problems)
    checkFinalizers(metadata["finalizers"], into: &problems)
    checkOwners(metadata["ownerReferences"], into: &problems)
  }

  private static func nameRule(of kind: GroupVersionKind) -> NameRule {
    switch (kind.group, kind.kind) {
    case ("", "Namespace"): .label
    case ("", "Service"): .serviceLabel
    case ("rbac.authorization.k8s.io", _): .pathSegment
    default: .subdomain
    }
  }

  private static func checkName(_ name: String, _ rule: NameRule, into problems: inout FieldProblems) {
    if name.isEmpty {
      problems.required("metadata.name", "name or generateName is required")
    } else if let problem = rule.problem(name) {
      problems.invalid("metadata.name", .string(name), problem)
    }
  }

  static func checkLabels(_ labels: Node?, path: String, into problems: inout FieldProblems) {
    for label in labels?.mapping ?? Mapping() {
      if let problem = QualifiedName.problem(label.key) { problems.invalid(path, .string(label.key), problem) }
      if let value = label.value.string, let problem = QualifiedName.valueProblem(value) {
        problems.invalid(path, label.value, problem)
      }
    }
  }

  static func checkAnnotations(_ annotations: Node?, path: String, into problems: inout FieldProblems) {
    var bytes = 0
    for annotation in annotations?.mapping ?? Mapping() {
      if let problem = QualifiedName.problem(annotation.key.lowercased()) {
        problems.invalid(path, .string(annotation.key), problem)
      }
      bytes += annotation.key.utf8.count + (annotation.value.string ?? "").utf8.count
    }
    if bytes > maximumAnnotationBytes { problems.tooLong(path, maximumAnnotationBytes) }
  }

  private static func checkFinalizers(_ finalizers: Node?, into problems: inout FieldProblems) {
    for (index, finalizer) in (finalizers?.sequence ?? []).enumerated() {
      guard let name = finalizer.string else { continue }
      let field = "metadata.finalizers[\(index)]"
      if let problem = QualifiedName.problem(name) {
        problems.invalid(field, finalizer, problem)
      } else if !name.contains("/"), !["foregroundDeletion", "orphan", "kubernetes"].contains(name) {
        problems.invalid(field, finalizer, "name is neither a standard finalizer name nor is it fully qualified")
      }
    }
  }

  private static func checkOwners(_ owners: Node?, into problems: inout FieldProblems) {
    let path = "metadata.ownerReferences"
    for owner in owners?.sequence ?? [] {
      if owner["apiVersion"]?.string ?? "" == "" {
        problems.invalid(path + ".apiVersion", .string(""), "version must not be empty")
      }
      for key in ["kind", "name", "uid"] where owner[key]?.string ?? "" == "" {
        problems.invalid("\(path).\(key)", .string(""), "must not be empty")
      }
    }
  }
}
