/// Defaults of networking, access, limits and definitions.
enum ClusterDefaults {
  static let service: DefaultRules.Rule = { spec in
    spec.fill("sessionAffinity", "None")
    if spec["sessionAffinity"]?.string == "None" { spec["sessionAffinityConfig"] = nil }
    if spec["sessionAffinity"]?.string == "ClientIP",
      spec["sessionAffinityConfig"]?["clientIP"]?["timeoutSeconds"] == nil
    {
      spec["sessionAffinityConfig"] = Node(["clientIP": ["timeoutSeconds": 10800]])
    }
    spec.fill("type", "ClusterIP")
    spec.editItems("ports") { port in
      port.fill("protocol", "TCP")
      let target = port["targetPort"]
      if target == nil || target?.int == 0 || target?.string == "" { port["targetPort"] = port["port"] }
    }
    let type = spec["type"]?.string ?? ""
    let isExternal =
      type == "LoadBalancer" || type == "NodePort"
      || type == "ClusterIP" && spec["externalIPs"]?.sequence?.isEmpty == false
    if isExternal { spec.fill("externalTrafficPolicy", "Cluster") }
    if ["NodePort", "LoadBalancer", "ClusterIP"].contains(type) { spec.fill("internalTrafficPolicy", "Cluster") }
    if type == "LoadBalancer" { spec.fill("allocateLoadBalancerNodePorts", true) }
  }

  static let networkPolicy: DefaultRules.Rule = { spec in
    guard spec["policyTypes"] == nil else { return }
    let hasEgress = spec["egress"]?.sequence?.isEmpty == false
    spec["policyTypes"] = Node(hasEgress ? ["Ingress", "Egress"] : ["Ingress"])
  }

  static let endpointSlice: DefaultRules.Rule = { slice in
    slice.editItems("ports") {
      $0.fill("name", "")
      $0.fill("protocol", "TCP")
    }
  }

  static let binding: DefaultRules.Rule = { binding in
    let group = "rbac.authorization.k8s.io"
    binding.edit("roleRef") { role in
      if role["apiGroup"]?.string ?? "" == "" { role["apiGroup"] = .string(group) }
    }
    binding.editItems("subjects") { subject in
      if ["User", "Group"].contains(subject["kind"]?.string ?? "") { subject.fill("apiGroup", .string(group)) }
    }
  }

  static let limitRangeItem: DefaultRules.Rule = { item in
    guard item["type"]?.string == "Container" else { return }
    func copy(_ source: String, into target: String) {
      for limit in item[source]?.mapping ?? Mapping() {
        item.edit(target) { $0.fill(limit.key, limit.value.value) }
      }
    }
    copy("max", into: "default")
    copy("default", into: "defaultRequest")
    copy("min", into: "defaultRequest")
  }

  static let nodeStatus: DefaultRules.Rule = { status in
    if let capacity = status["capacity"] { status.fill("allocatable", capacity.value) }
  }

  static let customResourceDefinition: DefaultRules.Rule = { definition in
    definition.edit("spec") { spec in
      spec.edit("names") { names in
        let kind = names["kind"]?.string ?? ""
        if names["singular"]?.string ?? "" == "" { names["singular"] = .string(kind.lowercased()) }
        if names["listKind"]?.string ?? "" == "", !kind.isEmpty { names["listKind"] = .string(kind + "List") }
      }
      spec.fill("conversion", ["strategy": "None"])
    }
    let stored = (definition["spec"]?["versions"]?.sequence ?? []).first { $0["storage"]?.bool == true }?["name"]
    if let stored, definition["status"]?["storedVersions"]?.sequence?.isEmpty ?? true {
      definition.edit("status") { $0["storedVersions"] = .sequence([stored]) }
    }
  }
}
