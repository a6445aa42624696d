import Manifest
import Templating

extension ParameterSelector {
  /// By index: a cluster is not to be copied to find out that it is not meant.
  func positions(in clusters: [Cluster]) -> [Int] {
    clusters.indices.filter { index in admits { clusters[index].label($0) } }
  }
}

extension GeneratorRun {
  /// The registered clusters that the selector fits, sorted by name; the local one last, unless something selects.
  mutating func clusters(_ node: Node, _ mark: SourceMark) -> [ParameterSet]? {
    guard let registry = inputs.registry else {
      report(
        "generator.no-registry", "the clusters generator needs the registered clusters", mark,
        help: "name their folder with --clusters")
      return nil
    }
    let (selector, selectorProblems) = ParameterSelector.read(node["selector"], values: .labels, file: file)
    for problem in selectorProblems { report(problem) }
    guard selectorProblems.isEmpty else { return nil }
    // A generator counts registrations, even two of one server under two names.
    let registered =
      registry.sharedServers.isEmpty
      ? registry.clusters : (registry.clusters + registry.sharedServers).sorted { $0.name < $1.name }
    let chosen = clusterSets?.chosen(among: registered, by: selector) ?? selector.positions(in: registered)
    var filled: [ParameterSet] = []
    for index in chosen {
      guard let set = filledParameters(of: registered[index], node["values"]) else { return nil }
      filled.append(set)
    }
    if selector.isEmpty, !chosen.contains(where: { registered[$0].server == Destination.localServer }) {
      guard let set = adding(node["values"], to: localCluster) else { return nil }
      filled.append(set)
    }
    return node["flatList"]?.bool == true ? [flatList(filled)] : filled
  }

  /// As last time where the cluster is as it was.
  private mutating func filledParameters(of cluster: Cluster, _ values: Node?) -> ParameterSet? {
    if let known = clusterSets?.set(of: cluster) { return known }
    guard let set = adding(values, to: parameters(of: cluster)) else { return nil }
    clusterSets?.note(set, of: cluster)
    return set
  }

  private func parameters(of cluster: Cluster) -> ParameterSet {
    var set = base(name: cluster.name.text, server: cluster.server, project: cluster.project)
    set.origins = [
      ParameterSet.Origin(
        "cluster '\(cluster.name)'",
        labels: SourceLocation(file: cluster.origin.file, mark: cluster.labelsMark))
    ]
    isGo ? addMetadata(cluster, to: &set) : addFlatMetadata(cluster, to: &set)
    return set
  }

  private func base(name: String, server: String, project: String) -> ParameterSet {
    let root: Mapping = [
      "name": .string(name), "nameNormalized": .string(NameText.normalized(name)), "server": .string(server),
      "project": .string(project),
    ]
    return ParameterSet(Parameters(root), origins: [ParameterSet.Origin("cluster '\(name)'")])
  }

  /// The cluster that the hub runs on has no metadata at all.
  private var localCluster: ParameterSet {
    base(name: Destination.localName, server: Destination.localServer, project: "")
  }

  private func addMetadata(_ cluster: Cluster, to set: inout ParameterSet) {
    var metadata = Mapping()
    for (key, texts) in [("labels", cluster.labels), ("annotations", cluster.annotations)] where !texts.isEmpty {
      metadata[key] = Self.node(texts)
      set.parameters.textMaps.insert(["metadata", key])
    }
    set.parameters.root["metadata"] = .mapping(metadata)
  }

  private func addFlatMetadata(_ cluster: Cluster, to set: inout ParameterSet) {
    for (key, value) in cluster.labels { set.parameters.root["metadata.labels." + key] = .string(value) }
    for (key, value) in cluster.annotations { set.parameters.root["metadata.annotations." + key] = .string(value) }
  }

  private static func node(_ texts: [String: String]) -> Node {
    var mapping = Mapping(minimumCapacity: texts.count)
    for key in texts.keys.sorted() { mapping[key] = texts[key].map(Node.string) }
    return .mapping(mapping)
  }

  /// All clusters in one set: `clusters`, a list.
  private func flatList(_ sets: [ParameterSet]) -> ParameterSet {
    var parameters = Parameters(["clusters": .sequence(sets.map { .mapping($0.parameters.root) })])
    for set in sets { parameters.textMaps.formUnion(set.parameters.textMaps.map { ["clusters", "*"] + $0 }) }
    return ParameterSet(parameters, origins: [ParameterSet.Origin("the list of clusters")])
  }
}
