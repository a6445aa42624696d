import Manifest
import Templating

extension GeneratorRun {
  /// The registered clusters that the status of some resource lists (`clusterDecisionResource`).
  mutating func decisions(_ node: Node, _ mark: SourceMark) -> [ParameterSet]? {
    guard let source = decisionSource(node, mark), let resources = decisionResources(node, source, mark) else {
      return nil
    }
    var sets: [ParameterSet] = []
    for resource in resources {
      for decision in resource["status"]?[source.listKey]?.sequence ?? [] {
        guard !source.matchKey.isEmpty, let name = decision[source.matchKey]?.string,
          let set = decided(name, decision, node["values"])
        else { continue }
        sets.append(set)
      }
    }
    return sets
  }

  /// What the generator's ConfigMap says.
  private struct DecisionSource {
    var apiVersion: String
    var plural: String
    var listKey: String
    var matchKey: String
  }

  private mutating func decisionSource(_ node: Node, _ mark: SourceMark) -> DecisionSource? {
    let name = node["configMapRef"]?.string ?? ""
    let data: Node
    switch configMap(name) {
    case .found(let map): data = map["data"] ?? .null
    case .unknown: return nil
    case .missing:
      report("generator.no-config-map", "there is no ConfigMap '\(DNSName.shown(name))' for the generator", mark)
      return nil
    }
    let apiVersion = data["apiVersion"]?.string ?? ""
    let plural = data["kind"]?.string ?? ""
    guard apiVersion.split(separator: "/").count == 2, !plural.isEmpty else {
      report(
        "generator.bad-config-map",
        "the ConfigMap '\(DNSName.shown(name))' needs an apiVersion with a group, and a kind", mark)
      return nil
    }
    let listKey = data["statusListKey"]?.string ?? ""
    return DecisionSource(
      apiVersion: apiVersion, plural: plural, listKey: listKey.isEmpty ? "clusters" : listKey,
      matchKey: data["matchKey"]?.string ?? "")
  }

  private mutating func decisionResources(
    _ node: Node, _ source: DecisionSource, _ mark: SourceMark
  ) -> [Node]? {
    let name = node["name"]?.string ?? ""
    let (selector, problems) = ParameterSelector.read(node["labelSelector"], values: .labels, file: file)
    for problem in problems { report(problem) }
    guard problems.isEmpty else { return nil }
    guard name.isEmpty != selector.isEmpty else {
      report(
        "generator.name-or-selector", "the generator's definition needs either name or labelSelector", mark)
      return nil
    }
    guard let all = resources(source, name: name, selector, mark) else { return nil }
    let found = all.filter { resource in
      let metadata = resource["metadata"]
      return name.isEmpty
        ? selector.admits { metadata?["labels"]?[$0]?.string } : metadata?["name"]?.string == name
    }
    guard !found.isEmpty else {
      report(
        "generator.no-resource",
        "no resource of \(DNSName.shown(source.plural)) found"
          + (name.isEmpty ? "" : " named '\(DNSName.shown(name))'"),
        mark)
      return nil
    }
    return found
  }

  /// From the management cluster where there is one, and from nowhere else then.
  private mutating func resources(
    _ source: DecisionSource, name: String, _ selector: ParameterSelector, _ mark: SourceMark
  ) -> [Node]? {
    guard inputs.hasManagementCluster else {
      return objects.all(apiVersion: source.apiVersion, plural: source.plural)
    }
    guard let type = ControlInquiry.ResourceType(apiVersion: source.apiVersion, plural: source.plural),
      name.isEmpty || DNSName.problem(withSubdomain: name) == nil
    else {
      report(
        "generator.bad-config-map",
        "\(DNSName.shown(source.plural)) of \(DNSName.shown(source.apiVersion)), or '\(DNSName.shown(name))' there, cannot be the name of a resource",
        mark)
      return nil
    }
    return answer(
      to: ControlInquiry(
        .resources(type, name: name.isEmpty ? nil : name, labelSelector: name.isEmpty ? selector.text : "")))
  }

  /// Nil for a cluster that nobody registered.
  private func decided(_ name: String, _ decision: Node, _ values: Node?) -> ParameterSet? {
    let isLocal = name == Destination.localName
    guard let cluster = ClusterName(name),
      let server = inputs.registry?.registration(named: cluster)?.server ?? (isLocal ? Destination.localServer : nil)
    else { return nil }
    var root: Mapping = ["name": .string(name), "server": .string(server)]
    for member in decision.mapping ?? Mapping() {
      root[member.key] = .string(member.value.value.scalarText ?? GoText.of(member.value))
    }
    var set = ParameterSet(Parameters(root), origins: [ParameterSet.Origin("cluster '\(name)'")])
    // Unlike everywhere else, these values are no templates.
    guard let values, let mapping = values.mapping, !mapping.isEmpty else { return set }
    if isGo {
      set.parameters.root["values"] = values
      set.parameters.textMaps.insert(["values"])
    } else {
      for member in mapping { set.parameters.root["values." + member.key] = member.value }
    }
    return set
  }
}
