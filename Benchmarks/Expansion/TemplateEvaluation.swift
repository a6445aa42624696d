import Manifest
import Templating

/// The texts of the set's template alone, read once and filled for each cluster: what Go's `text/template` would do.
enum TemplateEvaluation {
  /// Only functions that `text/template` has by itself.
  static let texts = [
    "all-{{ .nameNormalized }}", "{{ .metadata.labels.tier }}", "{{ .metadata.labels.region }}",
    "{{ .metadata.labels.environment }}", #"{{ printf "%s-%s" .metadata.labels.tier .metadata.labels.region }}"#,
    #"{{ if eq .metadata.labels.environment "production" }}v1.2.3{{ else }}main{{ end }}"#,
    "overlays/{{ .metadata.labels.environment }}/{{ .metadata.labels.tier }}", "{{ .name }}",
    #"{{ index .metadata.labels "ai-capable" }}"#, "{{ .server }}", "models-{{ .metadata.labels.environment }}",
    #"{{ range $k, $v := .metadata.labels }}{{ $k }}={{ $v }},{{ end }}"#,
    #"{{ with .metadata }}{{ len .labels }}{{ end }}"#,
  ]

  /// - Returns: bytes of output, so that nothing is left out.
  static func run(_ templates: [TextTemplate], _ data: [TemplateData]) throws -> Int {
    var bytes = 0
    for data in data { for template in templates { bytes += try template.render(data).utf8.count } }
    return bytes
  }

  static func data(clusters: Int) -> [TemplateData] {
    (0..<clusters).map { number in
      let labels: Mapping = [
        "tier": .string(["edge", "edge", "regional", "cloud"][number % 4]), "region": .string("region-\(number % 17)"),
        "environment": .string(["development", "staging", "production"][number % 3]), "ai-capable": .string("true"),
        "group": .string("g\(number % 100)"),
      ]
      let root: Mapping = [
        "name": .string("edge-\(number)"), "nameNormalized": .string("edge-\(number)"),
        "server": .string("https://edge-\(number).example.com:6443"),
        "metadata": .mapping(["labels": .mapping(labels)]),
      ]
      return TemplateData(Parameters(root, textMaps: [["metadata", "labels"]]))
    }
  }
}
