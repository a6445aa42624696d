import Manifest

/// Checks the kinds that run Pods.
enum WorkloadValidation {
  static let pod: KindRules.Rule = { object, _, problems in
    PodValidation.check(object["spec"]?.mapping ?? Mapping(), path: "spec", into: &problems)
  }

  static let deployment: KindRules.Rule = { object, live, problems in
    let spec = object["spec"]?.mapping ?? Mapping()
    problems.checkNotNegative(spec, "replicas", path: "spec")
    checkSelector(spec, kind: "deployment", &problems)
    checkTemplate(spec, &problems)
    checkDeploymentStrategy(spec["strategy"]?.mapping ?? Mapping(), &problems)
    problems.checkNotNegative(spec, "minReadySeconds", path: "spec")
    problems.checkNotNegative(spec, "revisionHistoryLimit", path: "spec")
    problems.checkNotNegative(spec, "progressDeadlineSeconds", path: "spec")
    if let deadline = spec["progressDeadlineSeconds"]?.int, deadline <= spec["minReadySeconds"]?.int ?? 0 {
      problems.invalid(
        "spec.progressDeadlineSeconds", Node(.int(deadline)), "must be greater than minReadySeconds")
    }
    if let live { problems.checkImmutable(spec["selector"], live["spec"]?["selector"], "spec.selector") }
  }

  static let replicaSet: KindRules.Rule = { object, live, problems in
    let spec = object["spec"]?.mapping ?? Mapping()
    problems.checkNotNegative(spec, "replicas", path: "spec")
    checkSelector(spec, kind: "deployment", &problems)
    checkTemplate(spec, &problems)
    if let live { problems.checkImmutable(spec["selector"], live["spec"]?["selector"], "spec.selector") }
  }

  static let daemonSet: KindRules.Rule = { object, live, problems in
    let spec = object["spec"]?.mapping ?? Mapping()
    checkSelector(spec, kind: "daemonset", &problems)
    checkTemplate(spec, &problems)
    if let live { problems.checkImmutable(spec["selector"], live["spec"]?["selector"], "spec.selector") }
  }

  /// All that may change of a StatefulSet.
  private static let changeableStatefulSetFields = [
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
  ]

  static let statefulSet: KindRules.Rule = { object, live, problems in
    let spec = object["spec"]?.mapping ?? Mapping()
    problems.checkNotNegative(spec, "replicas", path: "spec")
    checkSelector(spec, kind: "statefulset", &problems)
    checkTemplate(spec, &problems)
    guard var before = live?["spec"]?.mapping else { return }
    var after = spec
    for key in changeableStatefulSetFields {
      before[key] = nil
      after[key] = nil
    }
    if before != after {
      problems.forbidden(
        "spec",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
          + "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")
    }
  }

  static let job: KindRules.Rule = { object, live, problems in
    let spec = object["spec"]?.mapping ?? Mapping()
    checkJob(spec, path: "spec", &problems)
    guard let before = live?["spec"]?.mapping else { return }
    for key in ["completionMode", "selector", "template"] {
      problems.checkImmutable(spec[key], before[key], "spec.\(key)")
    }
  }

  static let cronJob: KindRules.Rule = { object, _, problems in
    let spec = object["spec"]?.mapping ?? Mapping()
    let schedule = spec["schedule"]?.string ?? ""
    if schedule.isEmpty {
      problems.required("spec.schedule")
    } else if !schedule.hasPrefix("@"), schedule.split(separator: " ").count != 5 {
      let count = schedule.split(separator: " ").count
      problems.invalid("spec.schedule", .string(schedule), "expected exactly 5 fields, found \(count): [\(schedule)]")
    }
    let policies = ["Allow", "Forbid", "Replace"]
    if let policy = spec["concurrencyPolicy"], !policies.contains(policy.string ?? "") {
      problems.unsupported("spec.concurrencyPolicy", policy, policies)
    }
    checkJob(spec["jobTemplate"]?["spec"]?.mapping ?? Mapping(), path: "spec.jobTemplate.spec", &problems)
  }

  private static func checkJob(_ spec: Mapping, path: String, _ problems: inout FieldProblems) {
    for key in ["parallelism", "completions", "backoffLimit", "activeDeadlineSeconds"] {
      problems.checkNotNegative(spec, key, path: path)
    }
    let template = spec["template"]?["spec"]?.mapping ?? Mapping()
    PodValidation.check(template, path: path + ".template.spec", into: &problems)
    let policies = ["Never", "OnFailure"]
    if let policy = template["restartPolicy"], !policies.contains(policy.string ?? "") {
      problems.required("\(path).template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"")
    }
  }

  private static func checkSelector(_ spec: Mapping, kind: String, _ problems: inout FieldProblems) {
    guard let selector = spec["selector"]?.mapping else {
      problems.required("spec.selector")
      return
    }
    if selector.isEmpty {
      problems.invalid("spec.selector", .mapping([:]), "empty selector is invalid for \(kind)")
    }
    MetadataValidation.checkLabels(selector["matchLabels"], path: "spec.selector.matchLabels", into: &problems)
  }

  private static func checkTemplate(_ spec: Mapping, _ problems: inout FieldProblems) {
    let labels = spec["template"]?["metadata"]?["labels"]
    if !matches(spec["selector"], labels?.mapping ?? Mapping()) {
      problems.invalid(
        "spec.template.metadata.labels", labels ?? .null, "`selector` does not match template `labels`")
    }
    MetadataValidation.checkLabels(labels, path: "spec.template.labels", into: &problems)
    let template = spec["template"]?["spec"]?.mapping ?? Mapping()
    PodValidation.check(template, path: "spec.template.spec", into: &problems)
    if let policy = template["restartPolicy"], policy.string != "Always" {
      problems.unsupported("spec.template.spec.restartPolicy", policy, ["Always"])
    }
  }

  /// Whether a selector that selects something selects these labels; expressions count as matched.
  private static func matches(_ selector: Node?, _ labels: Mapping) -> Bool {
    guard let members = selector?.mapping else { return false }
    return (members["matchLabels"]?.mapping ?? Mapping()).allSatisfy { labels[$0.key] == $0.value }
  }

  private static func checkDeploymentStrategy(_ strategy: Mapping, _ problems: inout FieldProblems) {
    let rolling = strategy["rollingUpdate"]?.mapping
    switch strategy["type"]?.string ?? "" {
    case "Recreate":
      if rolling != nil {
        problems.forbidden(
          "spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
      }
    case "RollingUpdate":
      if isZero(rolling?["maxUnavailable"]), isZero(rolling?["maxSurge"]) {
        problems.invalid(
          "spec.strategy.rollingUpdate.maxUnavailable", rolling?["maxUnavailable"] ?? Node(.int(0)),
          "may not be 0 when `maxSurge` is 0")
      }
    case let type:
      problems.unsupported(
        "spec.strategy", .mapping(["Type": .string(type), "RollingUpdate": .null]), ["Recreate", "RollingUpdate"])
    }
  }

  private static func isZero(_ node: Node?) -> Bool { node?.int == 0 || node?.string == "0%" }
}
