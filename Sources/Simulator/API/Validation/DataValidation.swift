import Manifest

/// Checks ConfigMaps, Secrets and volume claims.
enum DataValidation {
  private static let maximumBytes = 1_048_576
  private static let immutable = "field is immutable when `immutable` is set"

  static let configMap: KindRules.Rule = { object, live, problems in
    var bytes = 0
    let data = object["data"]?.mapping ?? Mapping()
    for member in data {
      checkKey(member.key, "data", &problems)
      bytes += (member.value.string ?? "").utf8.count
    }
    for member in object["binaryData"]?.mapping ?? Mapping() {
      checkKey(member.key, "binaryData", &problems)
      if data.position(of: member.key) != nil {
        problems.invalid("data[\(member.key)]", .string(member.key), "duplicate of key present in binaryData")
      }
      bytes += decodedBytes(member.value)
    }
    if bytes > maximumBytes { problems.tooLong("[]", maximumBytes) }
    checkImmutable(object, live, ["data", "binaryData"], &problems)
  }

  static let secret: KindRules.Rule = { object, live, problems in
    var bytes = 0
    let data = object["data"]?.mapping ?? Mapping()
    for member in data {
      checkKey(member.key, "data", &problems)
      bytes += decodedBytes(member.value)
    }
    if bytes > maximumBytes { problems.tooLong("data", maximumBytes) }
    for key in requiredKeys[object["type"]?.string ?? ""] ?? [] where data.position(of: key) == nil {
      problems.required("data[\(key)]")
    }
    if let live, object["type"] != live["type"] { problems.checkImmutable(object["type"], live["type"], "type") }
    checkImmutable(object, live, ["data"], &problems)
  }

  private static let requiredKeys = [
    "kubernetes.io/tls": ["tls.crt", "tls.key"], "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
    "kubernetes.io/dockercfg": [".dockercfg"], "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  ]

  private static func checkKey(_ key: String, _ parent: String, _ problems: inout FieldProblems) {
    if let problem = QualifiedName.configKeyProblem(key) {
      problems.invalid("\(parent)[\(key)]", .string(key), problem)
    }
  }

  private static func decodedBytes(_ node: Node) -> Int { (node.string ?? "").utf8.count / 4 * 3 }

  private static func checkImmutable(
    _ object: Mapping, _ live: Mapping?, _ fields: [String], _ problems: inout FieldProblems
  ) {
    guard let live, live["immutable"]?.bool == true else { return }
    if object["immutable"]?.bool != true { problems.forbidden("immutable", immutable) }
    for field in fields where object[field] != live[field] { problems.forbidden(field, immutable) }
  }

  static let volumeClaim: KindRules.Rule = { object, live, problems in
    let spec = object["spec"]?.mapping ?? Mapping()
    if spec["accessModes"]?.sequence?.isEmpty ?? true {
      problems.required("spec.accessModes", "at least 1 access mode is required")
    }
    if spec["resources"]?["requests"]?["storage"] == nil { problems.required("spec.resources[storage]") }
    guard let before = live?["spec"]?.mapping else { return }
    var (fixed, fixedBefore) = (spec, before)
    for key in ["resources", "volumeName", "volumeAttributesClassName"] {
      fixed[key] = nil
      fixedBefore[key] = nil
    }
    if fixed != fixedBefore {
      problems.forbidden(
        "spec",
        "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims")
    }
  }
}
