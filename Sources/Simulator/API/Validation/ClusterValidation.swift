import Manifest

/// Checks autoscalers, budgets, Ingresses, access and definitions.
enum ClusterValidation {
  static let autoscaler: KindRules.Rule = { object, _, problems in
    let spec = object["spec"]?.mapping ?? Mapping()
    for key in ["kind", "name"] where spec["scaleTargetRef"]?[key]?.string ?? "" == "" {
      problems.required("spec.scaleTargetRef.\(key)")
    }
    let (least, most) = (spec["minReplicas"]?.int ?? 1, spec["maxReplicas"]?.int ?? 0)
    if least < 1 {
      problems.invalid("spec.minReplicas", Node(.int(least)), "must be greater than or equal to 1")
    }
    if most < 1 { problems.invalid("spec.maxReplicas", Node(.int(most)), "must be greater than 0") }
    if most < least {
      problems.invalid("spec.maxReplicas", Node(.int(most)), "must be greater than or equal to `minReplicas`")
    }
  }

  static let disruptionBudget: KindRules.Rule = { object, _, problems in
    let spec = object["spec"]?.mapping ?? Mapping()
    if spec["minAvailable"] != nil, spec["maxUnavailable"] != nil {
      problems.invalid("spec", object["spec"] ?? .null, "minAvailable and maxUnavailable cannot be both set")
    }
  }

  static let ingress: KindRules.Rule = { object, _, problems in
    let spec = object["spec"]?.mapping ?? Mapping()
    let rules = spec["rules"]?.sequence ?? []
    if rules.isEmpty, spec["defaultBackend"] == nil {
      problems.invalid("spec", .sequence([]), "either `defaultBackend` or `rules` must be specified")
    }
    for (index, rule) in rules.enumerated() {
      for (position, path) in (rule["http"]?["paths"]?.sequence ?? []).enumerated() {
        check(path, "spec.rules[\(index)].http.paths[\(position)]", &problems)
      }
    }
  }

  private static let pathTypes = ["Exact", "ImplementationSpecific", "Prefix"]

  private static func check(_ path: Node, _ field: String, _ problems: inout FieldProblems) {
    guard let type = path["pathType"]?.string else {
      problems.required(field + ".pathType", "pathType must be specified")
      return
    }
    if !pathTypes.contains(type) { problems.unsupported(field + ".pathType", .string(type), pathTypes) }
    if type != "ImplementationSpecific", path["path"]?.string?.hasPrefix("/") != true {
      problems.invalid(field + ".path", path["path"] ?? .string(""), "must be an absolute path")
    }
  }

  static let binding: KindRules.Rule = { object, live, problems in
    if object["roleRef"]?["name"]?.string ?? "" == "" { problems.required("roleRef.name") }
    for (index, subject) in (object["subjects"]?.sequence ?? []).enumerated() {
      let field = "subjects[\(index)]"
      if subject["name"]?.string ?? "" == "" { problems.required(field + ".name") }
      let kinds = ["ServiceAccount", "User", "Group"]
      if !kinds.contains(subject["kind"]?.string ?? "") {
        problems.unsupported(field + ".kind", subject["kind"] ?? .string(""), kinds)
      } else if subject["kind"]?.string == "ServiceAccount", subject["namespace"]?.string ?? "" == "" {
        problems.required(field + ".namespace")
      }
    }
    if let live, object["roleRef"] != live["roleRef"] {
      problems.invalid("roleRef", object["roleRef"] ?? .null, "cannot change roleRef")
    }
  }

  static let role: KindRules.Rule = { object, _, problems in
    for (index, rule) in (object["rules"]?.sequence ?? []).enumerated() {
      let field = "rules[\(index)]"
      if rule["verbs"]?.sequence?.isEmpty ?? true {
        problems.required(field + ".verbs", "verbs must contain at least one value")
      }
      guard rule["nonResourceURLs"]?.sequence?.isEmpty ?? true else { continue }
      if rule["apiGroups"]?.sequence?.isEmpty ?? true {
        problems.required(field + ".apiGroups", "resource rules must supply at least one api group")
      }
      if rule["resources"]?.sequence?.isEmpty ?? true {
        problems.required(field + ".resources", "resource rules must supply at least one resource")
      }
    }
  }

  static let definition: KindRules.Rule = { object, live, problems in
    let spec = object["spec"]?.mapping ?? Mapping()
    let plural = spec["names"]?["plural"]?.string ?? ""
    let wanted = "\(plural).\(spec["group"]?.string ?? "")"
    if object["metadata"]?["name"]?.string != wanted {
      problems.invalid(
        "metadata.name", object["metadata"]?["name"] ?? .string(""), "must be spec.names.plural+\".\"+spec.group")
    }
    if spec["group"]?.string ?? "" == "" { problems.required("spec.group") }
    if !["Cluster", "Namespaced"].contains(spec["scope"]?.string ?? "") {
      problems.unsupported("spec.scope", spec["scope"] ?? .string(""), ["Cluster", "Namespaced"])
    }
    let versions = spec["versions"]?.sequence ?? []
    if versions.filter({ $0["storage"]?.bool == true }).count != 1 {
      problems.invalid(
        "spec.versions", .sequence(versions.map { $0["name"] ?? .null }),
        "must have exactly one version marked as storage version")
    }
    for (index, version) in versions.enumerated() where version["schema"]?["openAPIV3Schema"] == nil {
      problems.required("spec.versions[\(index)].schema.openAPIV3Schema", "schemas are required")
    }
    if let live, spec["scope"] != live["spec"]?["scope"] {
      problems.checkImmutable(spec["scope"], live["spec"]?["scope"], "spec.scope")
    }
  }
}
