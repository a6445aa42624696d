import Manifest

/// Checks what Pods are made of.
enum PodValidation {
  private static let pullPolicies = ["Always", "IfNotPresent", "Never"]
  private static let restartPolicies = ["Always", "OnFailure", "Never"]
  private static let dnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]

  static func check(_ spec: Mapping, path: String, into problems: inout FieldProblems) {
    let volumes = checkVolumes(spec["volumes"]?.sequence ?? [], path: path + ".volumes", &problems)
    let containers = spec["containers"]?.sequence ?? []
    if containers.isEmpty { problems.required(path + ".containers") }
    var names: Set<String> = []
    for list in ["containers", "initContainers"] {
      for (index, container) in (spec[list]?.sequence ?? []).enumerated() {
        let field = "\(path).\(list)[\(index)]"
        checkName(container, field, &names, &problems)
        check(container.mapping ?? Mapping(), field, volumes, &problems)
      }
    }
    checkChoice(spec, "restartPolicy", restartPolicies, path, &problems)
    checkChoice(spec, "dnsPolicy", dnsPolicies, path, &problems)
  }

  private static func checkChoice(
    _ parent: Mapping, _ key: String, _ choices: [String], _ path: String, _ problems: inout FieldProblems
  ) {
    if let value = parent[key], !choices.contains(value.string ?? "") {
      problems.unsupported("\(path).\(key)", value, choices)
    }
  }

  private static func checkName(
    _ item: Node, _ field: String, _ names: inout Set<String>, _ problems: inout FieldProblems
  ) {
    let name = item["name"]?.string ?? ""
    if name.isEmpty {
      problems.required(field + ".name")
    } else if let problem = NameRule.label.problem(name) {
      problems.invalid(field + ".name", .string(name), problem)
    } else if !names.insert(name).inserted {
      problems.duplicate(field + ".name", .string(name))
    }
  }

  /// - Returns: the names of the volumes.
  private static func checkVolumes(_ volumes: [Node], path: String, _ problems: inout FieldProblems) -> Set<String> {
    var names: Set<String> = []
    for (index, volume) in volumes.enumerated() {
      let field = "\(path)[\(index)]"
      checkName(volume, field, &names, &problems)
      let sources = (volume.mapping ?? Mapping()).keys.filter { $0 != "name" }.sorted()
      for extra in sources.dropFirst() {
        problems.forbidden("\(field).\(extra)", "may not specify more than 1 volume type")
      }
      for (source, key) in [
        ("configMap", "name"), ("secret", "secretName"), ("persistentVolumeClaim", "claimName"), ("hostPath", "path"),
      ] {
        if let members = volume[source]?.mapping, members[key]?.string ?? "" == "" {
          problems.required("\(field).\(source).\(key)")
        }
      }
    }
    return names
  }

  private static func check(
    _ container: Mapping, _ field: String, _ volumes: Set<String>, _ problems: inout FieldProblems
  ) {
    if container["image"]?.string ?? "" == "" { problems.required(field + ".image") }
    for (index, port) in (container["ports"]?.sequence ?? []).enumerated() {
      check(port: port, "\(field).ports[\(index)]", &problems)
    }
    for (index, variable) in (container["env"]?.sequence ?? []).enumerated() {
      check(variable: variable, "\(field).env[\(index)]", &problems)
    }
    for (index, mount) in (container["volumeMounts"]?.sequence ?? []).enumerated() {
      check(mount: mount, "\(field).volumeMounts[\(index)]", volumes, &problems)
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
      if let members = container[probe]?.mapping {
        check(probe: members, "\(field).\(probe)", mustSucceedOnce: probe != "readinessProbe", &problems)
      }
    }
    checkChoice(container, "imagePullPolicy", pullPolicies, field, &problems)
    if let resources = container["resources"] { ResourceValidation.check(resources, field + ".resources", &problems) }
  }

  private static func check(port: Node, _ field: String, _ problems: inout FieldProblems) {
    if let name = port["name"]?.string, !name.isEmpty { PortName.check(name, field + ".name", &problems) }
    let number = port["containerPort"]?.int ?? 0
    if number == 0 {
      problems.required(field + ".containerPort")
    } else {
      problems.checkPort(number, field + ".containerPort")
    }
    if let host = port["hostPort"]?.int, host != 0 { problems.checkPort(host, field + ".hostPort") }
    checkChoice(port.mapping ?? Mapping(), "protocol", ["SCTP", "TCP", "UDP"], field, &problems)
  }

  private static func check(variable: Node, _ field: String, _ problems: inout FieldProblems) {
    if variable["name"]?.string ?? "" == "" { problems.required(field + ".name") }
    guard let source = variable["valueFrom"]?.mapping else { return }
    if source.isEmpty {
      problems.invalid(
        field + ".valueFrom", .string(""),
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`")
    } else if variable["value"]?.string ?? "" != "" {
      problems.invalid(field + ".valueFrom", .string(""), "may not be specified when `value` is not empty")
    } else if source.count > 1 {
      problems.invalid(field + ".valueFrom", .string(""), "may not have more than one field specified at a time")
    }
  }

  private static func check(mount: Node, _ field: String, _ volumes: Set<String>, _ problems: inout FieldProblems) {
    let name = mount["name"]?.string ?? ""
    if name.isEmpty {
      problems.required(field + ".name")
    } else if !volumes.contains(name) {
      problems.notFound(field + ".name", .string(name))
    }
    if mount["mountPath"]?.string ?? "" == "" { problems.required(field + ".mountPath") }
  }

  private static func check(
    probe: Mapping, _ field: String, mustSucceedOnce: Bool, _ problems: inout FieldProblems
  ) {
    let handlers = ["exec", "httpGet", "tcpSocket", "grpc"].filter { probe[$0] != nil }
    if handlers.isEmpty { problems.required(field, "must specify a handler type") }
    for extra in handlers.dropFirst() {
      problems.forbidden("\(field).\(extra)", "may not specify more than 1 handler type")
    }
    for handler in ["httpGet", "tcpSocket"] {
      if let port = probe[handler]?["port"]?.int { problems.checkPort(port, "\(field).\(handler).port") }
      if let name = probe[handler]?["port"]?.string { PortName.check(name, "\(field).\(handler).port", &problems) }
    }
    for key in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
      problems.checkNotNegative(probe, key, path: field)
    }
    if mustSucceedOnce, let threshold = probe["successThreshold"]?.int, threshold != 1 {
      problems.invalid(field + ".successThreshold", Node(.int(threshold)), "must be 1")
    }
  }
}
