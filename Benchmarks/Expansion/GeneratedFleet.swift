import Fleet
import Manifest

/// Clusters and sets of any number, as users write them.
enum GeneratedFleet {
  struct Unreadable: Error { var problems: [Diagnostic] }

  /// Selects every cluster, without the hub's own.
  static let all = #"{matchLabels: {ai-capable: "true"}}"#

  static func registry(clusters count: Int, changed: Int? = nil, round: Int = 0) throws -> Registry {
    Registry(try (0..<count).map { try cluster($0, group: $0 == changed ? (round + 1) % 100 : $0 % 100) })
  }

  static func cluster(_ number: Int, group: Int) throws -> Cluster {
    let name = String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number)
    let labels: Mapping = [
      "tier": .string(["edge", "edge", "regional", "cloud"][number % 4]), "region": .string("region-\(number % 17)"),
      "environment": .string(["development", "staging", "production"][number % 3]), "ai-capable": .string("true"),
      "group": .string("g\(group)"),
    ]
    let node: Node = .mapping([
      "apiVersion": .string("muster.dev/v1alpha1"), "kind": .string("Cluster"),
      "metadata": .mapping(["name": .string("edge-\(name)"), "labels": .mapping(labels)]),
      "spec": .mapping([
        "server": .string("https://edge-\(name).example.com:6443"),
        "credentials": .mapping(["tokenFile": .string("/var/run/tokens/\(name)")]),
      ]),
    ])
    let reading = ClusterManifest.read(node, file: "clusters/\(name).yaml")
    guard let cluster = reading.value else { throw Unreadable(problems: reading.diagnostics) }
    return cluster
  }

  /// A Go template of thirty lines.
  static func set(_ name: String, selector: String) throws -> ApplicationSet {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: ApplicationSet
      metadata:
        name: \(name)
        namespace: argocd
      spec:
        goTemplate: true
        goTemplateOptions: ["missingkey=error"]
        generators:
        - clusters:
            selector: \(selector)
            values: {replicas: '{{ if eq .metadata.labels.tier "edge" }}1{{ else }}3{{ end }}'}
        template:
          metadata:
            name: '\(name)-{{ .nameNormalized }}'
            labels:
              tier: '{{ .metadata.labels.tier }}'
              region: '{{ .metadata.labels.region | upper }}'
              environment: '{{ .metadata.labels.environment }}'
            annotations:
              owner: '{{ printf "%s-%s" .metadata.labels.tier .metadata.labels.region }}'
          spec:
            project: default
            source:
              repoURL: https://git.example.com/models.git
              targetRevision: '{{ if eq .metadata.labels.environment "production" }}v1.2.3{{ else }}main{{ end }}'
              path: 'overlays/{{ .metadata.labels.environment }}/{{ .metadata.labels.tier }}'
              kustomize:
                namePrefix: '{{ .name | trunc 10 }}-'
                commonLabels:
                  cluster: '{{ .name }}'
                  capable: '{{ index .metadata.labels "ai-capable" | default "false" }}'
                replicas:
                - name: model-server
                  count: 2
                images:
                - 'server=registry.example.com/server:{{ .values.replicas }}'
            destination:
              server: '{{ .server }}'
              namespace: 'models-{{ .metadata.labels.environment }}'
            syncPolicy:
              automated: {prune: true, selfHeal: true}
              syncOptions: [CreateNamespace=true]
      """
    guard let node = try YAML.parse(Array(text.utf8), file: "set.yaml").first else { throw Unreadable(problems: []) }
    let reading = ApplicationSet.read(node, file: "set.yaml")
    guard let set = reading.value else { throw Unreadable(problems: reading.diagnostics) }
    return set
  }
}

/// A fleet that is expanded, and one cluster of which gets another label.
struct LabelChange {
  private struct Known {
    var set: ApplicationSet
    var needs: GeneratorNeeds
    var expander: ApplicationSetExpander
    var memory = ExpansionMemory()
  }

  static let rounds = 20
  private static let cluster = 4_242

  private var known: [Known]
  private var registry: Registry
  private var next: [Registry]
  /// Applications of the sets that were expanded again, in all rounds.
  private(set) var changed = 0

  init(sets: [ApplicationSet], clusters: Int) throws {
    let registry = try GeneratedFleet.registry(clusters: clusters)
    self.registry = registry
    // Only the one cluster is read anew, as when its file changed.
    next = try (0..<Self.rounds).map { round in
      Registry(
        try registry.clusters.enumerated().map { index, cluster in
          index == Self.cluster ? try GeneratedFleet.cluster(index, group: round) : cluster
        })
    }
    known = sets.map { Known(set: $0, needs: GeneratorNeeds($0), expander: ApplicationSetExpander($0)) }
    for index in known.indices { _ = expand(index) }
  }

  mutating func run(_ round: Int) {
    let news = RegistryNews(from: registry, to: next[round])
    registry = next[round]
    for index in known.indices where news.concerns(known[index].needs) { changed += expand(index) }
  }

  private mutating func expand(_ index: Int) -> Int {
    let inputs = ExpansionInputs(registry: registry)
    return known[index].expander.expand(inputs, &known[index].memory).applications.known.count
  }
}
